# SPDX-License-Identifier: MIT
"""Images that contradict their attributes, through a web server and in every form: nothing is lost, nothing is made up, and
no study is undeliverable because of an icon. What comes out is decoded by pydicom and gdcm."""
import email
import io
import json
import shutil
import zipfile
from email import policy

import fileset
import harness
import numpy
import pixel_cases
import pydicom
import pytest
from pixel_cases import EXPLICIT, IMPLICIT, JPEG, RLE

ZIP, DICOM = 'application/zip', 'multipart/related; type="application/dicom"'
COMPRESSED = [RLE, JPEG + '70', JPEG + '80', JPEG + '90']
SHARED = harness.REPO.parent / 'shared' / 'cases'


class Served:
    """The cases, each a study of its own, behind a web server."""

    def __init__(self, make, site):
        self.folder = harness.temporary('wzpixels-')
        self.cases = make(self.folder)
        self.site = site('pixels', {'r': self.folder})
        for path in self.folder.iterdir():
            path.chmod(0o644)
        self.result = self.site.index()
        self.server = harness.front_end('lighttpd-socket', self.site).start()

    def get(self, path, accept):
        return self.server.get(path, accept=accept)

    def member(self, case, syntax=None, query=''):
        """The only instance of a case's study, and its bytes."""
        accept = f'{ZIP};transfer-syntax={syntax}' if syntax else ZIP
        answer = self.get(f'/studies/{case.study}{query}', accept)
        assert (answer.exit, answer.status) == (0, 200), (case.name, syntax, answer, self.server.log()[-1500:])
        with zipfile.ZipFile(io.BytesIO(answer.data)) as z:
            assert z.testzip() is None
            data = z.read(next(n for n in z.namelist() if n != 'DICOMDIR'))
        return pydicom.dcmread(io.BytesIO(data)), data

    def remove(self):
        self.server.remove()
        self.site.remove()
        shutil.rmtree(self.folder)


def copy_shared(folder):
    for path in SHARED.glob('*.dcm'):
        shutil.copyfile(path, folder / path.name)
    cases = pixel_cases.shared(folder)
    for path in set(folder.iterdir()) - {c.path for c in cases}:
        path.unlink()
    return cases


@pytest.fixture(scope='module', params=['made up', 'shared'])
def served(request, pg):
    if request.param == 'shared' and not SHARED.is_dir():
        pytest.skip('../shared/cases is not here')

    def site(name, roots):
        return harness.Site(pg, f'cases_{name}_{request.param.replace(" ", "_")}', roots).migrate()
    made = Served(pixel_cases.made_up if request.param == 'made up' else copy_shared, site)
    yield made
    made.remove()


def check_pixels(case, d, where):
    """All frames of the case, within what lossy JPEG may change; the icon as it was, or none."""
    if case.pixels is None:
        assert 'PixelData' not in d, (case.name, where)
        return
    got = d.pixel_array
    assert got.shape == case.pixels.shape, (case.name, where, got.shape)
    assert got.dtype.kind == case.pixels.dtype.kind
    off = numpy.abs(got.astype('i4') - case.pixels.astype('i4')).max()
    assert off <= case.near, (case.name, where, off)
    if case.icon:
        assert d.IconImageSequence[0].PixelData == case.icon, (case.name, where)
    elif case.name.startswith('icon'):
        assert 'IconImageSequence' not in d, (case.name, where)


def declared_frames(case, d, stored):
    """Number of Frames is put right in what is made of the pixel data; what is passed on keeps it."""
    if case.pixels is not None and case.pixels.ndim == 3 and not stored and case.pixels.shape[-1] != 3:
        assert d.NumberOfFrames == len(case.pixels), case.name


def put_right(case, d):
    """Native frames that went through as they were keep their Number of Frames: the reader needs it."""
    if case.name.startswith(('more-frames-native', '06d')):
        d.NumberOfFrames = len(case.pixels)
    return d


def test_indexed(served):
    for case in served.cases:
        assert served.site.count(case.study) == 1, (case.name, served.result)


