# SPDX-License-Identifier: MIT
"""deid.NAME.pixels = withhold: images that may show names are sent with other pixels. pydicom, DCMTK and Pillow judge."""
import io
import re
import shutil
import subprocess
import warnings

import harness
import numpy
import pydicom
import pytest
from corpus import uid
from deid_cases import instance, write
from frames import EXPLICIT, MPEG4, OCTETS, PARTS, RLE, encapsulated, parts_of
from PIL import Image
from pydicom.encaps import decode_data_sequence, encapsulate
from pydicom.pixel_data_handlers.util import convert_color_space
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian,
                         RLELossless)
from test_deid_http import MARKED, Place, body, members

warnings.simplefilter('ignore', UserWarning)
NOTE = 'Pixel data withheld, because it may show names'
SECONDARY, MULTIFRAME = '1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.5.1.4.1.1.7.2'
JPEG, LOSSLESS, LS, J2K = (f'1.2.840.10008.1.2.4.{n}' for n in (50, 70, 80, 90))
RISKY = uid('risky')
COMPRESSED = f'/studies/{uid("rle")}/series/{uid("rle", 1)}/instances/{uid("rle", 1, 0)}'
SECOND = f'/studies/{RISKY}/series/{uid("risky", 1)}/instances/{uid("risky", 1, 2)}'
NATIVE = {'plain': {}, 'implicit': {'syntax': ImplicitVRLittleEndian}, 'big': {'syntax': ExplicitVRBigEndian},
          'deflated': {'syntax': DeflatedExplicitVRLittleEndian}, 'colour': {'samples': 3},
          'planes': {'samples': 3, 'plane': 1}, 'frames': {'frames': 3}, 'palette': {'palette': True},
          'signed': {'bits': 16, 'stored': 12, 'sign': 1}, 'odd': {'rows': 3, 'columns': 5},
          'bitmap': {'bits': 1, 'stored': 1, 'columns': 13}}


def picture(samples=1, plane=0, frames=0, bits=8, stored=None, sign=0, palette=False, rows=40, columns=30):  # noqa: PLR0913
    """A secondary capture: of its class, so that it may show names."""
    d = instance('1.2.3.4.7', SOPClassUID=MULTIFRAME if frames else SECONDARY)
    d.Modality, d.ConversionType, d.ImageType = 'OT', 'WSD', ['ORIGINAL', 'PRIMARY', 'X']
    d.Rows, d.Columns, d.SamplesPerPixel, d.BitsAllocated, d.BitsStored = rows, columns, samples, bits, stored or bits
    d.HighBit, d.PixelRepresentation = d.BitsStored - 1, sign
    d.PhotometricInterpretation = 'RGB' if samples == 3 else 'PALETTE COLOR' if palette else 'MONOCHROME2'
    if samples == 3:
        d.PlanarConfiguration = plane
    if frames:
        d.NumberOfFrames = frames
    for colour in ('Red', 'Green', 'Blue') if palette else ():
        setattr(d, f'{colour}PaletteColorLookupTableDescriptor', [4, 0, 8])
        setattr(d, f'{colour}PaletteColorLookupTableData', b'\x55\x55\x77\x77')
    size = (rows * columns * samples * bits * (frames or 1) + 7) // 8
    d.PixelData = b'\x33' * (size + size % 2)
    d.SmallestImagePixelValue = d.LargestImagePixelValue = 51
    return d


def named(name, d):
    """The data set with UIDs of its own."""
    d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID = uid(name), uid(name, 1), uid(name, 1, 0)
    return d


def cross(d, shape):
    """The pixels that show that others were withheld."""
    want = numpy.zeros((shape[0], shape[1]), numpy.int64)
    for row in range(shape[0] if d.BitsAllocated > 1 else 0):
        column = row * shape[1] // shape[0]
        want[row, column] = want[row, shape[1] - 1 - column] = (1 << (d.BitsStored - d.PixelRepresentation)) - 1
    return want


def check(d, lossy=False):
    """All frames are withheld, and the data set says so."""
    array = d.pixel_array
    if lossy:
        array = convert_color_space(array, d.PhotometricInterpretation, 'RGB')
    array = array if d.get('NumberOfFrames', 1) > 1 else array[None]
    want = cross(d, array.shape[1:3])
    if array.ndim == 4:
        want = numpy.stack([want] * 3, -1)
    for frame in array:
        assert numpy.abs(frame.astype(numpy.int64) - want).mean() < 8 if lossy else numpy.array_equal(frame, want)
    assert (d.BurnedInAnnotation, d.DerivationDescription, d.ImageType[0]) == ('NO', NOTE, 'DERIVED')
    assert '113101' in [c.CodeValue for c in d.DeidentificationMethodCodeSequence]
    assert 'SmallestImagePixelValue' not in d and 'RedPaletteColorLookupTableData' not in d


