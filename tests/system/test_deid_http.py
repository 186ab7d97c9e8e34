# SPDX-License-Identifier: MIT
"""?deidentify= over HTTP: no mark of the originals is left anywhere, and the length is exact. `wadozip deid file` judges."""
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile

import conversions
import harness
import pydicom
import pytest
from corpus import uid
from deid_cases import new_uid
from test_deid import ARC, MARKS, write

MARKED = f'{ARC}{0x0020000d}'
SERIES, SOP = f'{ARC}{0x0020000e}', f'{ARC}{0x00080018}'
FORMS, RLE, ZIP = uid('forms'), '1.2.840.10008.1.2.5', 'application/zip'
COUNT = 3


def deny_names(path):
    """The file with Burned In Annotation YES."""
    d = pydicom.dcmread(path)
    d.BurnedInAnnotation = 'YES'
    d.save_as(path)


class Place:
    """A site with keys, a web server before it, and what stands for UIDs there."""

    def __init__(self, pg, folder, name='deidhttp'):
        self.folder = folder
        for n in range(COUNT):
            write(folder / f'full{n}.dcm')
            data = (folder / f'full{n}.dcm').read_bytes()
            (folder / f'full{n}.dcm').write_bytes(data.replace(SOP.encode(), f'{SOP[:-1]}{n}'.encode()))
        conversions.study(folder / 'forms', 4)
        conversions.write(folder / 'forms' / '010.dcm', 10).chmod(0o644)
        conversions.study(folder / 'risky', 2, name='risky')
        deny_names(folder / 'risky' / '002.dcm')
        keys = harness.owned_by_web_user(folder.parent / (folder.name + '-keys'))
        self.keys = {name: keys / name for name in ('basic', 'other')}
        self.site = harness.Site(pg, name, {'r': folder}, **{
            'deid.basic.key': self.keys['basic'], 'deid.other.key': self.keys['other'], 'deid.dates.key': self.keys['basic'],
            'deid.dates.options': 'modified-dates patient', 'deid.trust.key': self.keys['basic'], 'deid.trust.pixels': 'trust',
            'deid.withhold.key': self.keys['basic'], 'deid.withhold.pixels': 'withhold',
            'deid.keyless.key': keys / 'none'}).migrate()
        for key in self.keys.values():
            assert self.site.cli('deid', 'key', key).code == 0
            harness.give_to_web_user(key)
        assert self.site.index().code == 0
        self.server = harness.front_end('lighttpd-socket', self.site).start()

    def new(self, original, key='basic'):
        return new_uid(self.keys[key], original)

    def get(self, path, *args, accept=ZIP, **options):
        got = self.server.get(f'/studies/{path}', *args, accept=accept, **options)
        return got

    def command(self, path, *options):
        """What `wadozip deid file` makes of a file."""
        out = self.folder.parent / 'judge.dcm'
        out.unlink(missing_ok=True)
        assert self.site.cli('deid', 'file', path, out, '--key', self.keys['basic'], *options, '--trust-pixels').code == 0
        return out.read_bytes()

    def remove(self):
        self.server.remove()
        self.site.remove()
        shutil.rmtree(self.folder.parent / (self.folder.name + '-keys'))


@pytest.fixture(scope='module')
def place(pg):
    folder = harness.temporary('wzdeid-')
    it = Place(pg, folder)
    yield it
    it.remove()
    shutil.rmtree(folder)


def body(got):
    assert got.exit == 0 and got.status == 200, got.text[:500]
    return got.data


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None
        return {i.filename: z.read(i) for i in z.infolist()}


def unmarked(got):
    data = body(got)
    seen = str(got.headers).encode() + data
    assert [m for m in MARKS if m in seen] == []
    return data


@pytest.mark.parametrize('path', [MARKED, f'{MARKED}/series/{SERIES}', f'{MARKED}/series/{SERIES}/instances/{SOP[:-1]}1'])
@pytest.mark.parametrize('query', ['', '&names=uid', '&manifest=sha256', '&manifest=csv', '&compression=deflate'])
def test_no_mark_is_left(place, path, query):
    got = place.get(f'{path}?deidentify=basic{query}')
    data = unmarked(got)
    assert got.headers['content-length'] == str(len(data))
    assert 'last-modified' not in got.headers and 'content-location' not in got.headers
    level = re.split('/[a-z]+/', path)[-1]
    assert place.new(level) in got.headers['content-disposition']
    for name, member in members(data).items():
        assert not any(m.decode() in name for m in MARKS)
        assert [m for m in MARKS if m in member] == []
    head = place.get(f'{path}?deidentify=basic{query}', method='HEAD')
    assert [head.headers[k] for k in ('content-length', 'etag')] == [got.headers[k] for k in ('content-length', 'etag')]


