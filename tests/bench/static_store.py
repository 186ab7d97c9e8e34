# SPDX-License-Identifier: MIT
"""An object store that costs little: nginx sends the objects, a small program the lists, a relay delays each answer."""
import http.server
import socket
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import harness
from cut import Relay
from servers import Nginx, Server

BUCKET, KEY = 'images', 'STATIC'
PAGE = 1000
NGINX = '''location / {{
    if ($args ~ "(^|&)prefix=") {{ proxy_pass http://127.0.0.1:{lists}; }}
    root {root};
    keepalive_requests 1000000;
}}
'''


class _Lists(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_GET(self):
        asked = {k: v[-1] for k, v in parse_qs(urlsplit(self.path).query).items()}
        after = asked.get('continuation-token') or asked.get('marker') or asked.get('start-after') or ''
        left = [(key, row) for key, row in self.server.rows if key > after and key.startswith(asked.get('prefix', ''))]
        page = left[:min(PAGE, int(asked.get('max-keys', PAGE)))]
        more = len(left) > len(page)
        last = f'<NextMarker>{page[-1][0]}</NextMarker><NextContinuationToken>{page[-1][0]}</NextContinuationToken>'
        body = (f'<?xml version="1.0"?><ListBucketResult><Name>{BUCKET}</Name><IsTruncated>{str(more).lower()}</IsTruncated>'
                f'{"".join(row for _, row in page)}{last if more else ""}</ListBucketResult>').encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/xml')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Delay(Relay):
    """Passes connections on to a port; the first bytes of each answer wait for some seconds."""

    def __init__(self, port, seconds):
        self.target, self.seconds = port, seconds
        self.listen(socket.create_server(('127.0.0.1', 0), backlog=128))
        self.port = self.listener.getsockname()[1]

    def _relay(self, client):
        with client, socket.create_connection(('127.0.0.1', self.target)) as server:
            for one in client, server:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            asked = threading.Event()
            threading.Thread(target=self._requests, args=(client, server, asked), daemon=True).start()
            try:
                while data := server.recv(1 << 20):
                    if asked.is_set():
                        asked.clear()
                        time.sleep(self.seconds)
                    client.sendall(data)
            except OSError:
                pass

    @staticmethod
    def _requests(client, server, asked):
        try:
            while data := client.recv(65536):
                asked.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class StaticStore(Server):
    """The files beneath a folder as objects of a bucket. start() .. remove(); `endpoint` answers with the delay."""

    name = 'store'

    def __init__(self, folder, seconds):
        super().__init__(None)
        self.objects, self.seconds = Path(folder), seconds
        bucket = self.folder / 'root'
        bucket.mkdir()
        (bucket / BUCKET).symlink_to(folder)
        self.credentials = self.folder / 'credentials'
        self.credentials.write_text(f'aws_access_key_id = {KEY}\naws_secret_access_key = {KEY}\n')
        self.credentials.chmod(0o600)
        harness.give_to_web_user(self.credentials)

    def start(self):
        self.lists = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Lists)
        self.lists.daemon_threads = True
        threading.Thread(target=self.lists.serve_forever, daemon=True).start()
        (self.folder / 'wadozip.nginx.conf').write_text(
            NGINX.format(lists=self.lists.server_address[1], root=self.folder / 'root'))
        Nginx.launch_nginx(self, '')
        self.lists.rows = sorted(filter(None, map(self.row, self.objects.rglob('*'))))
        self.relay = Delay(self.port, self.seconds)
        self.endpoint = f'http://127.0.0.1:{self.relay.port}'
        return self

    def row(self, path):
        """As nginx describes a file."""
        if not path.is_file():
            return None
        key, stat = str(path.relative_to(self.objects)), path.stat()
        when = time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime(int(stat.st_mtime)))
        return key, (f'<Contents><Key>{escape(key)}</Key><LastModified>{when}</LastModified><ETag>&quot;'
                     f'{int(stat.st_mtime):x}-{stat.st_size:x}&quot;</ETag><Size>{stat.st_size}</Size></Contents>')

    def settings(self, root, **more):
        """Those of a root of this name."""
        given = {'endpoint': self.endpoint, 'region': 'us-east-1', 'credentials': self.credentials, **more}
        return {f's3.{root}.{k}': str(v) for k, v in given.items()}

    def rclone(self):
        """The environment in which rclone knows it as store:"""
        given = {'TYPE': 's3', 'PROVIDER': 'Other', 'ENDPOINT': self.endpoint, 'ACCESS_KEY_ID': KEY,
                 'SECRET_ACCESS_KEY': KEY, 'NO_CHECK_BUCKET': 'true'}
        return {'RCLONE_CONFIG': '', 'HOME': str(self.folder), 'PATH': '/usr/bin:/bin',
                **{f'RCLONE_CONFIG_STORE_{k}': v for k, v in given.items()}}

    def remove(self):
        self.relay.close()
        self.lists.shutdown()
        self.lists.server_close()
        super().remove()
