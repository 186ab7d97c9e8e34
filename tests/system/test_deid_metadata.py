# SPDX-License-Identifier: MIT
"""?deidentify= on metadata and bulk data, whose addresses lead back. `wadozip deid file` and pydicom judge."""
import io
import json
import re
import shutil
import zipfile
from urllib.parse import urljoin

import harness
import pydicom
import pytest
from corpus import element, header, uid
from frames import parts_of
from models import compare, rebuilt
from test_deid_http import FORMS, MARKED, MARKS, SERIES, SOP, Place, unmarked
from test_metadata_zip import JSON, XML, addresses, zip_of

OCTETS, PARTS = 'application/octet-stream', 'multipart/related; type="application/octet-stream"'
XML_PARTS = f'multipart/related; type="{XML}"'
INSTANCE = f'/studies/{MARKED}/series/{SERIES}/instances/{SOP[:-1]}1'
LUT = bytes(range(256)) * 6  # longer than what metadata contains
RISKY = f'/studies/{uid("risky")}/series/{uid("risky", 1)}/instances/{uid("risky", 1, 2)}'


def with_lut():
    """An instance with a long value that the profile keeps, and one that it removes."""
    head, pixels = header(uid('lut'), uid('lut', 1), uid('lut', 1, 0), 1), b'\1\2'
    at = head.index(element(0x28, 0x103, 'US', 0)) + len(element(0x28, 0x103, 'US', 0))
    more = element(0x28, 0x1201, 'OW', LUT) + element(0x29, 0x10, 'LO', 'MAKER') + element(0x29, 0x1001, 'OB', LUT)
    return head[:at] + more + head[at:] + pixels


@pytest.fixture(scope='module')
def place(pg):
    folder = harness.temporary('wzdeidmeta-')
    (folder / 'lut.dcm').write_bytes(with_lut())
    (folder / 'lut.dcm').chmod(0o644)
    it = Place(pg, folder, 'deidmeta')
    yield it
    it.remove()
    shutil.rmtree(folder)


def below(place, path, series, instance, key='basic'):
    """The path with de-identified UIDs of series and instance."""
    return path.replace(series, place.new(series, key)).replace(instance, place.new(instance, key))


def get(place, path, accept, query='deidentify=basic', **options):
    return place.server.get(f'{path}?{query}', accept=accept, **options)


def document(place, path, **options):
    got = get(place, path, JSON, **options)
    data = unmarked(got)
    assert got.headers['content-length'] == str(len(data))
    assert 'last-modified' not in got.headers and 'content-location' not in got.headers
    return got, json.loads(data)


@pytest.mark.parametrize('level,start', [('study', 'series/2.25'), ('series', 'instances/2.25'), ('instance', 'bulkdata/7FE0')])
def test_metadata_is_that_of_the_command(place, level, start):
    path = {'study': f'/studies/{MARKED}', 'series': f'/studies/{MARKED}/series/{SERIES}', 'instance': INSTANCE}[level]
    got, told = document(place, f'{path}/metadata')
    assert len(told) == (1 if level == 'instance' else 3)
    judges = {}
    for n in range(3):
        d = pydicom.dcmread(io.BytesIO(place.command(place.folder / f'full{n}.dcm')))
        judges[d.SOPInstanceUID] = d
    for one in told:
        judge = judges[one['00080018']['Value'][0]]
        base = f'series/{judge.SeriesInstanceUID}/instances/{judge.SOPInstanceUID}/bulkdata/'
        relative = base[base.index(start[:8]):]
        for uri in addresses(json.dumps(one), JSON):
            assert uri.startswith(start) and uri.startswith(relative) and uri.endswith('?deidentify=basic')
        plain = json.loads(json.dumps(one).replace('?deidentify=basic"', '"'))
        compare(plain, rebuilt(plain), judge, 'data set', '', relative)
    head = get(place, f'{path}/metadata', JSON, method='HEAD')
    assert [head.headers[k] for k in ('content-length', 'etag')] == [got.headers[k] for k in ('content-length', 'etag')]


@pytest.mark.parametrize('level', ['study', 'series', 'instance'])
@pytest.mark.parametrize('accept', [JSON, 'application/json', XML_PARTS])
def test_addresses_lead_to_the_values(place, level, accept):
    path = {'study': f'/studies/{MARKED}', 'series': f'/studies/{MARKED}/series/{SERIES}', 'instance': INSTANCE}[level]
    got = get(place, f'{path}/metadata', accept)
    unmarked(got)
    text = got.text if accept != XML_PARTS else ''
    documents = [part.decode() for _, part in parts_of(got, got.data)] if accept == XML_PARTS else [text]
    found = [a for d in documents for a in addresses(d, XML if accept == XML_PARTS else JSON)]
    assert len(found) >= (1 if level == 'instance' else 3)
    values = {}
    for uri in found:
        address = urljoin(f'http://x{path}/metadata?deidentify=basic', uri).removeprefix('http://x')
        value = place.server.get(address, accept=OCTETS)
        values[re.search('[^/]*$', address).group()] = unmarked(value)
        assert value.headers['content-length'] == str(len(value.data))
    d = pydicom.dcmread(place.folder / 'full1.dcm')
    assert values['7FE00010?deidentify=basic'] == d.PixelData


