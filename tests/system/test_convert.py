# SPDX-License-Identifier: MIT
"""Conversions over every real file: what comes out is read by pydicom (with gdcm) and by dciodvfy beside the original.

build/unit/helper/convert is the tool that hands files to wadozip-dicom.
"""
import os
import pickle
import re
import struct
import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy
import pydicom
import pytest
from pydicom.pixel_data_handlers.rle_handler import rle_encode_frame

import harness
from conftest import PYDICOM, dicom_source

EXPLICIT = '1.2.840.10008.1.2.1'
DEFLATED = '1.2.840.10008.1.2.1.99'
JPEG = '1.2.840.10008.1.2.4.'
LOSSLESS = [EXPLICIT, DEFLATED, '1.2.840.10008.1.2.5', JPEG + '70', JPEG + '80', JPEG + '90']
LOSSY = {JPEG + '50': 'ISO_10918_1', JPEG + '81': 'ISO_14495_1', JPEG + '91': 'ISO_15444_1'}
DERIVED = 'derived-malformed'

# Attributes that a conversion may change: how pixels are to be understood, not what they are.
CHANGED = {0x00280004, 0x00280006, 0x00282110, 0x00282112, 0x00282114, 0x00080008, 0x7fe00001, 0x7fe00002, 0x7fe00010}
# pydicom does not swap OW values (look-up tables) of Big Endian files.
UNSWAPPED = range(0x00281101, 0x00281224)
# Files that cannot be converted, each with what is said: ambiguous, or damaged.
REFUSED = {
    'rtdose_expb.dcm': 'byte order', 'rtdose_expb_1frame.dcm': 'byte order', 'SC_rgb_expb_32bit.dcm': 'byte order',
    'SC_rgb_expb_32bit_2frame.dcm': 'byte order', 'bad_sequence.dcm': 'no legal',
    'JPEG2000-embedded-sequence-delimiter.dcm': 'JPEG 2000 data', 'MR_truncated.dcm': 'ends in the middle',
    'SC_rgb_jpeg.dcm': 'ends in the middle|Item missing', 'rtplan_truncated.dcm': 'ends early',
}
# High-Throughput JPEG 2000, which neither pydicom 2.3 nor gdcm 3.0 nor DCMTK reads: only that it is converted is tested.
UNREADABLE = [JPEG + '201', JPEG + '203']
# What pydicom 2.3 with gdcm 3.0 decodes differently or not at all, and the file that has the same pixels.
SAME = {
    'liver_j2k.dcm': 'liver.dcm', 'liver_rle.dcm': 'liver.dcm', 'liver_deflate.dcm': 'liver.dcm',
    'liver_nonbyte_aligned_j2k.dcm': 'liver_nonbyte_aligned.dcm',
    'liver_nonbyte_aligned_rle.dcm': 'liver_nonbyte_aligned.dcm',
    'liver_nonbyte_aligned_deflate.dcm': 'liver_nonbyte_aligned.dcm',
    'emri_small_jpeg_2k_lossless_too_short.dcm': 'emri_small_jpeg_2k_lossless.dcm',  # without final delimiter
    'SC_rgb_small_odd_big_endian.dcm': 'SC_rgb_small_odd.dcm', 'OBXXXX1A_expb.dcm': 'OBXXXX1A_rle.dcm',
}


def readable():
    """Every file that DCMTK loads and that has the UIDs of an instance, and is not made to break parsers."""
    folder = dicom_source()[0]
    found = []
    for path in sorted(p for p in folder.rglob('*') if p.is_file() and p.suffix not in ('.txt', '.md', '.tsv')):
        if DERIVED in path.parts or path.name == 'badVR.dcm':  # pydicom 2.3 fails to say what is wrong with that one
            continue
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            try:
                d = pydicom.dcmread(path, force=True, stop_before_pixels=True)
            except Exception:  # pylint: disable=broad-except
                continue
            if d.get('SOPInstanceUID') and d.get('SOPClassUID') and 'DirectoryRecordSequence' not in d:
                found.append(path)
    return found