def test_default(served):
    for case in served.cases:
        d, data = served.member(case)
        stored = case.syntax in (EXPLICIT, JPEG + '50')
        assert d.file_meta.TransferSyntaxUID == (case.syntax if stored else EXPLICIT), case.name
        if stored:
            assert data == case.path.read_bytes(), case.name
            continue
        declared_frames(case, d, case.syntax == IMPLICIT)
        check_pixels(case, put_right(case, d), 'default')
        assert len(d.get('PixelData', b'')) % 2 == 0, case.name


def test_named_explicit(served):
    """Also what is stored lossy, decompressed: of JPEG the colour that its markers say."""
    for case in served.cases:
        d, _ = served.member(case, EXPLICIT)
        assert d.file_meta.TransferSyntaxUID == EXPLICIT
        check_pixels(case, put_right(case, d), EXPLICIT)


def test_as_stored(served):
    for case in served.cases:
        d, data = served.member(case, '*')
        if case.syntax == IMPLICIT:
            assert d.file_meta.TransferSyntaxUID == EXPLICIT
            check_pixels(case, d, '*')
        else:
            assert data == case.path.read_bytes(), case.name


@pytest.mark.parametrize('syntax', COMPRESSED)
def test_compressed(served, syntax):
    for case in served.cases:
        if not case.compressible:
            answer = served.get(f'/studies/{case.study}', f'{ZIP};transfer-syntax={syntax}')
            assert answer.status == 406 and 'Float' in answer.text, (case.name, answer, answer.text)
            continue
        d, data = served.member(case, syntax)
        stored = case.syntax == syntax
        assert d.file_meta.TransferSyntaxUID == (EXPLICIT if case.pixels is None else syntax), case.name
        if stored:
            assert data == case.path.read_bytes()
        else:
            declared_frames(case, d, False)
            check_pixels(case, d, syntax)


def test_multipart(served):
    for case in served.cases:
        for syntax in '*', EXPLICIT, RLE:
            answer = served.get(f'/studies/{case.study}', f'{DICOM};transfer-syntax={syntax}')
            if syntax == RLE and not case.compressible:
                assert answer.status == 406
                continue
            assert answer.status == 200, (case.name, syntax, answer)
            text = f'Content-Type: {answer.headers["content-type"]}\r\n\r\n'.encode() + answer.data
            part, = email.message_from_bytes(text, policy=policy.HTTP).iter_parts()
            d, data = served.member(case, syntax)
            assert part.get_payload(decode=True) == data, (case.name, syntax)
            assert d.file_meta.TransferSyntaxUID in part['content-type'], (case.name, part['content-type'])


def test_metadata(served):
    for case in served.cases:
        answer = served.get(f'/studies/{case.study}/metadata', 'application/dicom+json')
        assert answer.status == 200, (case.name, answer)
        one, = json.loads(answer.text)
        assert ('7FE00010' in one) == (case.pixels is not None), case.name
        if case.pixels is not None:
            assert one['7FE00010']['BulkDataURI'].endswith(f'{case.place}/bulkdata/7FE00010')


def test_zipped_metadata(served):
    for case in served.cases:
        answer = served.get(f'/studies/{case.study}', f'{ZIP};type="application/dicom+json"')
        assert answer.status == 200, (case.name, answer, served.server.log()[-1500:])
        with zipfile.ZipFile(io.BytesIO(answer.data)) as z:
            document = json.loads(z.read(next(n for n in z.namelist() if n.endswith('.json'))))
            if case.pixels is not None:
                uri = document['7FE00010']['BulkDataURI']
                name = next(n for n in z.namelist() if n.endswith(uri.removeprefix('./')))
                check_octets(case, z.read(name))
            assert ('00880200' in document) == (case.icon is not None), case.name


def check_octets(case, data):
    want = case.pixels.astype(case.pixels.dtype.newbyteorder('<')).tobytes()
    got = numpy.frombuffer(data[:len(want)], case.pixels.dtype).astype('i4')
    assert len(data) == len(want) + len(want) % 2, (case.name, len(data))
    assert numpy.abs(got - case.pixels.ravel().astype('i4')).max() <= case.near, case.name