def test_members_are_those_of_the_command(place):
    """Marked files, Implicit VR and Explicit VR: a header and the file's own pixels, as one de-identification makes them."""
    for study, files in ((MARKED, place.folder.glob('full*.dcm')), (FORMS, (place.folder / 'forms').iterdir())):
        got = members(body(place.get(f'{study}?deidentify=basic&names=uid')))
        want = sorted(place.command(f) for f in files)
        assert sorted(got.values()) == want
        for name, member in got.items():
            d = pydicom.dcmread(io.BytesIO(member))
            assert name == f'{d.SeriesInstanceUID}/{d.SOPInstanceUID}.dcm' and d.StudyInstanceUID == place.new(study)


def test_pixels_are_the_originals(place):
    got = members(body(place.get(f'{FORMS}?deidentify=basic')))
    before = {place.new(d.SOPInstanceUID): d.PixelData
              for d in map(pydicom.dcmread, (place.folder / 'forms').iterdir())}
    after = {d.SOPInstanceUID: d.PixelData for d in (pydicom.dcmread(io.BytesIO(m)) for m in got.values())}
    assert before == after


@pytest.mark.parametrize('path', [MARKED, FORMS])
def test_ranges_are_slices_and_bytes_stay(place, path):
    got = place.get(f'{path}?deidentify=basic')
    data, etag = body(got), got.headers['etag']
    for first in (*range(0, len(data), max(1, len(data) // 23)), len(data) - 1):
        part = place.get(f'{path}?deidentify=basic', '--range', f'{first}-{first + 400}', headers={'If-Range': etag})
        assert part.status == 206 and part.headers['etag'] == etag and part.data == data[first:first + 401]
    again = place.get(f'{path}?deidentify=basic')
    assert again.headers['etag'] == etag and body(again) == data
    assert place.get(f'{path}?deidentify=basic', headers={'If-None-Match': etag}).status == 304
    out = place.folder.parent / 'command.zip'
    out.unlink(missing_ok=True)
    assert place.site.cli('zip', path, '-o', out, '--deidentify', 'basic').code == 0
    assert out.read_bytes() == data
    out.unlink()


def test_profiles_differ(place):
    tags, bodies = set(), set()
    for profile in 'basic', 'other', 'dates':
        got = place.get(f'{MARKED}?deidentify={profile}')
        bodies.add(hashlib.sha256(body(got)).hexdigest())
        tags.add(got.headers['etag'])
    tags.add(place.get(MARKED).headers['etag'])
    assert (len(tags), len(bodies)) == (4, 3)


def test_manifest(place):
    got = members(body(place.get(f'{FORMS}?deidentify=basic&manifest=sha256')))
    lines = got.pop('MANIFEST.sha256').decode().splitlines()
    assert {line[66:]: line[:64] for line in lines} == {n: hashlib.sha256(m).hexdigest() for n, m in got.items()}
    assert place.site.sql('SELECT count(*) FROM wadozip.digest') == [['0']]


def test_converted_members(place):
    """Converted and de-identified at once; the second answer comes from the cache. Nothing is recorded of them."""
    query = f'{FORMS}?deidentify=basic&accept=application/zip%3Btransfer-syntax%3D{RLE}'
    first = place.get(query, accept=None)
    data = unmarked(first)
    assert first.headers['content-length'] == str(len(data)) and body(place.get(query, accept=None)) == data
    for member in members(data).values():
        d = pydicom.dcmread(io.BytesIO(member))
        assert d.file_meta.TransferSyntaxUID == RLE and d.PatientIdentityRemoved == 'YES'
        assert d.StudyInstanceUID == place.new(FORMS)
    plain = members(body(place.get(f'{FORMS}?accept=application/zip%3Btransfer-syntax%3D{RLE}', accept=None)))
    assert all(pydicom.dcmread(io.BytesIO(m)).StudyInstanceUID == FORMS for m in plain.values())


def test_multipart_and_single_part(place):
    got = place.get(f'{MARKED}?deidentify=basic', accept='multipart/related; type="application/dicom"')
    assert b'Content-Location' not in unmarked(got)
    one = f'{MARKED}/series/{SERIES}/instances/{SOP[:-1]}1'
    got = place.get(f'{one}?deidentify=basic', accept='application/dicom')
    assert unmarked(got) == place.command(place.folder / 'full1.dcm')


def test_search_archive(place):
    got = place.server.get(f'/studies?StudyInstanceUID={MARKED}&deidentify=basic', accept=ZIP)
    assert len(members(unmarked(got))) == COUNT


def test_pixels_that_may_show_names(place):
    risky = uid('risky')
    refused = place.get(f'{risky}?deidentify=basic')
    assert refused.status == 406
    assert '1 of 2 instances may show names' in refused.text and 'pixels = trust' in refused.text
    assert len(members(body(place.get(f'{risky}?deidentify=trust')))) == 2


@pytest.mark.parametrize('query,words', [
    ('deidentify=nobody', 'but: basic'), ('deidentify=', 'names a profile'), ('DeIdentify=', 'names a profile'),
    ('deidentify=keyless', 'no key yet'), ('deidentify=basic&deidentify=other', 'more than once'),
    ('deidentify=basic&dicomdir=true&names=uid', 'names'), ('anonymize=yes', 'deidentify=basic')])
def test_refusals(place, query, words):
    got = place.get(f'{MARKED}?{query}')
    assert got.status == 400 and words in got.text


@pytest.mark.parametrize('accept', ['text/csv', 'application/dicom+json', 'application/json'])
def test_lists_are_refused(place, accept):
    """Search results, and lists of addresses, which have the original UIDs."""
    got = place.server.get(f'/studies?StudyInstanceUID={MARKED}&deidentify=basic', accept=accept)
    assert got.status in (400, 406) and [m for m in MARKS if m in got.data] == []


def test_tables_are_of_the_sent_members(place):
    """Before and after an archive is made: names, new UIDs, sizes and CRC-32s, and nothing of the originals."""
    for path, query in ((MARKED, ''), (f'{MARKED}/series/{SERIES}', '&names=uid'), (FORMS, '')):
        def get(accept, **options):
            return place.get(f'{path}?deidentify=other{query}', accept=accept, **options)
        before = unmarked(get('text/csv'))
        with zipfile.ZipFile(io.BytesIO(body(get(ZIP)))) as z:
            want = [(i.filename, i.file_size, i.CRC, pydicom.dcmread(io.BytesIO(z.read(i)))) for i in z.infolist()]
        table = get('text/csv')
        assert unmarked(table) == before
        head = get('text/csv', method='HEAD')
        assert [head.headers[k] for k in ('content-length', 'etag')] == [table.headers[k] for k in ('content-length', 'etag')]
        rows = list(csv.DictReader(io.StringIO(before.decode())))
        assert json.loads(unmarked(get('application/json'))) == [
            {**r, 'size': int(r['size']), 'conflicts': int(r['conflicts'])} for r in rows]
        assert [(r['path'], int(r['size']), int(r['crc32'], 16)) for r in rows] == [w[:3] for w in want]
        for row, (_, _, _, d) in zip(rows, want):
            assert [row[k] for k in ('study_uid', 'series_uid', 'sop_uid', 'sop_class_uid', 'transfer_syntax_uid')] == [
                d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID, d.SOPClassUID, d.file_meta.TransferSyntaxUID]


def test_two_services_with_one_key_send_the_same_bytes(pg, place):
    """Another database, another folder of the same files, a copy of the key."""
    folder = harness.temporary('wzdeidtwo-')
    shutil.copytree(place.folder, folder / 'copy')
    shutil.copy(place.keys['basic'], folder / 'key')
    second = harness.Site(pg, 'deidtwo', {'other': folder / 'copy'}, **{'deid.basic.key': folder / 'key'}).migrate()
    try:
        assert second.index().code == 0
        for study in MARKED, FORMS:
            out = folder / f'{study}.zip'
            assert second.cli('zip', study, '-o', out, '--deidentify', 'basic').code == 0
            assert out.read_bytes() == body(place.get(f'{study}?deidentify=basic'))
    finally:
        second.remove()
        shutil.rmtree(folder)


def test_the_key_is_in_no_log(place):
    assert place.keys['basic'].read_text().strip() not in place.server.log()
    found = subprocess.run(['grep', '-rl', place.keys['basic'].read_text().strip(), place.site.folder], check=False,
                           stdout=subprocess.PIPE)
    assert found.stdout == b''


def test_a_fresh_worker_can_refuse(place):
    """The first request of a process is one that ends before its status line."""
    for _ in range(5):
        place.server.stop()
        place.server.start()
        assert place.get(f'{uid("risky")}?deidentify=basic').status == 406