def convert(target, files, folder):
    """{file: (result or None, reason)}"""
    tool = harness.BUILD / 'unit' / 'helper' / 'convert'
    out = subprocess.run([str(tool), target, str(folder)], input='\n'.join(map(str, files)) + '\n', check=True,
                         stdout=subprocess.PIPE, encoding='utf-8').stdout
    rows = [line.split('\t') for line in out.splitlines()]
    assert len(rows) == len(files)
    return {name: (text, '') if how == 'ok' else (None, text) for name, how, text in rows}


def answer_and_exit(fd, function, *args):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter('ignore')
    try:
        found = function(*args)
    except BaseException as e:  # pylint: disable=broad-except
        found = [f'{type(e).__name__}: {e}'[:200]]
    with os.fdopen(fd, 'wb') as f:
        pickle.dump(found, f)
    os._exit(0)


def in_child(function, *args):
    """gdcm crashes on some files: what is asked of it is asked in a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        answer_and_exit(write, function, *args)
    os.close(write)
    with os.fdopen(read, 'rb') as f:
        data = f.read()
    os.waitpid(pid, 0)
    return pickle.loads(data) if data else ['the reader crashed']


def differences(a, b, where=''):
    """Attributes that are not the same, group lengths and CHANGED aside; a value may have got its VR by the dictionary."""
    tags = {t for t in [*a.keys(), *b.keys()] if t.element != 0 and int(t) not in CHANGED}
    for tag in sorted(tags):
        if tag not in a or tag not in b:
            yield f'{where}{tag} is only in one'
        elif a[tag].VR == 'SQ' and b[tag].VR == 'SQ' and len(a[tag].value) == len(b[tag].value):
            for i, pair in enumerate(zip(a[tag].value, b[tag].value)):
                yield from differences(*pair, f'{where}{tag}[{i}].')
        elif (a[tag].value or None) != (b[tag].value or None):
            if a.is_little_endian or int(tag) not in UNSWAPPED:
                yield f'{where}{tag} {a[tag].VR} {b[tag].VR} {str(a[tag].value)[:40]} {str(b[tag].value)[:40]}'


def samples(d):
    """Pixel values as they count: those within Bits Stored, with their sign."""
    array = d.pixel_array
    unused = d.BitsAllocated - d.BitsStored
    if d.BitsAllocated > 1 and unused and d.HighBit + 1 == d.BitsStored:
        array = (array << unused) >> unused
    return array


def pixel_problems(original, a, result, b):
    if original.name in SAME:
        a = pydicom.dcmread(original.with_name(SAME[original.name]))
    if 'PixelData' not in a:
        return []
    if b.BitsStored < 8 and b.file_meta.TransferSyntaxUID in (JPEG + '70', JPEG + '90'):
        return []  # on less than 8 bits gdcm 3.0 crashes; tests/unit/helper/convert.c goes there and back
    if b.PhotometricInterpretation == 'RGB' and a.PhotometricInterpretation.startswith('YBR_FULL'):
        return rgb_problems(original, result, b)
    if a.PhotometricInterpretation.startswith('YBR_FULL') and not b.PhotometricInterpretation.startswith('YBR_FULL'):
        return []  # decompressed to RGB, then compressed: the uncompressed result is compared
    x, y = samples(a), samples(b)
    if x.shape != y.shape or x.dtype.kind != y.dtype.kind or not numpy.array_equal(x, y):
        return [f'pixels: {x.shape} {x.dtype} {y.shape} {y.dtype} {numpy.count_nonzero(x.ravel()[:9] != y.ravel()[:9])}']
    return []


def rgb_problems(original, result, b):
    """Colour of lossy JPEG comes out as RGB; the second opinion is DCMTK's own tool."""
    theirs = f'{result}.dcmdjpeg'
    subprocess.run(['dcmdjpeg', '-q', '+px', str(original), theirs], check=True)
    c = pydicom.dcmread(theirs)
    os.unlink(theirs)
    return [] if numpy.array_equal(b.pixel_array, c.pixel_array) else ['pixels are not those of dcmdjpeg']


