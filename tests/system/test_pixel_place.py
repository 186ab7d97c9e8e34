# SPDX-License-Identifier: MIT
"""What `wadozip index` records of pixel data: its place in the file, its CRC-32 and where the frames lie, compared with what
pydicom reads."""
import struct
import warnings
import zlib

import pydicom
import pytest
from pydicom.encaps import generate_pixel_data_frame

NONE, NATIVE, FRAGMENT, FRAGMENTS, STREAM = range(5)
DEFLATED = '1.2.840.10008.1.2.1.99'
ROWS = ("SELECT root, encode(path, 'hex'), pixel_offset, pixel_length, pixel_crc, encode(frame_table, 'hex'),"
        ' transfer_syntax, samples, size FROM wadozip.instance ORDER BY id')


def entry(table, i):
    low, high, size = struct.unpack_from('<IHI', table, i)
    return low | high << 32, size


def frames(data, offset, table):
    """The bytes of all frames, as dicom/frame_table.h describes it."""
    kind, count = struct.unpack_from('<BI', table)
    if kind == NATIVE:
        size, = struct.unpack_from('<Q', table, 5)
        return [data[offset + n * size:offset + (n + 1) * size] for n in range(count)]
    at, first = 5, [0, (len(table) - 5) // 10]
    if kind == FRAGMENTS:
        first = struct.unpack_from(f'<{count + 1}I', table, 5)
        at += 4 * len(first)
    elif kind == FRAGMENT:
        first = range(count + 1)
    parts = [data[place:place + size] for place, size in (entry(table, i) for i in range(at, len(table), 10))]
    return [b''.join(parts[a:b]) for a, b in zip(first, first[1:])]


def recorded(site):
    for root, path, offset, length, crc, table, syntax, samples, size in site.sql(ROWS):
        file = site.roots[root] / bytes.fromhex(path).decode()
        yield file, int(offset), int(length), int(crc), bytes.fromhex(table), syntax, int(samples), int(size)


def test_pixel_data_lies_where_it_is_recorded(site):
    kinds = set()
    for file, offset, length, crc, table, syntax, samples, size in recorded(site):
        data = file.read_bytes()
        assert (offset == 0) == (not samples or syntax == DEFLATED) or 'nested-sq' in file.name, file
        assert offset + length <= size
        assert zlib.crc32(data[offset:offset + length] if offset else b'') == crc, file
        kinds.add(table[0])
        if not offset:
            assert table[0] == NONE
            continue
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            try:
                ds = pydicom.dcmread(file, force=True)
                value = ds.PixelData
            except Exception:  # noqa: BLE001 — what pydicom does not read is not its to judge
                continue
            undefined = ds['PixelData'].is_undefined_length
        if undefined:
            assert data[offset:offset + length] == value + b'\xfe\xff\xdd\xe0\0\0\0\0', file
            expected = list(generate_pixel_data_frame(value, int(ds.get('NumberOfFrames', 1) or 1)))
            found = frames(data, offset, table)
            assert [f.rstrip(b'\0') for f in found[:len(expected)]] == [f.rstrip(b'\0') for f in expected], file
        else:
            assert data[offset:offset + length] == value, file
            if table[0] == NATIVE:
                found = b''.join(frames(data, offset, table))
                assert value.startswith(found) and not any(value[len(found):]), file
    assert {NONE, NATIVE, FRAGMENT} <= kinds


def test_rows_without_places_are_read_again(make_site, dicom):
    folder = next(p for p in (dicom / 'dcm_qa_ts', dicom / 'clinic', dicom) if p.is_dir())
    site = make_site('pixel_rows', {'main': folder})
    site.index()
    before = site.sql(ROWS)
    site.sql('UPDATE wadozip.instance SET (pixel_offset, pixel_length, pixel_crc, frame_table) = (NULL, NULL, NULL, NULL)')
    assert f'{len(before)} files read' in site.index().out
    assert site.sql(ROWS) == before
    assert ' 0 files read' in site.index().out


@pytest.mark.parametrize('change, complaint', [
    ('pixel_length = size', 'lies outside its file'),
    ('pixel_offset = 0', 'pixel data that is not there'),
    (r"frame_table = '\x0101000000'", 'frame table of a wrong length'),
    (r"frame_table = '\x0501000000'", 'frame table of a wrong length'),
])
def test_doctor_knows_what_must_hold(make_site, dicom, change, complaint):
    folder = next(p for p in (dicom / 'dcm_qa_ts', dicom / 'clinic', dicom) if p.is_dir())
    site = make_site('pixel_doctor', {'main': folder})
    site.index()
    assert complaint not in site.cli('doctor').out
    site.sql(f'UPDATE wadozip.instance SET {change} WHERE id ='
             ' (SELECT min(id) FROM wadozip.instance WHERE get_byte(frame_table, 0) = 1)')
    assert complaint in site.cli('doctor').out
