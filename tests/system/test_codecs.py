# SPDX-License-Identifier: MIT
"""Damaged codestreams: no codec's word that it has succeeded is taken for the samples. What is cut is refused, and what
OpenJPEG 2.5.3 decodes otherwise in its strict mode comes out right.

build/unit/helper/convert is the tool that hands files to wadozip-dicom.
"""
import struct
import warnings
import zlib

import numpy
import pydicom
import pytest
from conftest import PYDICOM
from pydicom.encaps import encapsulate, generate_pixel_data
from test_convert import EXPLICIT, JPEG, convert

RLE, DEFLATED_FRAMES = '1.2.840.10008.1.2.5', '1.2.840.10008.1.2.8.1'
MADE = [RLE, JPEG + '70', JPEG + '80', JPEG + '81', JPEG + '90', JPEG + '91']
EIGHT_BITS = [JPEG + '50']
HELD_BACK = 'damaged|ends early|segments|cannot be decompressed'


def image(path, bits):
    """CT_small, or its lowest 8 bits."""
    d = pydicom.dcmread(sorted(PYDICOM.rglob('CT_small.dcm'))[0])
    if bits == 8:
        pixels = (d.pixel_array >> 3).clip(0, 255).astype('u1')
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 8, 8, 7, 0
        d.PixelData = pixels.tobytes()
    d.save_as(path)
    return path


@pytest.fixture(scope='module')
def compressed(tmp_path_factory):
    """Transfer syntax -> a file in it, and its codestream."""
    folder = tmp_path_factory.mktemp('compressed')
    made = {}
    for syntax in MADE + EIGHT_BITS:
        path = image(folder / f'{syntax}.native', 8 if syntax in EIGHT_BITS else 16)
        (folder / syntax).mkdir()
        result, reason = convert(syntax, [path], folder / syntax)[str(path)]
        assert result, reason
        d = pydicom.dcmread(result)
        made[syntax] = (result, b''.join(next(generate_pixel_data(d.PixelData))))
    return made


def with_codestream(original, data, path):
    d = pydicom.dcmread(original)
    d.PixelData = encapsulate([data + bytes(len(data) % 2)])
    d['PixelData'].VR, d['PixelData'].is_undefined_length = 'OB', True
    d.save_as(path)
    return path