def problems(original, result, target):
    a, b = pydicom.dcmread(original, force=True), pydicom.dcmread(result)
    found = [] if open(result, 'rb').read(128) == bytes(128) else ['preamble']
    has_pixels = target in (EXPLICIT, DEFLATED) or 'PixelData' in b
    syntax = target if has_pixels else EXPLICIT
    if b.file_meta.TransferSyntaxUID != syntax or b.file_meta.MediaStorageSOPInstanceUID != b.SOPInstanceUID:
        found.append('meta header')
    if b.file_meta.get('ImplementationVersionName') != 'WADOZIP_010':
        found.append('implementation')
    found += list(differences(a, b))
    if a.file_meta.get('TransferSyntaxUID') in (None, '', *UNREADABLE):
        return found
    return found + pixel_problems(original, a, result, b)


@pytest.fixture(scope='module')
def files():
    return readable()


@pytest.mark.parametrize('target', LOSSLESS)
def test_lossless(target, files, tmp_path):
    done = convert(target, files, tmp_path)
    wrong = {}
    for path in files:
        result, reason = done[str(path)]
        if result is None:
            d = pydicom.dcmread(path, force=True, stop_before_pixels=True)
            bits = d.get('BitsAllocated', 0)
            allowed = REFUSED.get(path.name, '').split('|')
            if not any(a and a in reason for a in allowed) and not (bits not in (8, 16) and 'compress' in reason.lower() or
                                                            bits not in (8, 16) and '8 and 16 bit' in reason):
                wrong[path.name] = reason
            continue
        found = in_child(problems, path, result, target)
        if found:
            wrong[path.name] = found[:3]
    assert not wrong, '\n'.join(f'{n}: {w}' for n, w in wrong.items())


