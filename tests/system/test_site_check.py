# SPDX-License-Identifier: MIT
"""wadozip doctor URL against a service that has one fault: each line that it prints has its case."""
import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import harness
import pytest

UID, TAG = '1.2.3', '"tag"'
BODY = b'PK\3\4' + bytes(996)
STUDY = f'/studies/{UID}'
CURES = {'coded': 'deflate.mimetypes', 'ranges': 'proxy.header', 'preflight': 'auth.require', 'status': 'url.access-deny',
         'plain': 'ssl.engine', 'links': 'fastcgi.server'}
FOUND = json.dumps([{'0020000D': {'vr': 'UI', 'Value': [UID]}}]).encode()


class Site(BaseHTTPRequestHandler):
    """As the shipped settings answer. Cases replace the answer to a kind of request."""

    def log_message(self, *args):
        pass

    def version_string(self):
        return 'lighttpd/1.4.69'

    def kind(self):
        """What the command asks for."""
        if self.path != STUDY:
            return {'/studies': 'capabilities', '/studies?limit=1': 'search', '/health': 'health',
                    '/metrics': 'metrics'}.get(self.path, 'link')
        if self.command == 'OPTIONS':
            return 'preflight'
        if self.command == 'HEAD':
            return 'head' if 'Accept-Encoding' in self.headers else 'anonymous'
        if 'If-Range' in self.headers:
            return 'resume' if self.headers['If-Range'] == TAG else 'mixed'
        return 'part' if 'Range' in self.headers else 'get'

    def standard(self, kind):
        archive = {'Content-Length': len(BODY), 'ETag': TAG, 'Accept-Ranges': 'bytes'}
        part = {**archive, 'Content-Length': 100, 'Content-Range': f'bytes 0-99/{len(BODY)}'}
        return {'capabilities': (200, {}, b'{"media": "application/zip"}'), 'search': (200, {}, FOUND),
                'head': (200, archive, b''), 'anonymous': (200, archive, b''), 'get': (200, archive, BODY),
                'part': (206, part, BODY[:100]), 'resume': (206, part, BODY[:100]), 'mixed': (200, archive, BODY),
                'preflight': (204, {}, b''), 'link': (404, {'Content-Security-Policy': "default-src 'none'"}, b''),
                }.get(kind, (404, {}, b''))

    def handle_any(self):
        kind = self.kind()
        status, fields, body = self.standard(kind)
        change = self.server.faults.get(kind)
        if change == 'cut':
            return
        if change:
            status = change.get('status', status)
            body = change.get('body', body)
            fields = {k: v for k, v in {**fields, **change.get('fields', {})}.items() if v is not None}
        self.server.seen.append((kind, self.headers))
        if 'Content-Length' not in fields and self.command != 'HEAD' and 'Transfer-Encoding' not in fields:
            fields = {**fields, 'Content-Length': len(body)}
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    do_GET = do_HEAD = do_OPTIONS = handle_any


class Server(ThreadingHTTPServer):
    daemon_threads = True