def test_bulk_data(served):
    for case in served.cases:
        answer = served.get(f'{case.place}/bulkdata/7FE00010', 'application/octet-stream')
        assert answer.status == (404 if case.pixels is None else 200), (case.name, answer)
        if case.pixels is not None:
            check_octets(case, answer.data)


def test_media(served, tmp_path):
    """A File-set, whose directory names the transfer syntax that the member really has."""
    for case in served.cases:
        for syntax in EXPLICIT, JPEG + '80':
            if syntax != EXPLICIT and not case.compressible:
                continue
            answer = served.get(f'/studies/{case.study}?dicomdir=true', f'{ZIP};transfer-syntax={syntax}')
            assert answer.status == 200, (case.name, answer)
            folder = tmp_path / case.name / syntax
            folder.mkdir(parents=True)
            name, = fileset.unpack(answer.body, folder)
            d = fileset.read(folder / name)
            record = next(r for r in fileset.read(folder / 'DICOMDIR').DirectoryRecordSequence
                          if 'ReferencedTransferSyntaxUIDInFile' in r)
            assert record.ReferencedTransferSyntaxUIDInFile == d.file_meta.TransferSyntaxUID, case.name
            assert d.file_meta.TransferSyntaxUID == (EXPLICIT if case.pixels is None else syntax)
            if case.syntax != syntax:
                check_pixels(case, put_right(case, d), 'media')


def test_part_of_a_frame(make_site, tmp_path):
    """Native pixel data that ends within a frame is never compressed to fewer frames; zeros there are padding."""
    root = harness.temporary('wzpixels-')
    pixels = pixel_cases.smooth(16, 20)
    cases = []
    for name, rest in ('rest', b'\1' * 64), ('padding', bytes(64)):
        d = pixel_cases.data_set(name)
        pixel_cases.describe(d, pixels)
        pixel_cases.native(d, pixels.tobytes() + rest)
        cases.append(pixel_cases.Case(pixel_cases.save(d, root, name), pixels))
        cases[-1].path.chmod(0o644)
    site = make_site('rest', {'r': root})
    assert site.index().code == 0
    out = tmp_path / 'out.zip'
    refused = site.zip(cases[0].study, out, transfer_syntax=RLE)
    assert refused.code != 0 and 'part of a frame' in refused.err and not out.exists()
    assert site.zip(cases[1].study, out, transfer_syntax=RLE).code == 0
    with zipfile.ZipFile(out) as z:
        d = pydicom.dcmread(io.BytesIO(z.read(z.namelist()[0])))
    assert numpy.array_equal(d.pixel_array, pixels)
    assert site.zip(cases[0].study, tmp_path / 'stored.zip').code == 0
    shutil.rmtree(root)


def test_jpeg_that_nothing_decodes(make_site, tmp_path):
    """Refused at once: DCMTK would look for the frame header for ever."""
    root = harness.temporary('wzpixels-')
    cases = {}
    for name, marker in ('reserved', b'\xff\x03\xff\x01'), ('stuffed', b'\xff\x00'), ('ends', b'\xff\x01\xff\x01'):
        d = pixel_cases.data_set(name, JPEG + '50')
        pixel_cases.describe(d, pixel_cases.smooth(16, 20))
        code = pixel_cases.with_marker(b'\xff\xd8\xff\xc0\x00\x0b\x08\x00\x10\x00\x14\x01\x01\x11\x00', marker)
        pixel_cases.fragments(d, [code if name != 'ends' else code[:6] + bytes(64)])
        cases[name] = pixel_cases.Case(pixel_cases.save(d, root, name))
        cases[name].path.chmod(0o644)
    site = make_site('endless', {'r': root}, helper_seconds='20')
    assert site.index().code == 0
    for name, case in cases.items():
        refused = site.zip(case.study, tmp_path / name, transfer_syntax=EXPLICIT)
        assert refused.code != 0 and 'no frame header' in refused.err, (name, refused)
    shutil.rmtree(root)
