# SPDX-License-Identifier: MIT
"""Headers of de-identified data that a first request made: later ones, of all workers, make only those that they send."""
import itertools
import os
import shutil
import zipfile
from io import BytesIO

import conversions
import harness
import pytest
from corpus import uid

NUMBERS = itertools.count()
STUDY, COUNT, ZIP = uid('keptdeid'), 12, 'application/zip'


class Place:
    """A site, its key, and two web servers with pools of their own."""

    def __init__(self, pg, folder):
        self.folder, self.key = folder, folder / 'key'
        conversions.study(folder / 'files', COUNT, name='keptdeid')
        self.site = harness.Site(pg, f'deidkept_{next(NUMBERS)}', {'r': folder / 'files'}, **{'deid.basic.key': self.key})
        self.site.migrate()
        self.make_key()
        assert self.site.index().code == 0
        self.servers = [harness.front_end('lighttpd-socket', self.site, workers=2).start() for _ in range(2)]

    def make_key(self):
        self.key.unlink(missing_ok=True)
        assert self.site.cli('deid', 'key', self.key).code == 0
        harness.give_to_web_user(self.key)

    def ask(self, server, query='', method='GET', part=None, **headers):
        args = ('--range', f'{part[0]}-{part[1]}') if part else ()
        return self.servers[server].get(f'/studies/{STUDY}?deidentify=basic{query}', *args, accept=ZIP, method=method,
                                        headers=headers)

    def entries(self):
        return sorted(p for f in (self.site.folder / 'spool').glob('wadozip-*-cache') for p in f.glob('*-s'))

    def damage(self, n):
        """Make a file one that cannot be de-identified, which its size and time do not show."""
        path = sorted((self.folder / 'files').iterdir())[n]
        was = path.stat().st_mtime_ns
        with open(path, 'r+b') as f:
            f.write(bytes(1000))
        os.utime(path, ns=(was, was))

    def remove(self):
        for server in self.servers:
            server.remove()
        self.site.remove()


@pytest.fixture
def place(pg):
    folder = harness.owned_by_web_user(harness.temporary('wzdeidkept-'))
    it = Place(pg, folder)
    yield it
    it.remove()
    shutil.rmtree(folder)


def whole(got):
    assert got.exit == 0 and got.status == 200, got.text[:500]
    return got.data


def expect_part(place, server, data, etag, part):
    got = place.ask(server, part=part, **{'If-Range': etag})
    assert got.status == 206 and got.headers['etag'] == etag and got.data == data[part[0]:part[1] + 1]


def data_of(data, n):
    """Offset of the data of a member."""
    with zipfile.ZipFile(BytesIO(data)) as z:
        info = z.infolist()[n]
        return info.header_offset + 30 + len(info.filename)


def test_only_headers_that_are_sent_are_made(place):
    """One file cannot be de-identified any more: only a request that sends its header finds out."""
    first = place.ask(0)
    data, etag = whole(first), first.headers['etag']
    assert len(place.entries()) == 1
    place.damage(7)
    for server in 0, 1, 1, 0:
        head = place.ask(server, method='HEAD')
        assert head.status == 200 and head.headers['content-length'] == str(len(data)) and head.headers['etag'] == etag
        for at in data_of(data, 0), data_of(data, 3) + 2000, data_of(data, 7) - 40, len(data) - 100:
            expect_part(place, server, data, etag, (at, at + 30))
    assert place.ask(1, part=(data_of(data, 7), data_of(data, 7) + 30)).status == 500
    assert place.entries() == [] and place.ask(0, method='HEAD').status == 500


def test_a_damaged_entry_costs_only_time(place):
    first = place.ask(0)
    data, etag = whole(first), first.headers['etag']
    for change in (lambda b: b[:-1], lambda b: bytes([b[0] ^ 1]) + b[1:], lambda b: b''):
        entry, = place.entries()
        entry.write_bytes(change(entry.read_bytes()))
        expect_part(place, 1, data, etag, (100, len(data) - 100))
        assert whole(place.ask(0)) == data


def test_another_key_has_other_headers(place):
    first = place.ask(0)
    data = whole(first)
    place.make_key()
    for server in 0, 1:
        other = place.ask(server, part=(0, 99), **{'If-Range': first.headers['etag']})
        assert other.headers['etag'] != first.headers['etag'] and whole(other) != data
    assert len(place.entries()) == 2


def test_manifest_of_later_requests(place):
    """Digests need every header."""
    first = place.ask(0, '&manifest=sha256')
    data = whole(first)
    part = (len(data) - 2000, len(data) - 1)
    assert place.ask(1, '&manifest=sha256', part=part).data == data[-2000:]
    assert whole(place.ask(1, '&manifest=sha256')) == data
