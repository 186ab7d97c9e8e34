# SPDX-License-Identifier: MIT
"""Rendered images and thumbnails (PS3.18 10.4.1.1.3, 10.4.1.1.8) through web servers, compared with DCMTK's dcmj2pnm and with
pydicom's own rescaling and windowing."""
import io
import struct
import subprocess
import zlib
from collections import Counter

import harness
import numpy
import pytest
from corpus import uid
from frames import Connection, images, made_place, native, place, read, serve  # noqa: F401 (a fixture)
from PIL import Image
from pydicom.pixel_data_handlers.util import apply_modality_lut, apply_windowing

PNG, JPEG = 'image/png', 'image/jpeg'
NATIVE = ('1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2')


@pytest.fixture(scope='module')
def server(site):
    s = harness.front_end('lighttpd-socket', site).start()
    yield s
    s.remove()


def pixels(data):
    return numpy.asarray(Image.open(io.BytesIO(data)))


def png_of(path, to, *options):
    """What dcmj2pnm makes of a file, or None if it cannot."""
    to.unlink(missing_ok=True)
    subprocess.run(['dcmj2pnm', '--write-png', '--no-overlays', *options, path, to], stdin=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    return pixels(to.read_bytes()) if to.exists() and to.stat().st_size else None


def furthest(a, b):
    assert a.shape == b.shape, (a.shape, b.shape)
    return int(abs(a.astype(int) - b.astype(int)).max())


def test_images_are_those_of_dcmj2pnm(server, expected, tmp_path):
    """Of every image of one frame that dcmj2pnm reads: of each that is not compressed."""
    client, tried, unread = Connection(server), Counter(), []
    for i, d in images(expected):
        if int(d.get('NumberOfFrames', 1) or 1) > 1 or i.syntax == '1.2.840.10008.1.2.5' and d.BitsAllocated > 16 or \
                d.get('VOILUTSequence') or d.get('VOILUTFunction', 'LINEAR') != 'LINEAR':
            continue
        own = ['--use-window', '1'] if d.get('WindowWidth') else ['--min-max-window']
        grey = d.SamplesPerPixel == 1 and 'PALETTE' not in d.PhotometricInterpretation
        reference = png_of(i.path, tmp_path / 'png', *(own if grey else []))
        if reference is None:
            unread.append((i.path, i.syntax))
            continue
        answer, data = client.get(f'{place(i)}/rendered', PNG)
        assert (answer.status, answer.headers['content-type']) == (200, PNG), (i.path, data[:300])
        if reference.ndim == 3:
            lossy = i.syntax.rsplit('.', 1)[1] in ('50', '51', '91', '81')
            assert furthest(pixels(data), reference[..., :3]) <= (3 if lossy else 1), i.path
        else:
            assert furthest(pixels(data), reference) <= 1, i.path
        tried[reference.ndim] += 1
    assert not [u for u in unread if u[1] in NATIVE], unread
    assert tried[2] and tried[3], (tried, unread)


def test_windows_are_those_of_pydicom(server, expected):
    """Of every such image of one frame that pydicom reads: of each that is not compressed."""
    client, tried, unread = Connection(server), 0, []
    for i, d in images(expected):
        if d.SamplesPerPixel != 1 or not d.get('WindowWidth') or int(d.get('NumberOfFrames', 1) or 1) > 1 or \
                d.BitsAllocated > 16 or 'PALETTE' in d.PhotometricInterpretation:
            continue
        try:
            stored = d.pixel_array
        except Exception:  # noqa: BLE001 — pydicom lacks a decoder
            unread.append((i.path, i.syntax))
            continue
        values = apply_windowing(apply_modality_lut(stored, d), d, index=0)
        bits = d.BitsStored
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if d.PixelRepresentation else (0, (1 << bits) - 1)
        slope, intercept = float(d.get('RescaleSlope', 1)), float(d.get('RescaleIntercept', 0))
        low, high = low * slope + intercept, high * slope + intercept
        grey = numpy.rint((values - low) / (high - low) * 255)
        if d.PhotometricInterpretation == 'MONOCHROME1':
            grey = 255 - grey
        answer, data = client.get(f'{place(i)}/rendered', PNG)
        assert answer.status == 200, (i.path, data)
        assert furthest(pixels(data), grey) <= 1, i.path
        tried += 1
    assert tried and not [u for u in unread if u[1] in NATIVE], (tried, unread)


RAMP = numpy.arange(4096, dtype='<u2').reshape(64, 64)


def windowed(function, center, width):
    x = RAMP.astype(float)
    if function == 'sigmoid':
        return 255 / (1 + numpy.exp(-4 * (x - center) / width))
    if function == 'linear-exact':
        return numpy.clip((x - center) / width + .5, 0, 1) * 255
    return numpy.clip((x - (center - .5)) / (width - 1) + .5, 0, 1) * 255


@pytest.mark.parametrize('function', ['', 'linear', 'linear-exact', 'sigmoid'])
def test_the_window_parameter(serve, function):  # noqa: F811
    client = serve({'ramp': native('ramp', RAMP.tobytes(), 0, rows=64, columns=64)})
    for center, width in ((2048, 4096), (1000, 300), (100.5, 50.5), (4000, 1000)):
        answer, data = client.get(f'{made_place("ramp")}/rendered?window={center},{width}{"," * bool(function)}{function}', PNG)
        assert answer.status == 200, data
        # Sigmoid: PS3.3 C.11.2.1.3.1 has no bounds, DCMTK ends it at the least and the largest value.
        assert furthest(pixels(data), numpy.rint(windowed(function, center, width))) <= (2 if function == 'sigmoid' else 1)


def test_without_a_window_all_values_show(serve):  # noqa: F811
    client = serve({'dark': native('dark', (RAMP // 64 + 500).astype('<u2').tobytes(), 0, rows=64, columns=64)})
    picture = pixels(client.get(f'{made_place("dark")}/rendered', PNG)[1])
    assert (picture.min(), picture.max()) == (0, 255)


def test_viewport(serve):  # noqa: F811
    square = numpy.zeros((64, 64), '<u2')
    square[:32, :32], square[32:, 32:] = 4095, 2000
    client = serve({'square': native('square', square.tobytes(), 0, rows=64, columns=64)})

    def get(what, values):
        answer, data = client.get(f'{made_place("square")}/{what}?viewport={values}', PNG)
        assert answer.status == 200, data
        return pixels(data)
    assert get('rendered', '32,200').shape == (32, 32)
    assert get('rendered', '200,128').shape == (128, 128)  # larger than it is
    assert get('rendered', '100,100,0,0,64,32').shape == (50, 100)
    assert get('thumbnail', '16%2C16').shape == (16, 16)
    assert pixels(client.get(f'{made_place("square")}/thumbnail', PNG)[1]).shape == (64, 64)
    whole = get('rendered', '64,64')
    assert (get('rendered', '64,64,0,0,-64,64') == whole[:, ::-1]).all()
    assert (get('rendered', '64,64,0,0,64,-64') == whole[::-1]).all()
    assert (get('rendered', '32,32,32,32') == whole[32:, 32:]).all()
    assert client.get(f'{made_place("square")}/rendered?viewport=10,10,64,0', PNG)[0].status == 406


def test_the_middle_stands_for_the_whole(serve):  # noqa: F811
    def frame(n):
        return numpy.full((8, 8), n, '<u2').tobytes()
    files = {'many': native('many', b''.join(frame(n) for n in range(5)), 5, rows=8, columns=8)}
    client = serve(files)
    window = '?window=2,5'
    path = made_place('many')
    single = [client.get(f'{path}/frames/{n}/rendered{window}', PNG)[1] for n in range(1, 6)]
    assert len(set(single)) == 5
    study, series = path.split('/series/')[0], path.split('/instances/')[0]
    for p in (path, series, study):
        answer, data = client.get(f'{p}/rendered{window}', PNG)
        assert data == single[2] and answer.headers['content-location'].endswith(f'{p}/rendered')
    assert client.get(f'{path}/frames/6/rendered', PNG)[0].status == 404
    assert client.get(f'/studies/{uid("other")}/rendered', PNG)[0].status == 404
    assert client.get(f'{study}/series/{uid("other")}/thumbnail', PNG)[0].status == 404


def test_what_is_no_image(server, expected):
    """Structured reports have nothing to show; an encapsulated PDF is handed out as it is."""
    client, pdf, other = Connection(server), 0, 0
    for i in (i for s in expected.values() for i in s):
        d = read(i.path)
        if d.SOPClassUID == '1.2.840.10008.5.1.4.1.1.104.1':
            answer, data = client.get(f'{place(i)}/rendered', '*/*')
            assert (answer.status, answer.headers['content-type']) == (200, 'application/pdf')
            assert data.startswith(b'%PDF') and data == d.EncapsulatedDocument + bytes(len(d.EncapsulatedDocument) % 2)
            assert client.get(f'{place(i)}/rendered', PNG)[0].status == 406
            assert client.get(f'{place(i)}/rendered', '*/*', Range='bytes=0-3')[1] == b'%PDF'
            pdf += 1
        elif 'Rows' not in d:
            assert client.get(f'{place(i)}/rendered', '*/*')[0].status == 406, i.path
            other += 1
    assert other
    if not pdf:
        pytest.skip('no PDF document is here: ../shared/dicom is not')


def test_media_types_conditions_and_ranges(front, expected):
    i = next(i for i, d in images(expected) if d.SamplesPerPixel == 1)
    path = f'{place(i)}/rendered'
    for accept, kind in (('*/*', JPEG), ('image/*', JPEG), (PNG, PNG), (f'{JPEG};q=0.5, {PNG}', PNG),
                         ('image/avif,image/webp,*/*;q=0.8', JPEG), ('text/html,image/png;q=0.9', PNG)):
        answer = front.get(path, accept=accept)
        assert (answer.status, answer.headers['content-type']) == (200, kind), accept
        assert Image.open(answer.body).format == kind.split('/')[1].upper() and answer.length == len(answer.data)
        assert 'content-disposition' not in answer.headers and answer.headers['accept-ranges'] == 'bytes'
    for accept in ('image/gif', 'text/html', 'application/dicom'):
        assert front.get(path, accept=accept).status == 406, accept
    whole = front.get(path, accept=PNG)
    tag, data = whole.headers['etag'], whole.data
    assert front.get(path, accept=PNG, headers={'If-None-Match': tag}).status == 304
    assert front.get(path, accept=JPEG, method='HEAD').headers['etag'] != tag
    assert front.get(path, accept=PNG, headers={'Range': 'bytes=10-99', 'If-Range': tag}).data == data[10:100]
    small = front.get(path + '?quality=10', accept=JPEG)
    assert small.length < front.get(path + '?quality=100', accept=JPEG).length
    assert front.get(path + '?annotation=patient', accept=JPEG).status == 400
    assert front.get(path + '?window=1', accept=JPEG).status == 400


def test_png_is_sound(serve):  # noqa: F811
    client = serve({'ramp': native('ramp', RAMP.tobytes(), 0, rows=64, columns=64)})
    data = client.get(f'{made_place("ramp")}/rendered', PNG)[1]
    assert data.startswith(b'\x89PNG\r\n\x1a\n')
    at, kinds = 8, []
    while at < len(data):
        size, kind = struct.unpack_from('>I4s', data, at)
        assert struct.unpack_from('>I', data, at + 8 + size)[0] == zlib.crc32(data[at + 4:at + 8 + size])
        kinds.append(kind)
        at += 12 + size
    assert (kinds[0], kinds[-1]) == (b'IHDR', b'IEND')
    assert {b'IDAT'} <= set(kinds[1:-1]) <= {b'IDAT', b'sRGB', b'gAMA'}
