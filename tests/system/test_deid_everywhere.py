# SPDX-License-Identifier: MIT
"""Every resource in every representation, de-identified by a parameter, by a link and by a collection: no mark of the original
is in an address, a name, a header field or a body, whatever it is compressed in."""
import base64
import io
import re
import shutil
import zipfile
import zlib

import harness
import pytest
from collections_site import create
from corpus import uid
from frames import Connection
from test_deid_codestream import MARK
from test_deid_http import MARKED, MARKS, SERIES, SOP, Place
from test_deid_pixels import FILES, PARTS, PNG, STORED

JSON, XML, ZIP, CSV = 'application/dicom+json', 'application/dicom+xml', 'application/zip', 'text/csv'
DICOM = 'multipart/related; type="application/dicom"'
DEFLATED, RLE = '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.5'
TEXT = [uid('text'), uid('text', 1), uid('text', 1, 0)]
FULL = [MARKED, SERIES, f'{SOP[:-1]}1']
ALL = [*MARKS, MARK, *(u.encode() for u in TEXT)]
# What is asked for at a study, series or instance.
ARCHIVES = [f'?{q}accept={ZIP}' for q in ('', 'compression=deflate&', 'compression=none&', 'manifest=csv&', 'manifest=sha256&',
                                          'names=uid&', 'dicomdir=true&')]
ARCHIVES += [f'?accept={ZIP}%3Btransfer-syntax%3D{syntax}' for syntax in ('*', DEFLATED, RLE)]
DOCUMENTS = [('/metadata', a) for a in (JSON, f'multipart/related; type="{XML}"', ZIP, f'{ZIP}; metadata="{XML}"')]
ASKED = [(path, None) for path in ARCHIVES] + DOCUMENTS + [('', DICOM), ('', f'{DICOM}; transfer-syntax=*'), ('', CSV),
                                                           ('', 'application/json')]
OF_INSTANCES = [('', 'application/dicom'), ('/frames/1', PARTS), ('/frames/1', STORED), ('/rendered', PNG),
                ('/thumbnail', 'image/jpeg'), ('/frames/1/rendered', PNG), ('/bulkdata/7FE00010', 'application/octet-stream')]


def inside(data):
    """The bytes, and those of all that is in them: members of archives, deflated data sets, gzip, values of JSON."""
    yield data
    if data[:2] == b'PK':
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            for one in z.infolist():
                yield one.filename.encode() + one.comment + one.extra
                yield from inside(z.read(one))
    elif data[:2] == b'\x1f\x8b':
        yield from inside(zlib.decompress(data, 31))
    elif data[128:132] == b'DICM' and DEFLATED.encode() in data[:1000]:
        yield zlib.decompress(data[144 + int.from_bytes(data[140:144], 'little'):], -15)
    elif data[:1] in (b'[', b'{'):
        yield from (base64.b64decode(value) for value in re.findall(rb'"InlineBinary": *"([^"]*)"', data))


def marks_of(answer, data):
    seen = [str(answer.getheaders()).encode(), *inside(data)]
    return {m for m in ALL for part in seen if m in part}


class Everywhere(Place):
    """A place with a link and a collection, both of which are de-identified."""

    def __init__(self, pg, folder):
        super().__init__(pg, folder, 'deideverywhere')
        self.connection, self.originals = Connection(self.server), {}
        made = self.site.cli('link', 'create', MARKED, TEXT[0], '--deidentify', 'basic', '--dicomdir', check=True)
        self.link = made.out.split()[0].removeprefix('/dicom-web')
        self.collection = '/collections/' + create(self.site, f'{MARKED}\n{TEXT[0]}', '--deidentify', 'basic')

    def ask(self, path, accept):
        return self.connection.get(path, accept or '*/*', Accept_Encoding='gzip')

    def original(self, path, accept):
        """Status and marks of an answer that is not de-identified."""
        if (path, accept) not in self.originals:
            answer, data = self.ask(path, accept)
            self.originals[path, accept] = answer.status, marks_of(answer, data)
        return self.originals[path, accept]


