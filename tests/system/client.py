# SPDX-License-Identifier: MIT
"""curl, with everything a test asks of an answer."""
import os
import socket
import subprocess
import tempfile
from pathlib import Path


class Response:
    """exit: of curl; status: of the last answer, else 0; headers: lower-case names, repeated ones joined by ', '."""

    def __init__(self, code, head, body, error):
        self.exit, self.body, self.error = code, body, error
        self.status, self.reason, self.headers = 0, '', {}
        for line in head.splitlines():
            if line.startswith('HTTP/'):
                self.status, self.reason, self.headers = int(line.split()[1]), ' '.join(line.split()[2:]), {}
            elif ':' in line:
                name, value = line.split(':', 1)
                name, value = name.strip().lower(), value.strip()
                self.headers[name] = f'{self.headers[name]}, {value}' if name in self.headers else value

    @property
    def data(self):
        return self.body.read_bytes() if self.body.exists() else b''

    @property
    def text(self):
        return self.data.decode(errors='replace')

    @property
    def length(self):
        return int(self.headers['content-length']) if 'content-length' in self.headers else None

    def __repr__(self):
        return f'<exit {self.exit} status {self.status} {self.headers} {self.error}>'


def curl_command(url, *args, accept=None, headers=None, method=None, out='-', http='--http1.1'):
    """The command line; path and query go out exactly as written. A header of value None is not sent."""
    command = ['curl', '--silent', '--show-error', '--globoff', '--path-as-is', http, '--output', str(out)]
    if accept is not None:
        headers = {**(headers or {}), 'Accept': accept}
    for name, value in (headers or {}).items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            command += ['--header', f'{name}:' if one is None else f'{name}: {one}' if one else f'{name};']
    if method == 'HEAD':
        command.append('--head')
    elif method:
        command += ['--request', method]
    return command + [str(a) for a in args] + [url]


def curl(url, *args, timeout=600, out=None, folder=None, **options):
    """Fetches a URL. `out`: where the body goes, else a temporary file in `folder`."""
    if not out:
        fd, out = tempfile.mkstemp(prefix='wzbody-', dir=folder)
        os.close(fd)
    out = Path(out)
    with tempfile.NamedTemporaryFile(prefix='wzhead-') as head:
        done = subprocess.run(curl_command(url, '--dump-header', head.name, '--max-time', timeout, *args, out=out,
                                           **options), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              stdout=subprocess.PIPE, timeout=timeout + 30, check=False)
        text = Path(head.name).read_bytes().decode('latin-1')
    return Response(done.returncode, text, out, done.stderr.decode(errors='replace'))


class Raw:
    """What came back over a connection of its own: status (0 without an answer), headers, body."""

    def __init__(self, data):
        head, _, self.body = data.partition(b'\r\n\r\n')
        self.head = head.decode('latin-1') + '\r\n'
        lines = self.head.splitlines()
        self.status = int(lines[0].split()[1]) if lines[0].startswith('HTTP/') else 0
        self.headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(':') for line in lines[1:])}

    def __repr__(self):
        return f'<{self.status} {self.headers} {self.body[:300]}>'


def raw(port, target, headers, method='GET', seconds=120):
    """Sends a request byte for byte: headers are (name, value) pairs of str, whose characters are bytes."""
    lines = [f'{method} {target} HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close', *[f'{n}: {v}' for n, v in headers]]
    with socket.create_connection(('127.0.0.1', port), timeout=seconds) as s:
        s.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1'))
        data = b''
        while block := s.recv(1 << 16):
            data += block
    return Raw(data)