@pytest.fixture(scope='module')
def server():
    made = Server(('0.0.0.0', 0), Site)
    threading.Thread(target=made.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def doctor(server, *options, host='127.0.0.1', end='', **faults):
    """Its exit code and output."""
    server.faults, server.seen = faults, []
    done = harness.run(harness.BUILD / 'wadozip', '--config', '/dev/null', 'doctor', *options,
                       f'http://{host}:{server.server_port}{end}')
    return done.code, done.out


def cures(out):
    """The problems whose lines are advised, besides that of buffering. Those of this web server come first."""
    servers = re.findall(r'^     (\w+):$', out, re.MULTILINE)
    assert servers == ['lighttpd', 'nginx', 'Apache', 'Caddy'] * (len(servers) // 4)
    return {word for word, line in CURES.items() if line in out}


def lines(out):
    """Those with a verdict, without what may be advised below them."""
    return [line for line in out.splitlines() if line[:4].strip() in ('ok', 'bad', 'note')]


def test_nothing_is_wrong(server):
    code, out = doctor(server, end='//')
    assert code == 0 and [line.split(':')[0] for line in lines(out)] == [
        'note TLS', 'ok   capabilities', 'ok   length', 'ok   GET', 'ok   framing', 'ok   ranges', 'ok   resume',
        'note buffering', 'ok   CORS', 'note access', 'ok   /health', 'ok   /metrics', 'ok   links'], out
    assert 'ok   length: 1000 bytes' in out and 'no other origin is admitted' in out and '/metrics: 404 from here' in out
    kinds = [kind for kind, _ in server.seen]
    assert kinds == ['capabilities', 'search', 'head', 'get', 'part', 'resume', 'mixed', 'preflight', 'anonymous', 'health',
                     'metrics', 'link']
    coded = [kind for kind, fields in server.seen if fields['Accept-Encoding'] == 'gzip']
    assert coded == ['head', 'get']


def fields(**some):
    return {'fields': {name.replace('_', '-'): value for name, value in some.items()}}


GZIP, CHUNKED = fields(Content_Encoding='gzip'), {'fields': {'Content-Length': None, 'Transfer-Encoding': 'chunked'},
                                                  'body': b'4\r\nPK\3\4\r\n0\r\n\r\n'}
FAULTS = [
    ({'capabilities': {'status': 401}}, 'bad  capabilities: 401: give --user-file', None),
    ({'capabilities': {'status': 500}}, '/studies was answered with 500: the service is not there', None),
    ({'capabilities': {'body': b'{}'}}, '/studies was answered with 200: the service is not there', None),
    ({'capabilities': 'cut'}, 'bad  connection: OPTIONS http://', None),
    ({'search': {'status': 401}}, 'bad  search: 401: give --user-file', None),
    ({'search': {'status': 503}}, 'bad  search: 503: no study', None),
    ({'search': {'body': b'[]'}}, 'bad  search: 200: no study', None),
    ({'search': {'body': FOUND.replace(b'1.2.3', b'1..3')}}, 'bad  search: 200: no study', None),
    ({'search': {'body': b'"0020000D" "Value" '}}, 'bad  search: 200: no study', None),
    ({'head': {'status': 404}}, 'bad  HEAD: study 1.2.3 was answered with 404 instead of 200', None),
    ({'head': GZIP}, 'Content-Encoding gzip (HEAD)', 'coded'),
    ({'head': fields(Content_Length=None)}, 'bad  length: the archive has no Content-Length', 'coded'),
    ({'head': fields(ETag=None)}, 'bad  tag: there is no strong ETag (none)', 'coded'),
    ({'head': fields(ETag='W/"tag"')}, 'bad  tag: there is no strong ETag (W/"tag")', 'coded'),
    ({'get': GZIP}, 'Content-Encoding gzip (GET)', 'coded'),
    ({'get': {'status': 203}}, 'bad  GET: 203 with length 1000 and tag "tag"; HEAD had', None),
    ({'get': {'body': b'PK\3\4', 'fields': {'Content-Length': 4}}}, 'bad  GET: 200 with length 4', None),
    ({'get': fields(ETag='"new"')}, 'and tag "new"; HEAD had length 1000 and tag "tag"', None),
    ({'get': {'body': b'<html>' + bytes(994)}}, 'bad  GET: the body does not begin as a ZIP archive', None),
    ({'get': CHUNKED}, 'bad  framing: the archive is sent in chunks', 'coded'),
    ({'part': {'status': 200}}, 'bad  ranges: a range was answered with 200', 'ranges'),
    ({'part': fields(Content_Range='bytes 0-98/1000')}, 'bad  ranges: a range was answered with 206', 'ranges'),
    ({'part': {'body': bytes(50), 'fields': {'Content-Length': 50}}}, 'bad  ranges: a range was answered with 206', 'ranges'),
    ({'resume': {'status': 200}}, 'bad  resume: If-Range with the current tag was answered with 200', 'ranges'),
    ({'mixed': {'status': 206}}, 'bad  resume: If-Range with another tag: 206 instead of 200', 'ranges'),
    ({'preflight': {'status': 401}}, 'bad  CORS: OPTIONS without a password is answered with 401', 'preflight'),
    ({'preflight': {'status': 403}}, 'bad  CORS: OPTIONS without a password is answered with 403', 'preflight'),
]


@pytest.mark.parametrize('faults, words, cure', FAULTS, ids=range(len(FAULTS)))
def test_what_is_wrong(server, faults, words, cure):
    code, out = doctor(server, **faults)
    bad = [line for line in lines(out) if line.startswith('bad')]
    assert code == 1 and words in out and cures(out) == {cure} - {None}, out
    assert len(bad) == 2 if faults == {'get': CHUNKED} else len(bad) == 1, out  # chunks have no length, either
    followed = [topic in out for topic in ('CORS:', 'access:', '/health:', 'links:')]
    assert followed == [not {'capabilities', 'search'} & set(faults)] * 4
    assert ('buffering:' in out) == (not {'capabilities', 'search', 'head'} & set(faults))


@pytest.mark.parametrize('faults, words', [
    ({'head': fields(Content_Encoding='identity')}, 'ok   length'),
    ({'head': fields(Accept_Ranges=None)}, 'note ranges: Accept-Ranges is missing'),
    ({'health': {'status': 200}}, 'note /health: can be read from this machine'),
    ({'link': {'status': 200}}, 'note links: /s was answered with 200'),
    ({'link': fields(Content_Security_Policy=None)}, 'note links: /s was answered with 404'),
    ({'anonymous': {'status': 401}}, 'ok   access: 401 without a password'),
    ({'preflight': fields(Access_Control_Allow_Origin='*')}, 'ok   CORS: pages of https://viewer.example may read'),
])
def test_what_is_worth_a_note(server, faults, words):
    code, out = doctor(server, **faults)
    assert code == 0 and words in out and cures(out) == ({'links'} if 'link' in faults else set()), out
    assert 'server.stream-response-body = 2' in out
    assert ('buffering:' in out) and ('metrics: 404' in out)


def test_from_outside(server):
    """0.0.0.0 is this machine, too, but no address of its own for the command."""
    code, out = doctor(server, host='0.0.0.0', health={'status': 200})
    assert code == 1 and [line for line in lines(out) if line.startswith('bad')] == [
        'bad  TLS: none: passwords and images travel in the open',
        'bad  /health: can be read from outside; correct status_clients and trusted_proxies, or add'], out
    assert cures(out) == {'plain', 'status'}
    for host in ('localhost', '127.0.0.1'):
        assert 'note TLS: none on this machine' in doctor(server, host=host)[1]


def test_with_an_account(server, tmp_path):
    account = tmp_path / 'account'
    account.write_text('ann:secret\n')
    account.chmod(0o600)
    code, out = doctor(server, '--user-file', account)
    assert code == 1 and 'bad  access: everybody may retrieve it without a password' in out, out
    basic = 'Basic ' + base64.b64encode(b'ann:secret').decode()
    assert {kind: fields['Authorization'] for kind, fields in server.seen} == {
        **dict.fromkeys(('capabilities', 'search', 'head', 'get', 'part', 'resume', 'mixed', 'health', 'metrics'), basic),
        **dict.fromkeys(('preflight', 'anonymous', 'link'))}


def test_an_origin_and_a_study_that_are_named(server):
    code, out = doctor(server, '--origin', 'https://ohif.example', '--study', UID)
    assert code == 1 and 'bad  CORS: pages of https://ohif.example may not read' in out, out
    seen = dict(server.seen)
    assert 'search' not in seen and seen['preflight']['Origin'] == 'https://ohif.example'
    code, out = doctor(server, '--origin', 'https://ohif.example', preflight=fields(Access_Control_Allow_Origin='*'))
    assert code == 0 and 'ok   CORS: pages of https://ohif.example may read' in out, out


def test_an_address_that_is_too_long(server):
    assert doctor(server, end='/' + 'x' * 1100) == (1, 'bad  address: longer than 1023 bytes\n')