@pytest.fixture(scope='module')
def place(pg):
    folder = harness.temporary('wzdeideverywhere-')
    (folder / 'text.dcm').write_bytes(FILES['text'])
    (folder / 'text.dcm').chmod(0o644)
    it = Everywhere(pg, folder)
    yield it
    it.remove()
    shutil.rmtree(folder)


def requests(uids):
    path = ''
    for level, uid_ in zip(('studies', 'series', 'instances'), uids):
        path += f'/{level}/{uid_}'
        for more, accept in ASKED + (OF_INSTANCES if level == 'instances' else []):
            yield path + more, accept


@pytest.mark.parametrize('uids', [FULL, TEXT], ids=['marked', 'text'])
@pytest.mark.parametrize('door', ['parameter', 'link'])
def test_resources(place, door, uids):
    """The same statuses as without a profile, whose answers have marks: those of archives and metadata all of them."""
    names = uids if door == 'parameter' else [place.new(u) for u in uids]
    marked = 0
    for (path, accept), (original, _) in zip(requests(names), requests(uids)):
        if door == 'parameter':
            answer, data = place.ask(f'{path}{"&" if "?" in path else "?"}deidentify=basic', accept)
        else:
            answer, data = place.ask(place.link + path, accept)
        status, marks = place.original(original, accept)
        assert marks_of(answer, data) == set(), (path, accept)
        assert answer.status == status == 200, (path, accept, status, answer.status, data[:500])
        assert marks or '/metadata' not in path and ZIP not in path + str(accept), original
        marked += bool(marks)
    assert marked > 40


def test_archives_of_searches(place):
    """A study that is named by the path names the file, as what stands for it."""
    for path in (f'/studies/{MARKED}/series', f'/studies/{MARKED}/series/{SERIES}/instances', '/studies', '/series'):
        answer, data = place.ask(f'{path}?deidentify=basic&StudyInstanceUID={MARKED}', ZIP)
        assert (answer.status, marks_of(answer, data)) == (200, set()), (path, answer.getheaders())
        level = re.search(r'[\d.]+(?=/[a-z]+$)', path)
        assert (place.new(level[0]) if level else path[1:]) in answer.headers['content-disposition']


def test_searches_and_pages_of_a_link(place):
    study, series, _ = (place.new(u) for u in FULL)
    for path in ('/studies', '/series', '/instances', '/studies/count', '/studies?includefield=all', '/archive.zip',
                 '/dicomdir.zip', '', f'/studies/{study}/series', f'/studies/{study}/series/{series}/instances',
                 f'/studies/{study}/instances', f'/studies/{FULL[0]}/series', '/studies/1.2/metadata'):
        for accept in (JSON, 'application/dicom+xml', CSV, ZIP, 'text/html', '*/*'):
            answer, data = place.ask(place.link + path, accept)
            assert marks_of(answer, data) == set(), (path, accept, answer.getheaders())
            assert answer.status in (200, 204, 404, 406), (path, accept, answer.status, data[:300])


@pytest.mark.parametrize('query', ['', '?manifest=sha256', '?manifest=csv', '?names=uid', '?compression=deflate',
                                   '?part_bytes=1&part=1', '?part_bytes=1&part=2', '?part_bytes=1'])
def test_collections(place, query):
    found = set()
    for accept in (ZIP, f'{ZIP}; transfer-syntax=*', f'{ZIP}; transfer-syntax={DEFLATED}', CSV, 'application/json',
                   'text/uri-list', 'application/metalink4+xml', 'application/ld+json', '*/*'):
        answer, data = place.ask(place.collection + query, accept)
        assert marks_of(answer, data) == set() and answer.status in (200, 400, 406), (query, accept, answer.status, data)
        found |= ({accept} if answer.status == 200 else set())
    assert found
