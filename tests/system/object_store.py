# SPDX-License-Identifier: MIT
"""An object store for tests behind a proxy that can break what passes: s3rver (npm), or Ceph's radosgw.

s3rver does not verify version 4 signatures; the proxy does, by the text of Amazon's documentation. radosgw verifies them
itself. WADOZIP_TEST_STORE chooses.
"""
import hashlib
import hmac
import http.client
import http.server
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass, field

import harness
from radosgw import Radosgw

KEY = 'S3RVER'  # id and secret that s3rver knows
BUCKET, REGION = 'images', 'us-east-1'
PASSED = 'Content-Type', 'Content-Range', 'Date', 'ETag', 'Last-Modified', 'x-amz-bucket-region'


def installed():
    """The folder of the packages, fetched once into the build folder."""
    folder = harness.BUILD / 'objectstore'
    harness.run('make', '-s', '-C', harness.REPO, f'BUILD={harness.BUILD}', folder / 'installed.json', check=True)
    return folder


def signature(method, target, headers, secret=KEY):
    """The Authorization header that a request must have; headers: names in lower case."""
    given = headers.get('authorization', '')
    if not given.startswith('AWS4-HMAC-SHA256 ') or 'x-amz-date' not in headers:
        return None
    parts = dict(p.strip().split('=', 1) for p in given.split(' ', 1)[1].split(','))
    names = parts['SignedHeaders'].split(';')
    path, _, query = target.partition('?')
    canonical = '\n'.join([method, path, '&'.join(sorted(query.split('&'))) if query else '',
                           *(f'{n}:{headers[n].strip()}' for n in names), '', ';'.join(names),
                           headers['x-amz-content-sha256']])
    date, scope = headers['x-amz-date'], parts['Credential'].split('/', 1)[1]
    text = '\n'.join(['AWS4-HMAC-SHA256', date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f'AWS4{secret}'.encode()
    for word in scope.split('/'):
        key = hmac.new(key, word.encode(), 'sha256').digest()
    return given.replace(parts['Signature'], hmac.new(key, text.encode(), 'sha256').hexdigest())


def encoded(query):
    return urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe='')


def is_signed(method, target, headers, secret):
    expected = signature(method, target, headers, secret)
    return expected is not None and headers['authorization'] == expected


def paged(body, count):
    """A list cut after so many objects, as a store does that has more."""
    text = body.decode()
    objects = re.findall(r'<Contents>.*?</Contents>', text, re.S)
    if len(objects) <= count:
        return body
    last = re.search(r'<Key>(.*?)</Key>', objects[count - 1]).group(1)
    text = text.replace(''.join(objects[count:]), f'<NextContinuationToken>{last}</NextContinuationToken>')
    return text.replace('<IsTruncated>false<', '<IsTruncated>true<').encode()


@dataclass
class Request:
    method: str
    key: str  # '' for a list
    query: dict
    headers: dict
    status: int = 0  # of the store's own answer

    @property
    def is_list(self):
        return self.query.get('list-type') == '2'

    @property
    def range(self):
        """First and last byte, or None."""
        text = self.headers.get('range')
        return tuple(map(int, text.removeprefix('bytes=').split('-'))) if text else None


@dataclass
class Fault:
    """What becomes of an answer."""
    status: int = 0  # this status instead
    code: str = 'InternalError'  # S3's word for it
    detail: str = ''  # further elements of the error
    headers: dict = field(default_factory=dict)  # other values, or None for none; functions are called with the usual one
    cut: int = -1  # the connection is closed after so many bytes of the body
    flip: bool = False  # the last byte is another one
    page: int = 0  # most objects of a list
    edit: callable = None  # a function of the text of a list
    hold: threading.Event = None  # nothing is passed on before it is set


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    local = threading.local()

    def log_message(self, *_):
        pass

    def head(self, status, headers, fault=None):
        """Sends the status and the header fields, as the fault has them."""
        self.send_response_only(status)
        other = fault.headers if fault else {}
        for name, value in {'Date': self.date_time_string(), **headers, **other}.items():
            value = value(headers.get(name)) if callable(value) else value
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def refuse(self, status, code, fault=None):
        body = f'<?xml version="1.0"?><Error><Code>{code}</Code>{fault.detail if fault else ""}</Error>'.encode()
        self.head(status, {'Content-Length': str(len(body))}, fault)
        if self.command != 'HEAD':
            self.wfile.write(body)

    def ask(self, target, headers):
        back = http.client.HTTPConnection('127.0.0.1', self.server.back)
        back.request(self.command, target, headers=headers)
        answer = back.getresponse()
        body = answer.read()
        back.close()
        return answer, body

    def ask_page(self, path, query, count, headers):
        """A part of a list; s3rver cannot make pages itself."""
        if self.server.store.back.verifies:
            target = f'{path}?{encoded({**query, "max-keys": str(count)})}'
            return self.ask(target, {**headers, 'authorization': signature(self.command, target, headers,
                                                                           self.server.store.secret)})
        after = query.pop('continuation-token', None)
        answer, body = self.ask(f'{path}?{encoded({**query, **({"start-after": after} if after else {})})}', headers)
        return answer, paged(body, count)

    def handle_one(self):
        store, headers = self.server.store, {k.lower(): v for k, v in self.headers.items()}
        path, _, query = self.path.partition('?')
        request = Request(self.command, urllib.parse.unquote(path).removeprefix(f'/{BUCKET}').lstrip('/'),
                          dict(urllib.parse.parse_qsl(query)), headers)
        with store.lock:
            store.requests.append(request)
        if not store.back.verifies and not is_signed(self.command, self.path, headers, store.secret):
            self.refuse(403, 'SignatureDoesNotMatch')
            return
        time.sleep(store.delay)
        fault = store.fault(request) or Fault()
        if fault.hold:
            fault.hold.wait(harness.PATIENCE)
        if fault.status:
            self.refuse(fault.status, 'SlowDown' if fault.status == 503 else fault.code, fault)
            return
        passed = {k: v for k, v in headers.items() if k != 'connection'}
        if fault.page:
            answer, body = self.ask_page(path, request.query, fault.page, passed)
        else:
            answer, body = self.ask(self.path, passed)
        request.status = answer.status
        if fault.edit:
            body = fault.edit(body.decode()).encode()
        if fault.flip and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        passed = {name: answer.headers[name] for name in PASSED if answer.headers[name]}
        length = answer.headers['Content-Length'] if self.command == 'HEAD' else str(len(body))
        self.head(answer.status, {**passed, 'Content-Length': length}, None if request.is_list else fault)
        if fault.cut >= 0:
            self.wfile.write(body[:fault.cut])
            self.close_connection = True
        else:
            self.wfile.write(body)

    do_GET = do_HEAD = handle_one


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Clients leave in the middle."""


class S3rver:
    """The other side of an ObjectStore. It knows one key, and verifies nothing."""

    verifies = False

    def __init__(self):
        self.folder, self.port, self.process = harness.temporary('wzs3rver-'), harness.free_port(), None

    def start(self):
        plain = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy')}
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(
                ['node', str(installed() / 'node_modules/s3rver/bin/s3rver.js'), '-d', str(self.folder / 'data'), '-s',
                 '-a', '127.0.0.1', '-p', str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain)
        harness.wait_for('s3rver', lambda: harness.accepts(self.port), alive=self.process)

    def stop(self):
        if self.process:
            harness.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def rotate(self, secret):
        """The proxy compares with it."""


BACKS = {'s3rver': S3rver, 'radosgw': lambda: Radosgw(KEY)}


class ObjectStore:
    """`endpoint` is the proxy's. Set fault to a function of a Request that returns a Fault or None."""

    def __init__(self):
        self.folder, self.back = harness.temporary('wzs3-'), BACKS[os.environ.get('WADOZIP_TEST_STORE', 's3rver')]()
        self.requests, self.lock, self.delay = [], threading.Lock(), 0
        self._secret = KEY
        self.mend()
        self.proxy = _Server(('127.0.0.1', 0), _Handler)
        self.proxy.store, self.proxy.back = self, self.back.port
        self.endpoint = f'http://127.0.0.1:{self.proxy.server_address[1]}'
        self.direct = f'http://127.0.0.1:{self.back.port}'
        self.credentials = self.folder / 'credentials'
        self.write_credentials()

    def start(self):
        try:
            self.back.start()
            self._send('PUT', '')
        except BaseException:
            self.back.stop()
            raise
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.proxy.shutdown()
        self.proxy.server_close()
        self.back.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def secret(self):
        """That signatures must have."""
        return self._secret

    @secret.setter
    def secret(self, secret):
        if secret != self._secret:
            self.back.rotate(secret)
        self._secret = secret

    def mend(self):
        self.fault = lambda _: None

    def write_credentials(self, text=None):
        """Replaces the file of the clients' keys as a rotation does, by a new one."""
        new = self.credentials.with_suffix('.new')
        new.write_text(f'[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {self.secret}\n'
                       if text is None else text)
        new.chmod(0o600)
        if harness.ROOT_USER:
            shutil.chown(new, harness.WEB_USER)
        new.rename(self.credentials)

    def seen(self):
        """The requests since the last call."""
        with self.lock:
            found, self.requests = self.requests, []
        return found

    @contextmanager
    def ask(self, method, key, body=None, **query):
        """A request past the proxy: the answer, of which nothing is read yet."""
        back = http.client.HTTPConnection('127.0.0.1', self.back.port)
        now = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
        target = f'/{BUCKET}/{urllib.parse.quote(key)}' + (f'?{encoded(query)}' if query else '')
        headers = {
            'host': f'127.0.0.1:{self.back.port}', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'x-amz-date': now,
            'authorization': f'AWS4-HMAC-SHA256 Credential={KEY}/{now[:8]}/{REGION}/s3/aws4_request, '
                             'SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00'}
        headers['authorization'] = signature(method, target, headers, self.secret)
        back.request(method, target, body=body, headers={**headers, 'Content-Type': 'application/dicom'})
        try:
            yield back.getresponse()
        finally:
            back.close()

    def _send(self, method, key, body=None, **query):
        """Answers the header fields and the body."""
        with self.ask(method, key, body, **query) as answer:
            text = answer.read()
        assert answer.status < 300, (method, key, query, answer.status, text)
        return answer.headers, text

    def put(self, key, data):
        self._send('PUT', key, data)

    def list(self, prefix, **query):
        """A page, as text, with encoded keys."""
        query = {'list-type': '2', 'encoding-type': 'url', 'prefix': prefix, **query}
        return self._send('GET', '', **query)[1].decode()

    def etag(self, key):
        return self._send('HEAD', key)[0]['ETag']

    def put_parts(self, key, parts):
        """An object in several parts; radosgw and Amazon give it an entity tag that names their number."""
        upload = re.search(rb'<UploadId>(.*?)</UploadId>', self._send('POST', key, uploads='')[1]).group(1).decode()
        tags = [self._send('PUT', key, part, partNumber=str(i), uploadId=upload)[0]['ETag']
                for i, part in enumerate(parts, 1)]
        listed = ''.join(f'<Part><PartNumber>{i}</PartNumber><ETag>{tag}</ETag></Part>' for i, tag in enumerate(tags, 1))
        self._send('POST', key, f'<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>', uploadId=upload)

    def put_tree(self, prefix, folder):
        for path in sorted(folder.rglob('*')):
            if path.is_file():
                self.put(f'{prefix}/{path.relative_to(folder)}', path.read_bytes())

    def delete(self, key):
        self._send('DELETE', key)

    def settings(self, root, **more):
        """Those of a root of this name, for Site()."""
        given = {'endpoint': self.endpoint, 'region': REGION, 'credentials': self.credentials, **more}
        return {f's3.{root}.{k}': str(v) for k, v in given.items()}