@pytest.fixture(scope='module')
def place(pg):
    folder = harness.temporary('wzwithhold-')
    (folder / 'video.dcm').write_bytes(encapsulated('video', [b'MARKED' * 10], 3, syntax=MPEG4, sop_class=SECONDARY))
    colour = picture(samples=3, frames=2, rows=64, columns=48)
    write(folder / 'sc.dcm', named('sc', colour))
    colour.compress(RLELossless)
    write(folder / 'rle.dcm', named('rle', colour), RLELossless)
    write(folder / 'large.dcm', named('large', picture(frames=40, rows=1024, columns=1024)))
    for file in folder.glob('*.dcm'):
        file.chmod(0o644)
    it = Place(pg, folder, 'deidwithhold')
    yield it
    it.remove()
    shutil.rmtree(folder)


def withheld(place, path, *options):
    out = place.folder.parent / 'withheld.dcm'
    out.unlink(missing_ok=True)
    done = place.site.cli('deid', 'file', path, out, '--key', place.keys['basic'], '--withhold-pixels', *options)
    return out if done.code == 0 else done


def dumps(path):
    """DCMTK reads it without a word."""
    done = subprocess.run(['dcmdump', path], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0 and not re.search(rb'^[WEF]: ', done.stdout, re.M)


@pytest.mark.parametrize('name', NATIVE)
def test_native_pixels(place, tmp_path, name):
    options = dict(NATIVE[name])
    syntax = options.pop('syntax', ExplicitVRLittleEndian)
    source = write(tmp_path / 'in.dcm', picture(**options), syntax)
    d = pydicom.dcmread(source)
    assert place.site.cli('deid', 'file', source, tmp_path / 'no', '--key', place.keys['basic']).code == 1
    out = withheld(place, source)
    after = pydicom.dcmread(out)
    check(after)
    assert after.file_meta.TransferSyntaxUID == EXPLICIT and b'3' * 8 not in out.read_bytes()
    assert (after.Rows, after.Columns, after.get('NumberOfFrames')) == (d.Rows, d.Columns, d.get('NumberOfFrames'))
    assert after.SamplesPerPixel == d.SamplesPerPixel and after.get('PlanarConfiguration', 0) == 0 and dumps(out)


@pytest.mark.parametrize('syntax', [RLE, JPEG, LOSSLESS, LS, J2K])
def test_compressed_pixels(place, tmp_path, syntax):
    """The transfer syntax stays, since everything that is said before about the member names it."""
    source = tmp_path / 'in.dcm'
    if syntax == JPEG:  # which the service does not make of other files
        picture_of = io.BytesIO()
        Image.new('RGB', (48, 64), (9, 99, 199)).save(picture_of, 'JPEG')
        d = picture(samples=3, frames=2, rows=64, columns=48)
        d.PixelData, d.PhotometricInterpretation = encapsulate([picture_of.getvalue()] * 2), 'YBR_FULL_422'
        d['PixelData'].is_undefined_length = True
        write(source, d, syntax)
    else:
        archive = tmp_path / 'a.zip'
        got = place.site.cli('zip', uid('sc'), '-o', archive, '--transfer-syntax', syntax)
        assert got.code == 0, got
        source.write_bytes(*members(archive.read_bytes()).values())
    before = pydicom.dcmread(source)
    out = withheld(place, source)
    after = pydicom.dcmread(out)
    assert before.file_meta.TransferSyntaxUID == after.file_meta.TransferSyntaxUID == syntax and dumps(out)
    check(after, lossy=syntax == JPEG)


def test_documents(place, tmp_path):
    d = instance('1.2.3.4.8', SOPClassUID='1.2.840.10008.5.1.4.1.1.104.1')
    d.Modality, d.BurnedInAnnotation, d.MIMETypeOfEncapsulatedDocument = 'DOC', 'YES', 'application/pdf'
    d.EncapsulatedDocument, d.EncapsulatedDocumentLength = b'%PDF-1.4 Doe^Jane ', 17
    after = pydicom.dcmread(withheld(place, write(tmp_path / 'in.dcm', d)))
    pdf = after.EncapsulatedDocument[:after.EncapsulatedDocumentLength]
    assert after.BurnedInAnnotation == 'NO' and b'Doe' not in pdf and NOTE.encode() in pdf and pdf.endswith(b'%%EOF\n')
    for n, offset in enumerate(re.findall(rb'(\d{10}) 00000 n', pdf), 1):
        assert pdf[int(offset):].startswith(b'%d 0 obj' % n)
    assert pdf[int(re.search(rb'startxref\n(\d+)', pdf)[1]):].startswith(b'xref')
    d.MIMETypeOfEncapsulatedDocument = 'text/XML'
    assert pydicom.dcmread(withheld(place, write(tmp_path / 'in.dcm', d))).EncapsulatedDocument == b'\0\0'


def test_what_cannot_be_replaced_is_refused(place):
    done = withheld(place, place.folder / 'video.dcm')
    assert done.code == 1 and 'transfer syntax cannot be written here' in done.err
    got = place.get(f'{uid("video")}?deidentify=withhold')
    assert got.status == 406 and 'may show names' in got.text and 'cannot be written here' in got.text


def test_over_http(place):
    """Length, tag and ranges are exact; the members are those of the command; other instances keep their pixels."""
    path = f'{RISKY}?deidentify=withhold&manifest=sha256'
    got = place.get(path)
    data, tag = body(got), got.headers['etag']
    assert got.headers['content-length'] == str(len(data))
    files = members(data)
    files.pop('MANIFEST.sha256')
    first, second = (pydicom.dcmread(io.BytesIO(m)) for m in files.values())
    assert first.PixelData == pydicom.dcmread(place.folder / 'risky' / '001.dcm').PixelData
    assert 'DerivationDescription' not in first and '113101' not in [
        c.CodeValue for c in first.DeidentificationMethodCodeSequence]
    check(second)
    assert files.popitem()[1] == withheld(place, place.folder / 'risky' / '002.dcm').read_bytes()
    for at in range(0, len(data), len(data) // 11):
        part = place.get(path, '--range', f'{at}-{at + 900}', headers={'If-Range': tag})
        assert part.status == 206 and part.data == data[at:at + 901]
    head = place.get(path, method='HEAD')
    assert (head.headers['etag'], head.headers['content-length']) == (tag, str(len(data)))
    assert place.get(f'{RISKY}?deidentify=basic').status == 406


@pytest.mark.parametrize('syntax', [RLE, J2K])
def test_converted_members(place, syntax):
    got = place.get(f'{RISKY}?deidentify=withhold&accept=application/zip%3Btransfer-syntax%3D{syntax}', accept=None)
    second = [pydicom.dcmread(io.BytesIO(m)) for m in members(body(got)).values()][1]
    assert second.file_meta.TransferSyntaxUID == syntax
    check(second)


def test_large_images_need_the_memory_of_one_frame(place):
    """40 MB of pixels go through the spool file."""
    got = members(body(place.get(f'{uid("large")}?deidentify=withhold')))
    d = pydicom.dcmread(io.BytesIO(*got.values()))
    assert len(d.PixelData) == 40 << 20
    check(d)


@pytest.mark.parametrize('accept', [PARTS, OCTETS, f'{PARTS}; transfer-syntax=*'])
def test_frames(place, accept):
    got = place.server.get(f'{SECOND}/frames/1?deidentify=withhold', accept=accept)
    assert got.status == 200
    data = got.data if accept == OCTETS else parts_of(got, got.data)[0][1]
    d = pydicom.dcmread(withheld(place, place.folder / 'risky' / '002.dcm'))
    assert data == d.PixelData[:len(data)] and len(data) == d.Rows * d.Columns * 2
    original = place.server.get(f'{SECOND}/frames/1?deidentify=trust', accept=accept)
    assert original.status == 200 and original.data != got.data and original.headers['etag'] != got.headers['etag']


def test_compressed_frames(place):
    """As stored they are those of the withheld file, not ranges of the original."""
    whole = pydicom.dcmread(withheld(place, place.folder / 'rle.dcm'))
    fragments = decode_data_sequence(whole.PixelData)
    for accept, want in ((f'{PARTS}; transfer-syntax=*', fragments[1]), (PARTS, whole.pixel_array[1].tobytes())):
        got = place.server.get(f'{COMPRESSED}/frames/2?deidentify=withhold', accept=accept)
        assert got.status == 200
        (kind, data), = parts_of(got, got.data)
        assert data == want and kind.endswith(RLE if '*' in accept else EXPLICIT)


@pytest.mark.parametrize('path', ['rendered', 'thumbnail'])
def test_images(place, path):
    got = place.server.get(f'{SECOND}/{path}?deidentify=withhold', accept='image/png')
    assert got.status == 200
    image = numpy.asarray(Image.open(io.BytesIO(got.data)).convert('L'))
    assert image[0, 0] == image[-1, -1] == image.max() > image[0, image.shape[1] // 2]


def test_report(place):
    got = place.site.cli('deid', 'report', RISKY, '--deidentify', 'withhold')
    assert got.code == 0 and 'of 1 kept' in got.out and 'of 1 withheld' in got.out
    assert re.search(r'\(7FE0,0010\) +PixelData +OW +withheld +1 ', got.out)


def test_marked_files_are_not_withheld(place):
    assert members(body(place.get(f'{MARKED}?deidentify=withhold'))).keys() == members(
        body(place.get(f'{MARKED}?deidentify=basic'))).keys()
