# SPDX-License-Identifier: MIT
"""Frames (PS3.18 10.4.1.1.6) through web servers: as they lie in the files, as pydicom takes them apart, and uncompressed."""
import random
import struct

import harness
import pytest
from frames import (DELIMITER, EXPLICIT, MPEG4, OCTETS, PARTS, RLE, STORED, Connection, encapsulated, images, made_place,
                    native, parts_of, place, serve)  # noqa: F401 (a fixture)
from pydicom.encaps import generate_pixel_data_frame

IMPLICIT, BIG, DEFLATED = '1.2.840.10008.1.2', '1.2.840.10008.1.2.2', '1.2.840.10008.1.2.1.99'
TYPES = {'5': 'image/dicom-rle', **dict.fromkeys(('50', '51', '57', '70'), 'image/jpeg'), '80': 'image/jls', '81': 'image/jls',
         '90': 'image/jp2', '91': 'image/jp2', **dict.fromkeys(('201', '202', '203'), 'image/jphc')}


@pytest.fixture(scope='module')
def server(site):
    s = harness.front_end('lighttpd-socket', site).start()
    yield s
    s.remove()


def test_stored_frames_are_the_codestreams_of_the_file(server, expected):
    client, tried = Connection(server), 0
    for i, d in images(expected):
        if not d['PixelData'].is_undefined_length:
            continue
        count = int(d.get('NumberOfFrames', 1) or 1)
        codestreams = list(generate_pixel_data_frame(d.PixelData, count))
        for n in {1, count, random.Random(count).randint(1, count)}:
            answer, data = client.get(f'{place(i)}/frames/{n}', STORED)
            assert answer.status == 200, (i.path, data)
            (kind, content), = parts_of(answer, data)
            media = TYPES.get(i.syntax.removeprefix('1.2.840.10008.1.2.').removeprefix('4.'), OCTETS)
            assert kind == f'{media}; transfer-syntax={i.syntax}', i.path
            assert content == codestreams[n - 1], i.path
            tried += 1
    assert tried > 3, tried


