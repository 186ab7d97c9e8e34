#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A streaming archive server of Python's library: zipfile behind wsgiref. zipstream.py PORT NAME=FOLDER..."""
import sys
import zipfile
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

PIECE = 1 << 16
FOLDERS = dict(a.split('=', 1) for a in sys.argv[2:])


class Out:
    """A file that cannot be sought; what was written is taken away in pieces."""

    def __init__(self):
        self.parts, self.size = [], 0

    def write(self, data):
        self.parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self):
        pass

    def take(self):
        data, self.parts, self.size = b''.join(self.parts), [], 0
        return data


def pieces(folder, method):
    out = Out()
    with zipfile.ZipFile(out, 'w', method) as z:
        for path in sorted(Path(folder).rglob('*')):
            if path.is_dir():
                continue
            entry = zipfile.ZipInfo.from_file(path, path.name)
            entry.compress_type = method
            with path.open('rb') as f, z.open(entry, 'w') as member:
                while data := f.read(PIECE):
                    member.write(data)
                    if out.size >= PIECE:
                        yield out.take()
    yield out.take()


def app(environ, start_response):
    _, name, method = environ['PATH_INFO'].split('/')
    start_response('200 OK', [('Content-Type', 'application/zip')])
    return pieces(FOLDERS[name], zipfile.ZIP_DEFLATED if method == 'deflate' else zipfile.ZIP_STORED)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


make_server('127.0.0.1', int(sys.argv[1]), app, handler_class=Quiet).serve_forever()