def cuts(syntax, data):
    """The codestream cut at some places, bare and with the marker that ends it."""
    ends = {RLE: [b'']}.get(syntax, [b'', b'\xff\xd9'])
    for tenth in range(1, 10):
        for end in ends:
            yield data[:len(data) * tenth // 10] + end


@pytest.mark.parametrize('syntax', MADE + EIGHT_BITS)
def test_cut(syntax, compressed, tmp_path):
    original, data = compressed[syntax]
    files = [with_codestream(original, part, tmp_path / f'{n}.dcm') for n, part in enumerate(cuts(syntax, data))]
    done = convert(EXPLICIT, files, tmp_path)
    taken = [path.name for path in files if done[str(path)][0]]
    assert taken == []
    for path in files:
        assert any(word in done[str(path)][1] for word in HELD_BACK.split('|')), done[str(path)]


def test_hole(compressed, tmp_path):
    """Bytes missing in the middle of entropy-coded data: libjpeg warns, fills the rest up and reports success."""
    for syntax in EIGHT_BITS + [JPEG + '70']:
        original, data = compressed[syntax]
        files = [with_codestream(original, data[:len(data) * n // 10] + data[len(data) * (n + 1) // 10:],
                                 tmp_path / f'{syntax}-{n}.dcm') for n in range(2, 9)]
        done = convert(EXPLICIT, files, tmp_path)
        assert [p.name for p in files if done[str(p)][0]] == []


def test_missing_tile(compressed, tmp_path):
    """A second tile, or a second tile-part, that the header tells of and that is not there."""
    original, data = compressed[JPEG + '90']
    siz, sot = data.index(b'\xff\x51'), data.index(b'\xff\x90')
    width = struct.unpack('>I', data[siz + 22:siz + 26])[0]
    two_tiles = data[:siz + 22] + struct.pack('>I', width // 2) + data[siz + 26:]
    two_parts = data[:sot + 11] + b'\2' + data[sot + 12:]
    for n, part in enumerate([two_tiles, two_parts]):
        path = with_codestream(original, part, tmp_path / f'{n}.dcm')
        assert 'tile-part is missing' in convert(EXPLICIT, [path], tmp_path)[str(path)][1]
    whole = with_codestream(original, data, tmp_path / 'whole.dcm')
    assert convert(EXPLICIT, [whole], tmp_path)[str(whole)][0]


def test_no_end_marker(compressed, tmp_path):
    """Only the marker behind the last tile-part is missing: all samples are there."""
    original, data = compressed[JPEG + '90']
    end = data.rindex(b'\xff\xd9')
    path = with_codestream(original, data[:end], tmp_path / 'endless.dcm')
    result, reason = convert(EXPLICIT, [path], tmp_path)[str(path)]
    assert result, reason
    native = pydicom.dcmread(sorted(PYDICOM.rglob('CT_small.dcm'))[0])
    assert numpy.array_equal(pydicom.dcmread(result).pixel_array, native.pixel_array)


def test_text_gbr(full_source, tmp_path):
    """Of this file OpenJPEG 2.5.3 in strict mode reports success with 31,847 of 480,000 other samples."""
    path = full_source / 'pydicom' / 'test_files' / 'GDCMJ2K_TextGBR.dcm'
    result, reason = convert(EXPLICIT, [path], tmp_path)[str(path)]
    assert result, reason
    d = pydicom.dcmread(path)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        d.decompress('gdcm')
    assert numpy.array_equal(pydicom.dcmread(result).pixel_array, d.pixel_array)


def renamed(path, syntax):
    """The same file called another transfer syntax, which pydicom need not know, in place of JPEG-LS."""
    data = path.read_bytes()
    called = (JPEG + '80').encode()
    assert len(called) == len(EXPLICIT + '.98') and data.count(called) == 1
    path.write_bytes(data.replace(called, syntax.encode().ljust(len(called), b'\0')))
    return path


def test_more_than_a_frame(tmp_path):
    """A deflated or plain frame with more behind it than padding holds frames that nothing tells of."""
    native = pydicom.dcmread(image(tmp_path / 'native.dcm', 16))
    raw = native.PixelData
    packer = zlib.compressobj(wbits=-15)
    native.file_meta.TransferSyntaxUID = JPEG + '80'
    native.PixelData = encapsulate([raw])
    native['PixelData'].VR, native['PixelData'].is_undefined_length = 'OB', True
    native.save_as(tmp_path / 'base.dcm')
    for syntax, data in ((DEFLATED_FRAMES, packer.compress(raw) + packer.flush()), (EXPLICIT + '.98', raw)):
        parts = {'whole': data, 'more': data + b'\1' * len(data), 'short': data[:len(data) // 2]}
        files = {n: renamed(with_codestream(tmp_path / 'base.dcm', part, tmp_path / f'{syntax}-{n}.dcm'), syntax)
                 for n, part in parts.items()}
        done = convert(EXPLICIT, list(files.values()), tmp_path)
        assert pydicom.dcmread(done[str(files['whole'])][0]).PixelData == raw
        assert 'more than one frame' in done[str(files['more'])][1] and done[str(files['short'])][0] is None


@pytest.mark.parametrize('syntax', [RLE, JPEG + '70', JPEG + '80', JPEG + '90'])
@pytest.mark.parametrize('bits', [8, 16])
def test_noise(tmp_path, syntax, bits):
    """Samples that no codec makes smaller: the codestream is larger than the uncompressed frame, and decodes to it."""
    d = pydicom.dcmread(image(tmp_path / 'noise.dcm', bits))
    noise = numpy.random.default_rng(bits).bytes(d.Rows * d.Columns * bits // 8)
    d.PixelData, d.BitsStored, d.HighBit = noise, bits, bits - 1
    d.save_as(tmp_path / 'noise.dcm')
    (tmp_path / 'made').mkdir()
    made, reason = convert(syntax, [tmp_path / 'noise.dcm'], tmp_path / 'made')[str(tmp_path / 'noise.dcm')]
    assert made, reason
    back, reason = convert(EXPLICIT, [made], tmp_path)[str(made)]
    assert back, reason
    assert pydicom.dcmread(back).PixelData == noise
