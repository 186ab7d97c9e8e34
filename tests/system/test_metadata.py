# SPDX-License-Identifier: MIT
"""Metadata (PS3.18 10.4.1.1.2) through the web servers: JSON that pydicom makes the same data sets of that it reads out of
the files, XML that says what the JSON says, and what HTTP has to say about both."""
import email
import json
import warnings
from email import policy
from pathlib import Path

import harness
import models
import pydicom
import pytest
from corpus import uid
from servers import FRONT_ENDS

JSON, XML = 'application/dicom+json', 'multipart/related; type="application/dicom+xml"'
BIG = '1.2.840.10008.1.2.2'

# Text that is not in the character set that the file tells, which pydicom takes for another, and a number that is none.
BROKEN = {'pn-bad-utf8.dcm', 'pn-latin1-no-charset.dcm', 'pn-nul.dcm', 'pn-wrong-charset.dcm', 'badVR.dcm'}
# Of elements with one tag DCMTK takes the first, pydicom the last.
REPEATED = {'tag-repeated.dcm'}


def place(i):
    return f'/studies/{i.study}/series/{i.series}/instances/{i.sop}'


def read(path):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return pydicom.dcmread(path, force=True)


def reported(front, path):
    answer = front.get(f'{path}/metadata', accept=JSON)
    assert (answer.status, answer.headers['content-type']) == (200, JSON), answer
    return json.loads(answer.data.decode('utf-8'))


def documents(answer):
    """The parts of an XML answer: (Content-Location, document)."""
    text = f'Content-Type: {answer.headers["content-type"]}\r\n\r\n'.encode() + answer.data
    parts = list(email.message_from_bytes(text, policy=policy.HTTP).iter_parts())
    assert all(p.get_content_type() == 'application/dicom+xml' for p in parts)
    return [(p['Content-Location'], p.get_payload(decode=True)) for p in parts]


def sop(data_set):
    return data_set['00080018']['Value'][0]


def check_instance(data_set, i, base):
    address = f'{base}{place(i)}/bulkdata/'
    theirs = read(i.path)
    if i.syntax == BIG:  # pydicom swaps nothing that it hands out as bytes
        for element in theirs.iterall():
            if element.VR == 'OW' and isinstance(element.value, bytes):
                element.value = bytes(b for pair in zip(element.value[1::2], element.value[::2]) for b in pair)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        models.compare(data_set, models.rebuilt(data_set), theirs, base=address)


@pytest.fixture(scope='module')
def every(front, expected):
    """JSON and XML of every study: SOP Instance UID -> object, document."""
    objects, natives = {}, {}
    for study, instances in expected.items():
        objects.update((sop(d), d) for d in reported(front, f'/studies/{study}'))
        parts = documents(front.get(f'/studies/{study}/metadata', accept=XML))
        assert [location for location, _ in parts] == [f'/dicom-web{place(i)}/metadata' for i in instances]
        natives.update(zip((i.sop for i in instances), (document for _, document in parts)))
    return objects, natives


def test_pydicom_rebuilds_every_data_set(front, expected, every):
    """Equal element by element to what pydicom reads, bulk data aside, whose addresses are right."""
    base, wrong, same = f'http://127.0.0.1:{front.port}/dicom-web', [], 0
    for i in (i for instances in expected.values() for i in instances):
        if i.path.name in BROKEN | REPEATED:
            continue
        try:
            check_instance(every[0][i.sop], i, base)
            same += 1
        except models.Difference as difference:
            wrong.append((i.path.name, str(difference)))
    assert not wrong, wrong[:5]
    assert same > 60


def test_xml_says_what_json_says(every, tmp_path):
    objects, natives = every
    assert set(objects) == set(natives)
    for uid_, document in natives.items():
        models.same_as_json(models.native(document), objects[uid_])
    path = tmp_path / 'one.xml'
    for document in list(natives.values())[::20]:
        path.write_bytes(document)
        assert harness.run('xmllint', '--noout', path).code == 0


def test_whole_collection(full_source, expected):
    """What the two tests before saw is the large collection."""
    assert sum(map(len, expected.values())) > 300, full_source


