# SPDX-License-Identifier: MIT
"""Zipped metadata (after the drafts of Supplement 211): check-list 24. Every archive opens everywhere, every relative address
in a document leads to a member, and pydicom rebuilds the data sets that the files hold."""
import io
import json
import posixpath
import re
import warnings
import xml.etree.ElementTree as ElementTree
import zipfile
from urllib.parse import urljoin

import numpy
import pydicom
import pytest

import conversions
import readers
from harness import front_end, run, temporary
from test_bulkdata import BIG, EXPLICIT, read, value_of
from test_convert import differences

JSON, XML = 'application/dicom+json', 'application/dicom+xml'
ENDINGS = {JSON: '.json', XML: '.xml'}


def zip_of(kind):
    return f'application/zip; type="{kind}"'


def fetch(server, path, kind, **options):
    answer = server.get(path, accept=zip_of(kind), **options)
    assert (answer.exit, answer.status) == (0, 200), (path, answer, answer.text[:500], server.log()[-1000:])
    assert answer.headers['content-type'] == zip_of(kind)
    return answer


def addresses(text, kind):
    """All bulk data addresses of a document, in order."""
    if kind == XML:
        return [e.get('uri') for e in ElementTree.fromstring(text).iter() if e.tag.endswith('BulkData')]
    found = []
    json.loads(text, object_pairs_hook=lambda pairs: found.extend(v for k, v in pairs if k == 'BulkDataURI'))
    return found


def check_layout(z, kind, count):
    """Members: a document an instance, right behind it the values that it names, by addresses relative to it."""
    names = z.namelist()
    assert len({n.lower() for n in names}) == len(names)
    documents = [n for n in names if n.endswith(ENDINGS[kind])]
    assert len(documents) == count
    at = 0
    for name in documents:
        assert names[at] == name and re.fullmatch(r'[\w.-]+/[\w.-]+', name)
        found = addresses(z.read(name), kind)
        assert all(re.fullmatch(r'\./[\w.-]+\.raw', a) for a in found), found
        places = [urljoin('http://x/' + name, a).removeprefix('http://x/') for a in found]
        assert names[at + 1:at + 1 + len(found)] == places
        at += 1 + len(found)
    assert at == len(names)
    for info in z.infolist():
        assert info.flag_bits == 0 and info.compress_type == zipfile.ZIP_STORED
    return documents


@pytest.fixture(scope='module')
def one(site):
    """One web server: what is in archives does not depend on it."""
    server = front_end('lighttpd-socket', site).start()
    yield server
    server.remove()


@pytest.mark.parametrize('kind', [JSON, XML])
def test_layout_of_every_study(one, expected, kind):
    tried = 0
    for study, instances in expected.items():
        answer = one.get(f'/studies/{study}', accept=zip_of(kind))
        if answer.status == 406:
            continue  # of a transfer syntax that cannot be decoded
        if answer.exit != 0 or answer.status == 500:
            continue  # a damaged instance, reported before or by breaking off: see below
        with zipfile.ZipFile(answer.body) as z:
            assert z.testzip() is None
            check_layout(z, kind, len(instances))
        tried += 1
        answer.body.unlink()
    assert tried >= len(expected) * 2 // 3, (tried, len(expected))


def rebuilt(z, name):
    def value(tag, vr, address):
        return z.read(posixpath.normpath(posixpath.join(posixpath.dirname(name), address)))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return pydicom.Dataset.from_json(z.read(name).decode('utf-8'), bulk_data_uri_handler=value)


def bulk_differences(a, b, big, where=''):
    """Values that are bytes, in pydicom's reading of the file and in what was rebuilt."""
    for element in a:
        here = f'{where}{element.tag}'
        if element.VR == 'SQ' and element.tag in b:
            for n, pair in enumerate(zip(element.value, b[element.tag].value)):
                yield from bulk_differences(*pair, big, f'{here}[{n}].')
        elif isinstance(element.value, bytes) and element.value and not element.is_undefined_length:
            if element.tag not in b or value_of(element, big) != value_of(b[element.tag], False):
                yield here


def sample_differences(a, b):
    """Pixel values of what was stored compressed."""
    if a.BitsAllocated not in (8, 16) or a.file_meta.TransferSyntaxUID in (pydicom.uid.JPEGBaseline8Bit,):
        return []
    if a.PhotometricInterpretation != 'MONOCHROME2':
        return []
    array = a.pixel_array
    mine = numpy.frombuffer(b.PixelData[:array.nbytes], array.dtype).reshape(array.shape)
    return [] if numpy.array_equal(array, mine) else ['pixels']


def other_differences(a, b):
    """All but character sets, which are UTF-8 now, and private elements whose VR only pydicom's own dictionary tells."""
    for found in differences(a, b):
        if not re.search(r'\(0008, 0005\) CS| UN ', found):
            yield found


