# SPDX-License-Identifier: MIT
"""Frames over HTTP: a connection that stays open, multipart bodies taken apart, and instances made for the purpose."""
import email
import http.client
import struct
import time
import warnings
from email import policy

import harness
import pydicom
import pytest
from corpus import element, header, uid

OCTETS = 'application/octet-stream'
PARTS = f'multipart/related; type="{OCTETS}"'
STORED = f'{PARTS}; transfer-syntax=*'
EXPLICIT, RLE, MPEG4 = '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.102'
DELIMITER = b'\xfe\xff\xdd\xe0\0\0\0\0'


def place(i):
    return f'/studies/{i.study}/series/{i.series}/instances/{i.sop}'


def made_place(name):
    return f'/studies/{uid(name)}/series/{uid(name, 1)}/instances/{uid(name, 1, 0)}'


class Connection:
    """GET over one connection, opened again if the web server may have closed it."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=harness.PATIENCE)
        self.used = 0

    def get(self, path, accept='*/*', **headers):
        if time.monotonic() - self.used > 1:
            self.connection.close()
        self.connection.request('GET', '/dicom-web' + path,
                                headers={'Accept': accept, **{k.replace('_', '-'): v for k, v in headers.items()}})
        answer = self.connection.getresponse()
        data = answer.read()
        self.used = time.monotonic()
        return answer, data


def parts_of(answer, data):
    """(Content-Type, bytes) of each part, whose own length must be right."""
    text = f'Content-Type: {answer.headers["content-type"]}\r\n\r\n'.encode() + data
    out = []
    for part in email.message_from_bytes(text, policy=policy.HTTP).iter_parts():
        content = part.get_payload(decode=True)
        assert int(part['content-length']) == len(content)
        out.append((str(part['content-type']).replace('"', ''), content))
    return out


def read(path):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return pydicom.dcmread(path)


def item(data):
    return b'\xfe\xff\x00\xe0' + struct.pack('<I', len(data)) + data


def encapsulated(name, fragments, frames, *, syntax=RLE, table=b'', extended=b'', rows=1, columns=1, **options):
    """An instance whose pixel data lies in these fragments."""
    head = header(uid(name), uid(name, 1), uid(name, 1, 0), 1, syntax=syntax, frames=frames, rows=rows, columns=columns,
                  **options)[:-12]
    return b''.join([head, extended, struct.pack('<HH2sHI', 0x7fe0, 0x10, b'OB', 0, 0xffffffff), item(table),
                     *map(item, fragments), DELIMITER])


def native(name, pixels, frames, *, bits=16, **options):
    head = header(uid(name), uid(name, 1), uid(name, 1, 0), 1, frames=frames, pixel_bytes=len(pixels) + len(pixels) % 2,
                  **options)
    for at, value in ((0x100, bits), (0x101, bits), (0x102, bits - 1)):
        old = {0x100: 16, 0x101: 12, 0x102: 11}[at]
        head = head.replace(element(0x28, at, 'US', old), element(0x28, at, 'US', value))
    return head + pixels + bytes(len(pixels) % 2)


@pytest.fixture
def serve(make_site):
    """serve({name: bytes}): a connection to a service that has indexed these files."""
    servers = []

    def start(files, **settings):
        folder = harness.temporary('wzframes-')
        for name, data in files.items():
            (folder / name).write_bytes(data)
        harness.owned_by_web_user(folder)
        site = make_site('frames', {'main': folder}, **settings)
        result = site.index()
        assert result.code == 0, result
        servers.append(harness.front_end('lighttpd-socket', site).start())
        client = Connection(servers[-1])
        client.folder = folder
        return client
    yield start
    for s in servers:
        s.remove()


def images(expected):
    for i in (i for s in expected.values() for i in s):
        d = read(i.path)
        if 'PixelData' in d and d.PixelData:
            yield i, d