def errors(path):
    out = subprocess.run(['dciodvfy', str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
    lines = out.decode('latin1').splitlines()
    return {re.sub(r'0x[0-9a-f]+|\d+', 'N', line) for line in lines if line.startswith('Error')}


def test_dciodvfy(files, tmp_path):
    """No error on a converted member that there is not on the original. Of deflated ones it cannot read the original."""
    done = convert(EXPLICIT, files, tmp_path)
    pairs = [(p, done[str(p)][0]) for p in files if done[str(p)][0]]

    def new(pair):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            meta = pydicom.dcmread(pair[0], force=True, stop_before_pixels=True).file_meta
        return set() if meta.get('TransferSyntaxUID') == DEFLATED else errors(pair[1]) - errors(pair[0])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = {p[0].name: sorted(found)[:3] for p, found in zip(pairs, pool.map(new, pairs)) if found}
    assert wrong == {}


def lossy_problems(original, result, method):
    a, b = pydicom.dcmread(original), pydicom.dcmread(result)
    found = []
    if b.LossyImageCompression != '01' or method not in str(b.LossyImageCompressionMethod):
        found.append('not marked as lossy')
    if b.ImageType[0] != 'DERIVED' or float(numpy.ravel(b.LossyImageCompressionRatio)[-1]) <= 0:
        found.append('ratio or Image Type')
    if b.SOPInstanceUID != a.SOPInstanceUID:
        found.append('another UID')
    if a.SamplesPerPixel == 1:
        x, y = samples(a).astype('f8'), samples(b).astype('f8')
        if abs(x - y).max() > max(12, (x.max() - x.min()) / 80):
            found.append(f'too different: {abs(x - y).max()}')
    return found


@pytest.mark.parametrize('target', LOSSY)
def test_lossy(target, files, tmp_path):
    names = ['seg_image_ct_true_fractional.dcm', 'SC_rgb.dcm']
    if target != JPEG + '50':  # which has 8 bits only
        names += ['sm_image_grayscale.dcm', 'ct_image.dcm', 'MR_small.dcm']
    chosen = [p for p in files if p.name in names]
    if not chosen:
        pytest.skip('none of its files is here: ../shared/dicom is not')
    done = convert(target, chosen, tmp_path)
    for path in chosen:
        result, reason = done[str(path)]
        assert result, reason
        assert in_child(lossy_problems, path, result, LOSSY[target]) == [], path.name


def test_palette_is_never_lossy(files, tmp_path):
    chosen = [p for p in files if p.name == 'examples_palette.dcm']
    if not chosen:
        pytest.skip('examples_palette.dcm is not here: ../shared/dicom is not')
    for target in LOSSY:
        assert 'palette' in convert(target, chosen, tmp_path)[str(chosen[0])][1]


def narrow(path, allocated, stored):
    """An image of few bits, and its samples."""
    d = pydicom.dcmread(sorted(PYDICOM.rglob('CT_small.dcm'))[0])
    values = numpy.random.default_rng(stored).integers(0, 1 << stored, (d.Rows, d.Columns)).astype(f'u{allocated // 8}')
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = allocated, stored, stored - 1, 0
    d.PixelData = values.tobytes()
    d['PixelData'].VR = 'OW'
    d.save_as(path)
    return values


def same_samples(path, values):
    return [] if numpy.array_equal(pydicom.dcmread(path).pixel_array, values) else ['other pixels']


@pytest.mark.parametrize('allocated,stored', [(16, 8), (16, 5), (16, 1), (8, 7), (8, 5), (8, 1)])
def test_few_bits(allocated, stored, tmp_path):
    """Readers take a codestream of 8 bits for bytes, whatever is allocated, and many read none of fewer bits."""
    values = narrow(tmp_path / 'narrow.dcm', allocated, stored)
    for target in (JPEG + '80', JPEG + '90'):
        folder = tmp_path / target
        folder.mkdir()
        result, reason = convert(target, [tmp_path / 'narrow.dcm'], folder)[str(tmp_path / 'narrow.dcm')]
        assert result, reason
        assert in_child(same_samples, result, values) == [], target
        if target == JPEG + '80':
            harness.run('dcmdjpls', result, f'{result}.native', check=True)
            assert same_samples(f'{result}.native', values) == []


def fragmented(path, count, table):
    """Three frames, each compressed in `count` fragments, whose offsets are in a basic or an extended table (PS3.5 A.4)."""
    d = pydicom.dcmread(sorted(PYDICOM.rglob('CT_small.dcm'))[0])
    frames = numpy.random.default_rng(1).integers(0, 99, (3, d.Rows, d.Columns)).astype('u2')
    items, offsets = b'', []
    for frame in frames:
        data = rle_encode_frame(frame)
        step = len(data) // count & ~1
        offsets.append(len(items))
        for at in range(count):
            part = data[at * step:(at + 1) * step if at + 1 < count else None]
            items += struct.pack('<HHI', 0xfffe, 0xe000, len(part)) + part
    basic = struct.pack('<3I', *offsets) if table == 'basic' else b''
    if table == 'extended':
        d.add_new(0x7fe00001, 'OV', struct.pack('<3Q', *offsets))
    d.NumberOfFrames, d.PixelRepresentation = 3, 0
    d.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2.5'
    d.PixelData = struct.pack('<HHI', 0xfffe, 0xe000, len(basic)) + basic + items
    d['PixelData'].VR, d['PixelData'].is_undefined_length = 'OB', True
    d.save_as(path)
    return frames


@pytest.mark.parametrize('count,table', [(1, 'none'), (1, 'extended'), (2, 'basic'), (2, 'extended'), (2, 'none')])
def test_fragments(count, table, tmp_path):
    path = tmp_path / 'fragments.dcm'
    frames = fragmented(path, count, table)
    result, reason = convert(EXPLICIT, [path], tmp_path)[str(path)]
    assert result, reason
    d = pydicom.dcmread(result)
    assert numpy.array_equal(d.pixel_array, frames) and 'ExtendedOffsetTable' not in d


def test_fragments_that_nothing_assigns(tmp_path):
    path = tmp_path / 'fragments.dcm'
    fragmented(path, 2, 'none')
    data = path.read_bytes()
    reported = struct.pack('<HH2sH', 0x28, 8, b'IS', 2)
    assert data.count(reported + b'3 ') == 1
    path.write_bytes(data.replace(reported + b'3 ', reported + b'4 '))
    assert 'the fragments cannot be assigned to frames' in convert(EXPLICIT, [path], tmp_path)[str(path)][1]
