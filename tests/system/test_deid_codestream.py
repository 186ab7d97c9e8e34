# SPDX-License-Identifier: MIT
"""wadozip deid: text within compressed pixel data is blanked, samples and lengths stay. Pillow and pydicom judge."""
import io
import struct

import numpy
import pydicom
import pytest
from deid_cases import Deid, add_pixels, instance, write
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

MARK = b'Doe^Jane 1977'
EOI, SOS, SOT, SOD = 0xffd9, 0xffda, 0xff90, 0xff93
PICTURE = Image.fromarray(numpy.arange(64 * 64, dtype=numpy.uint32).reshape(64, 64).astype(numpy.uint8))


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    return Deid(tmp_path_factory.mktemp('deid'))


def jpeg(**options):
    out = io.BytesIO()
    PICTURE.save(out, 'JPEG', **options)
    return out.getvalue()


def j2k():
    out = io.BytesIO()
    PICTURE.save(out, 'JPEG2000', no_jp2=True)
    return out.getvalue()


def segment(marker, payload):
    return struct.pack('>HH', marker, len(payload) + 2) + payload


def at(codestream, marker, piece):
    """The codestream with a piece before the marker's first occurrence, and a right length of the tile-part."""
    place = codestream.index(struct.pack('>H', marker))
    if marker == SOD:
        size = codestream.index(struct.pack('>H', SOT)) + 6
        longer = struct.unpack('>I', codestream[size:size + 4])[0] + len(piece)
        codestream = codestream[:size] + struct.pack('>I', longer) + codestream[size + 4:]
    return codestream[:place] + piece + codestream[place:]


JPEG, J2K = jpeg(), j2k()
CASES = {
    'comment': (JPEGBaseline8Bit, jpeg(comment=MARK)),
    'exif': (JPEGBaseline8Bit, jpeg(exif=b'Exif\0\0' + MARK * 9)),
    'thumbnail': (JPEGBaseline8Bit, JPEG[:4] + struct.pack('>H', 16 + 39) + JPEG[6:18] + b'\1\r' + MARK * 3 + JPEG[20:]),
    'colour': (JPEGBaseline8Bit, at(JPEG, SOS, segment(0xffee, b'Adobe\0d\0\0\0\0\0' + MARK))),
    'between scans': (JPEGBaseline8Bit, at(JPEG, EOI, segment(0xfffe, MARK))),
    'markers without a length': (JPEGBaseline8Bit, at(JPEG, EOI, segment(0xfffe, b'') + b'\xff\xd0\xff\1'
                                                      + segment(0xfffe, MARK))),
    'after the end': (JPEGBaseline8Bit, JPEG + MARK + b'!'),
    'main header': (JPEG2000Lossless, at(J2K, SOT, segment(0xff64, b'\0\1' + MARK))),
    'tile-part': (JPEG2000Lossless, at(J2K, SOD, segment(0xff64, b'\0\1' + MARK))),
    'encoder and more': (JPEG2000Lossless, at(J2K, SOT, segment(0xff64, b'\0\1Kakadu-v5.2 ' + MARK))),
    'after the end of JPEG 2000': (JPEG2000Lossless, J2K + MARK),
}


def compressed(folder, fragments, syntax):
    d = add_pixels(instance())
    d.Rows = d.Columns = 64
    d.NumberOfFrames = 1
    d.PixelData = encapsulate([fragments]) if isinstance(fragments, bytes) else b''.join(
        [b'\xfe\xff\0\xe0' + struct.pack('<I', len(f)) + f for f in [b'', *fragments]])
    d['PixelData'].VR, d['PixelData'].is_undefined_length = 'OB', True
    return write(folder / 'in.dcm', d, syntax)


def fragments_of(made):
    """Those after the offset table."""
    value, found = pydicom.dcmread(io.BytesIO(made)).PixelData, []
    while value[:4] == b'\xfe\xff\0\xe0':
        size, = struct.unpack('<I', value[4:8])
        found.append(value[8:8 + size])
        value = value[8 + size:]
    return found[1:]


def samples(codestream):
    return numpy.asarray(Image.open(io.BytesIO(codestream))).tobytes()


@pytest.mark.parametrize('name', CASES)
def test_text_is_blanked(work, name):
    syntax, codestream = CASES[name]
    codestream += b'\0' * (len(codestream) % 2)
    path = compressed(work.folder, codestream, syntax)
    assert MARK in path.read_bytes()
    made = work.made(path)
    assert MARK not in made and MARK[1:6] not in made
    result, = fragments_of(made)
    assert len(result) == len(codestream) and samples(result) == samples(codestream)
    if name == 'colour':
        assert b'Adobe\0d\0\0\0\0\0' in result
    assert result[:4] == codestream[:4] and (b'JFIF' in result) == (b'JFIF' in codestream)


@pytest.mark.parametrize('cut', [2, 3, 4, 10, 20, 0])
def test_text_in_two_fragments(work, cut):
    """A comment whose marker, length or text continues in the next fragment; 0: the first one has only eight bytes."""
    codestream = at(JPEG, SOS, segment(0xfffe, MARK + b'!'))
    codestream += b'\0' * (len(codestream) % 2)
    place = codestream.index(MARK) - 4 + cut if cut else 8
    place -= place % 2
    made = work.made(compressed(work.folder, [codestream[:place], codestream[place:]], JPEGBaseline8Bit))
    fragments = fragments_of(made)
    assert MARK[5:] not in made and MARK[:5] not in made and len(fragments) == 2
    assert samples(b''.join(fragments)) == samples(codestream)


def test_pixel_data_without_text_stays_as_it_is(work):
    """Names of encoders are no text: the bytes, also of padding, are those of the file."""
    assert b'OpenJPEG' in J2K
    for syntax, codestream in (JPEGBaseline8Bit, JPEG + b'\xff\xff'), (JPEG2000Lossless, J2K + b'\0\0'):
        codestream += b'\0' * (len(codestream) % 2)
        made = work.made(compressed(work.folder, codestream, syntax))
        assert codestream in made


def test_boxes_are_refused(work):
    out = io.BytesIO()
    PICTURE.save(out, 'JPEG2000')
    path = compressed(work.folder, out.getvalue() + b'\0' * (len(out.getvalue()) % 2), JPEG2000Lossless)
    got = work.cli('file', path, work.folder / 'boxes.dcm', '--key', work.folder / 'key')
    assert got.code == 1 and 'may contain text' in got.err
