# SPDX-License-Identifier: MIT
"""De-identified members are deflated if the size of their deflated pixel data is known; length, ranges and tag are exact."""
import io
import itertools
import os
import shutil
import zipfile

import conversions
import harness
import pydicom
import pytest
import readers
from corpus import uid
from downloads import in_time

NUMBERS = itertools.count()
STUDY, NOISE, ZIP = uid('deflated'), 4, 'application/zip'
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
KNOWN = 'SELECT count(*) FROM wadozip.instance WHERE pixel_deflated_size IS NOT NULL'


def document(path, number):
    """An instance without pixel data."""
    d = pydicom.dcmread(path)
    d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = uid('deflated', 1, number)
    d.InstanceNumber = number
    del d.PixelData
    d.save_as(path.with_name(f'{number:03}.dcm'))


def fill(folder):
    """Two encodings, noise, several blocks, an element after the pixel data, and none."""
    conversions.study(folder, 3, name='deflated')
    for n in (NOISE, 5, 6):
        conversions.write(folder / f'{n:03}.dcm', n, noise=n == NOISE, study='deflated')
    conversions.write(folder / '007.dcm', 7, frames=60, study='deflated')
    with open(folder / '006.dcm', 'ab') as f:
        f.write(b'\xfc\xff\xfc\xffOB\0\0' + (40).to_bytes(4, 'little') + bytes(40))
    document(folder / '005.dcm', 8)
    for path in folder.iterdir():
        path.chmod(0o644)


class Place:
    """A site with a key, and two web servers with pools of their own."""

    def __init__(self, pg, folder, **settings):
        self.folder, key = folder / 'files', folder / 'key'
        fill(self.folder)
        self.site = harness.Site(pg, f'deiddeflate_{next(NUMBERS)}', {'r': self.folder}, **{
            'deid.basic.key': key, 'deid.basic.pixels': 'trust', 'deid.withhold.key': key,
            'deid.withhold.pixels': 'withhold', **settings}).migrate()
        assert self.site.cli('deid', 'key', key).code == 0 and self.site.index().code == 0
        harness.give_to_web_user(key)
        self.servers = [harness.front_end('lighttpd-socket', self.site, workers=2).start() for _ in range(2)]

    def ask(self, query='', server=0, method='GET', part=None, profile='basic', **headers):
        args = ('--range', f'{part[0]}-{part[1]}') if part else ()
        return self.servers[server].get(f'/studies/{STUDY}?deidentify={profile}{query}', *args, accept=ZIP, method=method,
                                        headers=headers)

    def whole(self, *args, **options):
        got = self.ask(*args, **options)
        assert (got.exit, got.status, got.length) == (0, 200, len(got.data)), got.text[:500]
        return got

    def expect_parts(self, data, etag, offsets, server=1):
        for at in offsets:
            got = self.ask(part=(at, at + 300), server=server, **{'If-Range': etag})
            assert got.status == 206 and got.headers['etag'] == etag and got.data == data[at:at + 301]

    def known(self):
        return int(self.site.sql(KNOWN)[0][0])

    def remove(self):
        for server in self.servers:
            server.remove()
        self.site.remove()


@pytest.fixture(scope='module', name='place')
def shared_place(pg):
    folder = harness.owned_by_web_user(harness.temporary('wzdeiddeflate-'))
    it = Place(pg, folder, index_deflate=2)
    yield it
    it.remove()
    shutil.rmtree(folder)


@pytest.fixture(name='make_place')
def place_maker(pg):
    """make_place(**settings): a place of its own for one test."""
    made = []

    def make(**settings):
        folder = harness.owned_by_web_user(harness.temporary('wzdeiddeflate-'))
        made.append((Place(pg, folder, **settings), folder))
        return made[-1][0]
    yield make
    for it, folder in made:
        it.remove()
        shutil.rmtree(folder)


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None
        return {i.filename: (z.read(i), i.compress_type, i.header_offset, i.compress_size) for i in z.infolist()}


def methods(data):
    return [method for _, method, _, _ in members(data).values()]


def is_failure(got):
    """Small answers fail with a status, large ones break off."""
    return got.status == 500 or (got.status == 200 and got.exit != 0)


def contents(data):
    return {name: member for name, (member, *_) in members(data).items()}