def sample(expected):
    """At most three instances of a series."""
    for instances in expected.values():
        yield from (i for n, i in enumerate(instances) if n < 3 or instances[n - 3].series != i.series)


def test_pydicom_rebuilds_data_sets(one, expected):
    """Equal element by element, bulk data byte for byte."""
    native = compressed = 0
    wrong = []
    for i in sample(expected):
        answer = one.get(f'/studies/{i.study}/series/{i.series}/instances/{i.sop}', accept=zip_of(JSON))
        if answer.status != 200:
            assert answer.status in (406, 500)
            continue
        a = read(i.path)
        with zipfile.ZipFile(answer.body) as z:
            b = rebuilt(z, z.namelist()[0])
        answer.body.unlink()
        assert {t for t in a.keys() if t.element and t.group > 2} == set(b.keys()), i.path
        wrong += [(i.path, d) for d in (*other_differences(a, b), *bulk_differences(a, b, i.syntax == BIG))]
        native += i.syntax == EXPLICIT and 'PixelData' in a
        if i.syntax in ('1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.80') and 'PixelData' in a:
            wrong += [(i.path, d) for d in sample_differences(a, b)]
            compressed += 1
    assert not wrong, wrong[:10]
    assert native > 10 and compressed > 0, (native, compressed)


@pytest.mark.parametrize('query', ['', '?names=uid'])
@pytest.mark.parametrize('kind', [JSON, XML])
def test_opens_everywhere(front, whole, expected, kind, query):
    answer = fetch(front, f'/studies/{whole}{query}', kind)
    with zipfile.ZipFile(answer.body) as z:
        documents = check_layout(z, kind, len(expected[whole]))
        assert len(z.namelist()) > len(documents)
        if query:
            assert [n.split('/')[1] for n in documents] == [i.sop + ENDINGS[kind] for i in expected[whole]]
    wanted = readers.python(answer.body)
    for reader in (readers.unzip, readers.seven_zip, readers.bsdtar_file, readers.bsdtar_pipe, readers.busybox,
                   readers.java_file, readers.java_stream):
        assert reader(answer.body) == wanted, reader
    answer.body.unlink()


@pytest.mark.parametrize('kind', [JSON, XML])
def test_headers_and_conditions(front, whole, expected, kind):
    path = f'/studies/{whole}/series/{expected[whole][0].series}'
    first = fetch(front, path, kind)
    h = first.headers
    assert int(h['content-length']) == len(first.data) and h['accept-ranges'] == 'bytes' and h['etag'].startswith('"')
    assert h['content-disposition'].endswith('.zip"') and h['vary'].lower() == 'accept'
    again = fetch(front, f'{path}?accept=application/zip;type={kind}', kind)
    assert again.data == first.data and again.headers['etag'] == h['etag']
    assert fetch(front, f'{path}/metadata', kind).data == first.data
    head = front.get(path, accept=zip_of(kind), method='HEAD')
    assert (head.status, head.headers['etag']) == (200, h['etag'])
    known = front.get(path, accept=zip_of(kind), headers={'If-None-Match': h['etag']})
    assert (known.status, known.data) == (304, b'')
    part = front.get(path, accept=zip_of(kind), headers={'Range': 'bytes=5-14'})
    assert (part.status, part.data) == (206, first.data[5:15])
    tags = {h['etag'], *(front.get(path + q, accept=a, method='HEAD').headers['etag'] for q, a in (
        ('', zip_of(XML if kind == JSON else JSON)), ('', 'application/zip'), ('?names=uid', zip_of(kind))))}
    assert len(tags) == 4
    for query in ('?manifest=sha256', '?dicomdir=true'):
        assert front.get(path + query, accept=zip_of(kind)).status == 400
    other = front.get(path, accept=f'{zip_of(kind)}; transfer-syntax=1.2.840.10008.1.2.4.90')
    assert other.status == 406
    assert front.get('/studies/1.2.3.4', accept=zip_of(kind)).status == 404


@pytest.fixture
def folder():
    root = temporary('wzpackage-')
    yield root
    run('rm', '-r', root)


def test_failures(folder, make_site):
    """An instance whose metadata cannot be made is an error, wherever it comes."""
    study = conversions.study(folder, 40)
    site = make_site('package', {'r': folder}, helpers=1)
    assert site.index().code == 0
    server = front_end('lighttpd-socket', site).start()
    try:
        whole = fetch(server, f'/studies/{study}', JSON)
        with zipfile.ZipFile(io.BytesIO(whole.data)) as z:
            check_layout(z, JSON, 40)
        conversions.nested(folder / '040.dcm')
        conversions.smuggle(site, folder / '040.dcm')
        answer = server.get(f'/studies/{study}', accept=zip_of(JSON))
        assert (answer.status, answer.exit) == (500, 0), answer
        site.write_config(helper='/bin/false')
        server.stop()
        server.start()
        assert server.get(f'/studies/{study}', accept=zip_of(JSON)).status == 500
    finally:
        server.remove()