def test_de_identified_uids_name_series_and_instances(place):
    new = below(place, INSTANCE, SERIES, SOP[:-1] + '1')
    assert MARKS[0].decode() not in new.replace(MARKED, '')
    for path, accept in (('/metadata', JSON), ('', 'application/zip'), ('', 'application/dicom'), ('/frames/1', OCTETS),
                         ('/rendered', 'image/png'), ('/bulkdata/7FE00010', OCTETS)):
        for known in INSTANCE, INSTANCE.replace(SERIES, place.new(SERIES)):
            assert unmarked(get(place, new + path, accept)) == unmarked(get(place, known + path, accept))
        assert get(place, new + path, accept, 'deidentify=other').status == 404
        assert get(place, new + path, accept, '').status == 404
    assert get(place, f'/studies/{place.new(MARKED)}', 'application/zip').status == 404
    assert get(place, new[:-1] + ('1' if new[-1] != '1' else '2'), 'application/zip').status == 404


def test_values(place):
    path = f'/studies/{uid("lut")}/series/{uid("lut", 1)}/instances/{uid("lut", 1, 0)}'
    assert get(place, f'{path}/bulkdata/00291001', OCTETS, '').data == LUT
    assert get(place, f'{path}/bulkdata/00291001', OCTETS).status == 404
    got = get(place, f'{path}/bulkdata/00281201', OCTETS)
    assert got.data == LUT and got.headers['content-length'] == str(len(LUT))
    assert place.new(uid('lut', 1, 0)) in got.headers['content-disposition']
    part, = parts_of(*(lambda g: (g, g.data))(get(place, f'{path}/bulkdata/00281201', PARTS)))
    assert part[1] == LUT
    whole = get(place, f'{path}/bulkdata/00281201', OCTETS, 'deidentify=basic')
    ranged = place.server.get(f'{path}/bulkdata/00281201?deidentify=basic', '--range', '100-299', accept=OCTETS)
    assert ranged.status == 206 and ranged.data == whole.data[100:300]
    told = json.loads(get(place, f'{path}/metadata', JSON).data)[0]
    assert told['00281201']['BulkDataURI'] == 'bulkdata/00281201?deidentify=basic' and '00291001' not in told


@pytest.mark.parametrize('tag', '00100010 00100020 00080018 0020000D 00081140 00400275 00091001 0040A730'.split())
def test_values_of_the_patient(place, tag):
    got = get(place, f'{INSTANCE}/bulkdata/{tag}', OCTETS)
    assert got.status in (200, 404) and [m for m in MARKS if m in str(got.headers).encode() + got.data] == []


@pytest.mark.parametrize('kind', [JSON, XML])
def test_zipped_metadata(place, kind):
    for path in f'/studies/{MARKED}', f'/studies/{MARKED}/metadata', INSTANCE, f'/studies/{FORMS}':
        got = get(place, path, zip_of(kind))
        with zipfile.ZipFile(io.BytesIO(unmarked(got))) as z:
            assert z.testzip() is None
            members = {n: z.read(n) for n in z.namelist()}
        assert not any(m in data or m.decode() in name for name, data in members.items() for m in (*MARKS, FORMS.encode()))
        assert got.headers['content-length'] == str(len(got.data))
        pixels = [data for name, data in members.items() if name.endswith('.raw')]
        assert pydicom.dcmread(place.folder / ('forms/001.dcm' if FORMS in path else 'full1.dcm')).PixelData in pixels


def test_pixels_that_may_show_names(place):
    """The rule is for pixels: metadata has none."""
    assert get(place, f'{RISKY}/metadata', JSON).status == 200
    assert get(place, f'{RISKY}/bulkdata/00280301', OCTETS).status == 200
    for path, accept in ((f'{RISKY}/bulkdata/7FE00010', OCTETS), (f'{RISKY}/bulkdata/7FE00010', PARTS), (RISKY, zip_of(JSON))):
        got = get(place, path, accept)
        assert got.status == 406 and 'may show names' in got.text and 'pixels = trust' in got.text
        assert get(place, path, accept, method='HEAD').status == 406
        assert get(place, path, accept, 'deidentify=trust').status == 200


def test_tags_differ_by_profile(place):
    for path, accept in ((f'{INSTANCE}/metadata', JSON), (f'/studies/{MARKED}/metadata', XML_PARTS), (INSTANCE, zip_of(JSON)),
                         (f'{INSTANCE}/bulkdata/7FE00010', OCTETS)):
        tags = [get(place, path, accept, q).headers['etag']
                for q in ('', 'deidentify=basic', 'deidentify=other', 'deidentify=dates', 'deidentify=trust')]
        assert len(set(tags)) == len(tags)
        for n, tag in enumerate(tags):
            got = get(place, path, accept, headers={'If-None-Match': tag})
            assert got.status == (304 if n == 1 else 200)


def test_compressed_metadata(place):
    plain = document(place, f'/studies/{MARKED}/metadata')[0]
    got = get(place, f'/studies/{MARKED}/metadata', JSON, headers={'Accept-Encoding': 'gzip'})
    assert got.headers['content-encoding'] == 'gzip' and got.headers['etag'] != plain.headers['etag']
    assert len(got.data) == int(got.headers['content-length'])