def test_the_first_request_is_deflated(place):
    head = place.ask(method='HEAD')
    got = place.whole()
    assert [head.headers[k] for k in ('content-length', 'etag')] == [got.headers[k] for k in ('content-length', 'etag')]
    stored = place.whole('&compression=none')
    assert methods(stored.data) == [STORED] * 8 and stored.headers['etag'] != got.headers['etag']
    assert methods(got.data) == [STORED if n in (NOISE, 8) else DEFLATED for n in range(1, 9)]
    assert contents(got.data) == contents(stored.data) and len(got.data) < 0.6 * len(stored.data)
    for _, method, _, size in members(got.data).values():
        assert method == STORED or size > 100


def test_a_collection(place, tmp_path):
    """Frozen with the profile; the second request has its plan from the first, of another pool."""
    (tmp_path / 'list.txt').write_text(STUDY + '\n')
    made = place.site.cli('collection', 'create', '--deidentify', 'basic', tmp_path / 'list.txt')
    assert made.code == 0, made
    path = f'/collections/{made.out.split()[0]}'
    first, second = (server.get(path, accept=ZIP) for server in place.servers)
    assert (first.exit, first.status, first.length) == (0, 200, len(first.data)) and first.data == second.data
    assert sorted(methods(first.data)) == [STORED] * 2 + [DEFLATED] * 6
    assert sorted(contents(first.data).values()) == sorted(contents(place.whole().data).values())
    for at in range(0, len(first.data) - 300, len(first.data) // 7):
        part = place.servers[1].get(path, '--range', f'{at}-{at + 300}', accept=ZIP,
                                    headers={'If-Range': first.headers['etag']})
        assert part.status == 206 and part.data == first.data[at:at + 301]


@pytest.mark.parametrize('reader', [readers.unzip, readers.seven_zip, readers.bsdtar_file, readers.bsdtar_pipe,
                                    readers.busybox, readers.java_file, readers.java_stream])
def test_readers(place, tmp_path, reader):
    path = tmp_path / 'study.zip'
    path.write_bytes(place.whole().data)
    assert reader(path) == readers.python(path)


def test_members_are_those_of_the_command(place, tmp_path):
    judged = []
    for n, path in enumerate(sorted(place.folder.iterdir())):
        out = tmp_path / f'{n}.dcm'
        key = place.site.settings['deid.basic.key']
        assert place.site.cli('deid', 'file', path, out, '--key', key, '--trust-pixels').code == 0
        judged.append(out.read_bytes())
    assert sorted(contents(place.whole().data).values()) == sorted(judged)


def test_the_command_makes_the_same(place, tmp_path):
    assert place.site.zip(STUDY, tmp_path / 'x.zip', deidentify='basic').code == 0
    assert (tmp_path / 'x.zip').read_bytes() == place.whole().data


def test_ranges(place):
    """Also before, in and after the pixel data of each member, of another pool."""
    got = place.whole()
    data, etag = got.data, got.headers['etag']
    edges = [at for name, (_, _, start, size) in members(data).items()
             for begin in [start + 30 + len(name)] for at in (start, begin, begin + 700, begin + size // 2, begin + size - 3)]
    place.expect_parts(data, etag, [*edges, *range(0, len(data), len(data) // 17), len(data) - 301])
    several = place.ask(part=(10, '20,400-410,-30'), server=1)
    assert several.status == 206 and data[400:411] in several.data and data[-30:] in several.data
    end = place.ask(part=(len(data) // 2, len(data) - 1), server=1)
    assert end.data == data[len(data) // 2:]


def test_manifest(place, tmp_path):
    """Digests are of the data as it is unpacked, also those of a request for the end alone."""
    end = place.ask('&manifest=sha256', part=('', 2500), server=1).data
    data = place.whole('&manifest=sha256').data
    assert len(end) == 2500 and data.endswith(end) and methods(data).count(DEFLATED) == 6
    (tmp_path / 'x.zip').write_bytes(data)
    assert harness.run('unzip', '-q', 'x.zip', cwd=tmp_path).code == 0
    assert harness.run('sha256sum', '--strict', '--quiet', '-c', 'MANIFEST.sha256', cwd=tmp_path).code == 0
    place.whole('&manifest=csv')


def test_withheld_pixels(make_place):
    """A member that is deflated and whose pixel data is not sent, before one whose is."""
    place = make_place(index_deflate=2)
    path = place.folder / '005.dcm'
    d = pydicom.dcmread(path)
    d.BurnedInAnnotation = 'YES'
    d.save_as(path)
    assert place.site.index().code == 0
    got = place.whole(profile='withhold')
    assert contents(got.data) == contents(place.whole('&compression=none', profile='withhold').data)


def test_the_index_learns_sizes_later(make_place):
    """A plain index run knows no sizes; one with index_deflate = 2 completes it, once. A download goes on as it began."""
    place = make_place()
    assert place.known() == 0
    before = place.whole()
    assert methods(before.data) == [STORED] * 8
    place.site.write_config(index_deflate=2)
    assert '8 unchanged' in (out := place.site.index().out) and '8 files read' in out and place.known() == 8
    size, length = place.site.sql(f"SELECT pixel_deflated_size, pixel_length FROM wadozip.instance WHERE number = {NOISE}")[0]
    assert size == length  # not smaller
    after = place.whole()
    assert methods(after.data).count(DEFLATED) == 6 and after.headers['etag'] != before.headers['etag']
    place.expect_parts(before.data, before.headers['etag'], range(0, len(before.data) - 300, len(before.data) // 9))
    place.expect_parts(after.data, after.headers['etag'], (5, len(after.data) - 301))
    again = place.site.index()
    assert '; 0 files read' in again.out
    assert place.known() == 8 and place.whole(server=1).data == after.data


def test_a_request_learns_sizes(make_place):
    place = make_place()
    asked = place.whole('&compression=deflate')
    assert methods(asked.data).count(DEFLATED) == 6 and place.known() == 7
    for server in 0, 1:
        assert place.whole('&compression=deflate', server=server).data == asked.data
        assert place.whole(server=server).data == asked.data
    assert place.site.cli('doctor').code == 0


def test_sizes_of_another_compressor_are_void(make_place):
    place = make_place(index_deflate=2)
    stored = place.whole('&compression=none')
    place.site.sql("UPDATE wadozip.instance SET deflated_by = 'other-1'")
    got = place.whole()
    assert got.data == stored.data and got.headers['etag'] == stored.headers['etag']
    deflated = place.whole('&compression=deflate')
    assert place.site.sql('SELECT count(*) FROM wadozip.instance WHERE deflated_size IS NOT NULL') == [['1']]  # no pixel data
    assert place.site.index().code == 0 and place.whole().data == deflated.data


def test_a_new_size_of_the_file_voids_one_of_another_compressor(make_place):
    place = make_place(index_deflate=2)
    place.site.sql("UPDATE wadozip.instance SET deflated_by = 'other-1', pixel_deflated_size = pixel_deflated_size + 1")
    stored = place.whole('&compression=none')
    got = place.servers[0].get(f'/studies/{STUDY}?compression=deflate', accept=ZIP)
    assert (got.exit, got.status) == (0, 200)
    assert in_time(5, lambda: place.site.sql(
        "SELECT count(*) FROM wadozip.instance WHERE deflated_by <> 'other-1' AND deflated_size IS NOT NULL") != [['0']])
    assert place.site.sql("SELECT count(pixel_deflated_size) FROM wadozip.instance WHERE deflated_by <> 'other-1'") == [['0']]
    assert place.whole().data == stored.data


@pytest.mark.parametrize('more', [-1, 1])
def test_a_wrong_size_is_forgotten(make_place, more):
    """The answer fails; later ones are right."""
    place = make_place(index_deflate=2)
    place.site.sql(f'UPDATE wadozip.instance SET pixel_deflated_size = pixel_deflated_size + {more} WHERE number = 7')
    assert is_failure(place.ask()) and place.known() == 7
    got = place.whole()
    assert methods(got.data) == [STORED if n in (NOISE, 7, 8) else DEFLATED for n in range(1, 9)]


def test_a_changed_file(make_place):
    """Its size and time are as recorded: the answer fails, and nothing is forgotten."""
    place = make_place(index_deflate=2)
    path = place.folder / '007.dcm'
    data, was = bytearray(path.read_bytes()), path.stat().st_mtime_ns
    data[-2000:] = bytes(2000)
    path.write_bytes(data)
    os.utime(path, ns=(was, was))
    assert is_failure(place.ask()) and place.known() == 8