def test_series_and_instance(front, expected, whole):
    instances = expected[whole]
    one = instances[len(instances) // 2]
    series = f'/studies/{whole}/series/{one.series}'
    assert [sop(d) for d in reported(front, f'/studies/{whole}')] == [i.sop for i in instances]
    assert [sop(d) for d in reported(front, series)] == [i.sop for i in instances if i.series == one.series]
    assert [sop(d) for d in reported(front, place(one))] == [one.sop]
    (location, document), = documents(front.get(f'{place(one)}/metadata', accept=XML))
    assert location == f'/dicom-web{place(one)}/metadata'
    models.same_as_json(models.native(document), reported(front, place(one))[0])


def test_bulk_data_is_where_it_is_said_to_be(front, expected, whole):
    one = expected[whole][0]
    address = reported(front, place(one))[0]['7FE00010']['BulkDataURI']
    answer = front.get(address.removeprefix(f'http://127.0.0.1:{front.port}/dicom-web'), accept='application/octet-stream')
    assert answer.status == 200 and answer.data == read(one.path).PixelData


def test_header_fields_and_conditions(front, whole):
    path = f'/studies/{whole}/metadata'
    first, head = front.get(path, accept=JSON), front.get(path, accept=JSON, method='HEAD')
    for answer in first, head:
        assert answer.status == 200 and int(answer.headers['content-length']) == len(first.data)
        assert answer.headers['content-location'] == f'/dicom-web{path}'
        assert answer.headers['accept-ranges'] == 'bytes'
        assert [name.strip() for name in answer.headers['vary'].split(',')] == ['Accept', 'Accept-Encoding']
        assert answer.headers['cache-control'] == 'private' and 'last-modified' in answer.headers
    tag = first.headers['etag']
    assert tag.startswith('"') and tag == head.headers['etag']
    assert front.get(path, accept=JSON).data == first.data
    part = front.get(path, accept=JSON, headers={'Range': 'bytes=5-14', 'If-Range': tag})
    assert (part.status, part.data) == (206, first.data[5:15])
    again = front.get(path, accept=JSON, headers={'If-None-Match': tag})
    assert (again.status, again.data, again.headers['etag']) == (304, b'', tag)
    assert front.get(path, accept=JSON, headers={'If-Match': '"x"'}).status == 412
    others = {front.get(path, accept=XML).headers['etag'],
              front.get(f'/studies/{whole}', accept='*/*').headers['etag'],
              front.get(path, accept=JSON, headers={'Host': 'other.example'}).headers['etag']}
    assert len(others) == 3 and tag not in others


def test_refusals(front, whole):
    for path in ('/studies/1.2.3.4/metadata', f'/studies/{whole}/series/1.2.3/metadata'):
        assert front.get(path, accept=JSON).status == 404
    answer = front.get(f'/studies/{whole}/metadata', accept='application/dicom')
    assert answer.status == 406 and JSON in answer.text
    archive = 'application/zip;transfer-syntax=1.2.840.10008.1.2.4.80'
    assert front.get(f'/studies/{whole}/metadata?accept={archive}', accept='*/*').status == 406
    assert front.get(f'/studies/{whole}/metadata?accept=text/plain', headers={'Accept': None}).status == 406
    assert front.get(f'/studies/{whole}/metadata', accept='*/*', method='DELETE').status == 405
    assert front.get(f'/studies/{whole}/metadata?dicomdir=true', accept=JSON).status == 400
    assert front.get(f'/studies/{whole}/metadata?charset=KOI8-R', accept=JSON).status == 200


@pytest.fixture
def small(make_site, tmp_path, request):
    """small(files, **settings): a front end before a site of files {name: bytes}."""
    servers = []

    def make(files, kind='lighttpd-spawned', **settings):
        folder = harness.temporary('wzmeta-')
        for name, data in files.items():
            (folder / name).write_bytes(data)
            (folder / name).chmod(0o644)
        folder.chmod(0o755)
        site = make_site('meta', {'meta': folder}, **settings)
        site.index()
        servers.append(harness.front_end(kind, site).start())
        return servers[-1], folder
    yield make
    for server in servers:
        server.remove()


def ct():
    return (Path('/usr/lib/python3/dist-packages/pydicom/data/test_files') / 'CT_small.dcm').read_bytes()


def study_of(data):
    d = pydicom.dcmread(pydicom.filebase.DicomBytesIO(data))
    return f'/studies/{d.StudyInstanceUID}', f'/series/{d.SeriesInstanceUID}/instances/{d.SOPInstanceUID}'


def test_public_url(small):
    """Behind a proxy the address is a setting; a host that is none is refused."""
    front, _ = small({'one.dcm': ct()}, public_url='https://pacs.example.org/x')
    study, rest = study_of(ct())
    data_set, = reported(front, study)
    assert data_set['7FE00010']['BulkDataURI'] == f'https://pacs.example.org/x{study}{rest}/bulkdata/7FE00010'


def test_only_what_is_indexed_is_reported(small):
    """A changed file is an error before the status line; one that is gone, too; a client that has it already gets no error."""
    front, folder = small({'one.dcm': ct()})
    study, _ = study_of(ct())
    tag = front.get(f'{study}/metadata', accept=JSON).headers['etag']
    (folder / 'one.dcm').write_bytes(ct() + bytes(2))
    assert front.get(f'{study}/metadata', accept=JSON).status == 500
    assert front.get(f'{study}/metadata', accept=JSON, headers={'If-None-Match': tag}).status == 304
    (folder / 'one.dcm').unlink()
    assert front.get(f'{study}/metadata', accept=JSON).status == 500


def test_access(small):
    front, _ = small({'one.dcm': ct()}, access='none')
    assert front.get(f'{study_of(ct())[0]}/metadata', accept=JSON).status == 404


def deep(number):
    """An instance whose sequences lie too deep within each other to be shown."""
    d = pydicom.dcmread(pydicom.filebase.DicomBytesIO(ct()))
    item = pydicom.Dataset()
    for _ in range(70):
        around = pydicom.Dataset()
        around.ReferencedImageSequence = [item]
        item = around
    d.ReferencedImageSequence = [item]
    return numbered(d, number)


def numbered(d, number):
    d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = uid('deep', number)
    d.InstanceNumber = number
    out = pydicom.filebase.DicomBytesIO()
    d.save_as(out)
    return out.getvalue()


@pytest.mark.parametrize('kind', FRONT_ENDS)
def test_never_less_than_all(small, kind):
    """One instance whose metadata cannot be made is an error, wherever it comes: the whole is made before the status line."""
    plain = pydicom.dcmread(pydicom.filebase.DicomBytesIO(ct()))
    files = {f'{n}.dcm': numbered(plain, n) for n in range(1, 60)}
    front, _ = small({**files, 'deep.dcm': deep(60)}, kind=kind)
    study, rest = study_of(deep(60))
    answer = front.get(f'{study}{rest}/metadata', accept=JSON)
    assert answer.status == 500 and 'deep' not in answer.text, answer
    for kind in (JSON, XML):
        answer = front.get(f'{study}/metadata', accept=kind)
        assert (answer.exit, answer.status) == (0, 500), answer