def test_native_frames_are_pieces_of_the_pixel_data(server, expected):
    client, tried = Connection(server), 0
    for i, d in images(expected):
        count = int(d.get('NumberOfFrames', 1) or 1)
        if d['PixelData'].is_undefined_length or i.syntax not in (EXPLICIT, IMPLICIT) or d.BitsAllocated == 1:
            continue
        samples = 2 if d.PhotometricInterpretation.endswith('422') else d.SamplesPerPixel
        size = d.Rows * d.Columns * samples * d.BitsAllocated // 8
        numbers = sorted({1, count, max(1, count // 2)})
        answer, data = client.get(f'{place(i)}/frames/{",".join(map(str, numbers))}', PARTS)
        assert answer.status == 200, (i.path, data)
        assert parts_of(answer, data) == [(f'{OCTETS}; transfer-syntax={EXPLICIT}', d.PixelData[(n - 1) * size:n * size])
                                          for n in numbers], i.path
        tried += 1
    assert tried > 10, tried


def test_uncompressed_frames_are_those_of_the_bulk_data(server, expected):
    """What else must be decoded, swapped or shifted: the whole, which other tests compare with readers, cut into frames."""
    client, tried = Connection(server), 0
    for i, d in images(expected):
        count = int(d.get('NumberOfFrames', 1) or 1)
        whole, value = client.get(f'{place(i)}/bulkdata/7FE00010', OCTETS)
        if whole.status != 200 or (d.BitsAllocated == 1 and d.Rows * d.Columns % 8):
            continue
        for n in {1, count}:
            answer, data = client.get(f'{place(i)}/frames/{n}', OCTETS)
            assert answer.status == 200, (i.path, data)
            assert answer.headers['content-type'] == f'{OCTETS}; transfer-syntax={EXPLICIT}'
            size = len(data)
            assert value[(n - 1) * size:n * size] == data and len(value) - count * size in (0, 1), i.path
        tried += 1
    assert tried > 10, tried


def test_frames_of_bits_begin_with_a_byte(serve):  # noqa: F811
    dice = random.Random(5)
    bits = [dice.getrandbits(1) for _ in range(3 * 5 * 7)]
    packed = bytes(sum(b << k for k, b in enumerate(bits[at:at + 8])) for at in range(0, len(bits), 8))
    client = serve({'bits': native('bits', packed, 3, bits=1, rows=5, columns=7)})
    for n in (1, 2, 3):
        _, data = client.get(f'{made_place("bits")}/frames/{n}', OCTETS)
        assert [data[k // 8] >> k % 8 & 1 for k in range(35)] == bits[(n - 1) * 35:n * 35]
        assert len(data) == 5


def offsets(fragments, starts):
    """Of the fragments with these numbers, as the tables of offsets count them."""
    places = [sum(8 + len(f) for f in fragments[:k]) for k in range(len(fragments))]
    return [places[k] for k in starts]


FRAGMENTS = [b'\xff\xd8' + bytes([n]) * (20 + 2 * n) for n in range(5)]
STARTS = (0, 2, 3)
FRAMES = [b''.join(FRAGMENTS[a:b]) for a, b in zip(STARTS, (2, 3, 5))]


@pytest.mark.parametrize('table', ['basic', 'extended'])
def test_a_frame_may_have_several_fragments(serve, table):  # noqa: F811
    fragments = [f[2:] for f in FRAGMENTS]
    frames = [b''.join(fragments[a:b]) for a, b in zip(STARTS, (2, 3, 5))]
    places = offsets(fragments, STARTS)
    extended = struct.pack('<HH2sHI', 0x7fe0, 1, b'OV', 0, 24) + struct.pack('<3Q', *places)
    instance = encapsulated('split', fragments, 3, syntax='1.2.840.10008.1.2.4.90',
                            **({'table': struct.pack('<3I', *places)} if table == 'basic' else {'extended': extended}))
    client = serve({'split': instance})
    for wanted in ((1,), (2,), (3, 1, 3), (1, 2, 3)):
        answer, data = client.get(f'{made_place("split")}/frames/{",".join(map(str, wanted))}', STORED)
        assert [content for _, content in parts_of(answer, data)] == [frames[n - 1] for n in wanted]


def test_numbers_and_media_types(serve):  # noqa: F811
    frames = [b'\1\0\0\0\x40' + bytes(59) + bytes([n, n]) for n in range(4)]
    client = serve({'four': encapsulated('four', frames, 4)})
    path = f'{made_place("four")}/frames/'
    for numbers, status in (('1', 200), ('4', 200), ('04', 200), ('5', 404), ('1,5', 404), ('4294967297', 404), ('9' * 30, 404),
                            ('0', 400), ('1,', 400), (',1', 400), ('1,,2', 400), ('a', 400), ('-1', 400), ('1.0', 400),
                            ('+1', 400), ('%201', 400), ('1/x', 404)):
        assert client.get(path + numbers, STORED)[0].status == status, numbers
    for accept, status in (('image/dicom-rle', 200), ('image/x-dicom-rle', 200), ('image/*', 200), ('image/jls', 406),
                           (f'image/dicom-rle; transfer-syntax={RLE}', 200), ('image/dicom-rle; transfer-syntax=1.2', 406),
                           (f'{OCTETS}; transfer-syntax={RLE}', 200), (f'{OCTETS}; transfer-syntax=*', 200),
                           ('multipart/related; type="image/dicom-rle"', 200), ('multipart/related; type="image/jp2"', 406),
                           ('multipart/related; type=application/octet-stream; transfer-syntax=*', 200),
                           ('text/html', 406), ('multipart/mixed', 406), ('image/jls, image/*;q=0.1', 200),
                           (f'{OCTETS}; transfer-syntax=1.2.840.10008.1.2.4.80', 406)):
        answer, data = client.get(path + '2', accept)
        assert answer.status == status, (accept, data)
        if status == 200 and not accept.startswith('multipart'):
            assert (answer.headers['content-type'], data) == (f'image/dicom-rle; transfer-syntax={RLE}', frames[1])
    assert client.get(path + '1,2', 'image/dicom-rle')[0].status == 406  # a single part has one frame
    _, data = client.get(path + '2?accept=image/dicom-rle', 'text/html,*/*;q=0.8')
    assert data == frames[1]
    assert client.get(path + '2?accept=image/*', '*/*')[0].status == 400
    assert client.get(f'{made_place("none")}/frames/1', STORED)[0].status == 404


def test_many_frames(serve):  # noqa: F811
    """More than fit into one message from the helper: a table of its own, of which single entries are read."""
    count = 100000
    frames = [struct.pack('<I', n) * (1 + n % 3) for n in range(count)]
    client = serve({'slide': encapsulated('slide', frames, count)})
    numbers = [1, 2, count, count - 1, 65536, 65537, *random.Random(3).sample(range(1, count), 500)]
    answer, data = client.get(f'{made_place("slide")}/frames/{",".join(map(str, numbers))}', STORED)
    assert answer.status == 200
    assert [content for _, content in parts_of(answer, data)] == [frames[n - 1] for n in numbers]
    assert client.get(f'{made_place("slide")}/frames/{count + 1}', STORED)[0].status == 404


def test_a_video_is_one_frame(serve):  # noqa: F811
    stream = [b'\0\0\0\x18ftypmp42' + bytes(5000), b'moov' * 300]
    client = serve({'video': encapsulated('video', stream, 90, syntax=MPEG4)})
    path, whole = made_place('video'), b''.join(stream)
    for accept in ('video/mp4', 'video/*', f'{OCTETS}; transfer-syntax=*'):
        answer, data = client.get(f'{path}/frames/1', accept)
        assert (answer.status, data) == (200, whole), accept
        assert answer.headers['content-type'] == f'video/mp4; transfer-syntax={MPEG4}'
    assert client.get(f'{path}/frames/2', 'video/mp4')[0].status == 404
    assert client.get(f'{path}/frames/1', OCTETS)[0].status == 406
    answer, data = client.get(f'{path}/rendered', 'video/mp4')
    assert (answer.headers['content-type'], data) == ('video/mp4', whole)
    answer, data = client.get(f'{path}/rendered', '*/*', Range='bytes=5000-5119')
    assert (answer.status, data, answer.headers['content-range']) == (206, whole[5000:5120], f'bytes 5000-5119/{len(whole)}')
    assert 'content-disposition' not in answer.headers


def test_a_changed_file_is_not_sent(serve):  # noqa: F811
    client = serve({'four': encapsulated('four', [b'\1\0\0\0\x40' + bytes(59)], 1)})
    folder = client.folder
    with open(folder / 'four', 'ab') as f:
        f.write(bytes(8))
    assert client.get(f'{made_place("four")}/frames/1', STORED)[0].status == 500



def test_headers_conditions_and_ranges(front, expected):
    i, d = next((i, d) for i, d in images(expected) if d['PixelData'].is_undefined_length)
    path = f'{place(i)}/frames/1'
    whole = front.get(path, accept=STORED)
    h, data = whole.headers, whole.data
    assert whole.status == 200 and whole.length == len(data) and 'transfer-encoding' not in h
    assert h['content-location'].endswith('/dicom-web' + path) and h['accept-ranges'] == 'bytes'
    assert h['vary'].lower() == 'accept' and h['cache-control'] == 'private' and 'content-disposition' not in h
    assert DELIMITER not in data[-16:]
    head = front.get(path, accept=STORED, method='HEAD')
    assert (head.status, head.length, head.headers['etag']) == (200, len(data), h['etag'])
    assert front.get(path, accept=STORED, headers={'If-None-Match': h['etag']}).status == 304
    assert front.get(path, accept=STORED, headers={'If-Match': '"other"'}).status == 412
    for first, last in ((0, 0), (3, 200), (len(data) - 9, len(data) + 50)):
        part = front.get(path, accept=STORED, headers={'Range': f'bytes={first}-{last}', 'If-Range': h['etag']})
        assert (part.status, part.data) == (206, data[first:last + 1])
    assert front.get(path, accept=STORED, headers={'Range': f'bytes={len(data)}-'}).status == 416
    decoded = front.get(path, accept=OCTETS)
    assert decoded.headers['etag'] != h['etag'] and decoded.length == len(decoded.data)
    assert front.get(path, accept=OCTETS).data == decoded.data
