# SPDX-License-Identifier: MIT
"""?deidentify= on frames, rendered images and thumbnails: those of the original, without text, or refused."""
import io
import random
import shutil
import struct
import time

import harness
import pytest
from corpus import uid
from frames import EXPLICIT, OCTETS, PARTS, RLE, STORED, encapsulated, made_place, native, parts_of
from PIL import Image
from servers import Lighttpd
from test_deid_codestream import JPEG, MARK, SOS, at, samples, segment
from test_deid_http import MARKED, MARKS, SERIES, SOP, Place, members
from xsendfile import SETTLED

BASELINE = '1.2.840.10008.1.2.4.50'
WITH_TEXT = at(JPEG, SOS, segment(0xfffe, MARK + b'!'))
RLE_FRAMES = [b'\1\0\0\0\x40' + bytes(59) + b'\0' + bytes([n]) for n in range(3)]
INSTANCE = f'/studies/{MARKED}/series/{SERIES}/instances/{SOP[:-1]}1'
PNG = 'image/png'


def even(data):
    return data + b'\0' * (len(data) % 2)


def jpegs(name, fragments, frames, side=64):
    """An instance of so many pixels in a row and a column, of a byte each."""
    data = encapsulated(name, fragments, frames, syntax=BASELINE, rows=side, columns=side)
    for at_, value in ((0x100, 8), (0x101, 8), (0x102, 7)):
        place_ = data.index(struct.pack('<HH2sH', 0x28, at_, b'US', 2)) + 8
        data = data[:place_] + struct.pack('<H', value) + data[place_ + 2:]
    return data


def noise(side, **options):
    out = io.BytesIO()
    Image.frombytes('L', (side, side), random.Random(side).randbytes(side * side)).save(out, 'JPEG', quality=98, **options)
    return even(out.getvalue())


LARGE = noise(400, comment=MARK)  # as large as pieces of files that the web server is handed
FILES = {'large': jpegs('large', [LARGE], 1, 400), 'large textless': jpegs('large textless', [noise(400)], 1, 400),
         'text': jpegs('text', [even(JPEG), even(WITH_TEXT), even(JPEG)], 3),
         'textless': jpegs('textless', [even(JPEG)] * 2, 2),
         'split': jpegs('split', [WITH_TEXT[:100], even(WITH_TEXT[100:])], 1),
         'rle': encapsulated('rle', RLE_FRAMES, 3),
         'delimiter': encapsulated('delimiter', RLE_FRAMES, 3)[:-4] + b'\0\0\0\4',  # has a length, which the standard forbids
         'native': native('native', bytes(range(24)), 3, rows=2, columns=2)}


@pytest.fixture(scope='module')
def place(pg):
    folder = harness.temporary('wzdeidpixels-')
    for name, data in FILES.items():
        (folder / f'{name}.dcm').write_bytes(data)
        (folder / f'{name}.dcm').chmod(0o644)
    it = Place(pg, folder, 'deidpixels')
    yield it
    it.remove()
    shutil.rmtree(folder)


def get(place, path, accept, query='deidentify=basic', headers=None):
    got = place.server.get(f'{path}?{query}', accept=accept, headers=headers)
    seen = str(got.headers).encode() + got.data
    assert [m for m in [*MARKS, MARK, *(uid(n).encode() for n in FILES)] if m in seen] == []
    return got


def contents(got):
    assert got.status == 200, got.text
    assert got.headers['content-length'] == str(len(got.data))
    assert b'Content-Location' not in got.data and 'content-location' not in got.headers
    assert 'last-modified' not in got.headers
    return [data for _, data in parts_of(got, got.data)]


def test_native_frames_are_those_of_the_file(place):
    whole = bytes(range(24))
    assert contents(get(place, f'{made_place("native")}/frames/3,1', PARTS)) == [whole[16:], whole[:8]]
    got = get(place, f'{made_place("native")}/frames/2', OCTETS)
    assert got.data == whole[8:16] and got.headers['content-type'] == f'{OCTETS}; transfer-syntax={EXPLICIT}'
    got = get(place, f'{INSTANCE}/frames/1', PARTS)
    assert contents(got) == contents(place.server.get(f'{INSTANCE}/frames/1?deidentify=other', accept=PARTS))


@pytest.mark.parametrize('again', [0, 1])
def test_stored_frames_without_text_are_those_of_the_file(place, again):
    for name, frames in (('rle', RLE_FRAMES), ('textless', [even(JPEG)] * 2)):
        got = get(place, f'{made_place(name)}/frames/2,1', STORED)
        assert contents(got) == [frames[1], frames[0]], again
        head = place.server.get(f'{made_place(name)}/frames/2,1?deidentify=basic', accept=STORED, method='HEAD')
        assert head.headers['content-length'] == got.headers['content-length']


@pytest.mark.parametrize('again', [0, 1])
def test_text_in_stored_frames_is_blanked(place, again):
    original = place.server.get(f'{made_place("text")}/frames/2', accept=STORED)
    assert MARK in original.data
    first, second, third, first_too = contents(get(place, f'{made_place("text")}/frames/1,2,3,1', STORED))
    assert first == third == first_too == even(JPEG), again
    assert len(second) == len(even(WITH_TEXT)) and samples(second) == samples(WITH_TEXT)
    assert contents(get(place, f'{made_place("text")}/frames/3,2', STORED)) == [third, second]
    split, = contents(get(place, f'{made_place("split")}/frames/1', STORED))
    assert samples(split) == samples(WITH_TEXT) and len(split) == len(even(WITH_TEXT))


def test_decoded_frames(place):
    for name, count in (('text', 3), ('textless', 2)):
        path, numbers = f'{made_place(name)}/frames/', ','.join(str(n) for n in range(1, count + 1))
        accept = f'{PARTS}; transfer-syntax={EXPLICIT}'
        plain = [data for _, data in parts_of(*(lambda g: (g, g.data))(place.server.get(path + numbers, accept=accept)))]
        assert contents(get(place, path + numbers, accept)) == plain and len(plain[0]) == 64 * 64


@pytest.mark.parametrize('what', ['rendered', 'thumbnail', 'frames/2/rendered'])
@pytest.mark.parametrize('accept', ['image/jpeg', PNG])
def test_rendered_images_are_those_of_the_original(place, what, accept):
    for name in 'text', 'native':
        path = f'{made_place(name)}/{what}'
        got = get(place, path, accept)
        assert got.status == 200 and got.headers['content-type'] == accept, got.text
        assert got.data == place.server.get(path, accept=accept).data
        assert 'content-location' not in got.headers and 'last-modified' not in got.headers
        assert Image.open(io.BytesIO(got.data)).size == ((64, 64) if name == 'text' else (2, 2))


@pytest.mark.parametrize('what', ['rendered', 'thumbnail', f'series/{SERIES}/rendered', f'series/{SERIES}/thumbnail'])
def test_rendered_studies_and_series(place, what):
    got = get(place, f'/studies/{MARKED}/{what}', PNG)
    assert got.status == 200 and got.data == place.server.get(f'/studies/{MARKED}/{what}', accept=PNG).data


def test_tags_differ_by_profile(place):
    for path, accept in ((f'{INSTANCE}/frames/1', PARTS), (f'{INSTANCE}/rendered', PNG), (f'{INSTANCE}/thumbnail', PNG)):
        tags = [place.server.get(f'{path}?{q}', accept=accept).headers['etag']
                for q in ('', 'deidentify=basic', 'deidentify=other', 'deidentify=dates', 'deidentify=trust')]
        assert len(set(tags)) == len(tags)
        for n, tag in enumerate(tags):
            got = get(place, path, accept, headers={'If-None-Match': tag})
            assert got.status == (304 if n == 1 else 200)


@pytest.mark.parametrize('path,accept', [('frames/1', PARTS), ('frames/1', OCTETS), ('rendered', PNG), ('thumbnail', PNG)])
def test_pixels_that_may_show_names(place, path, accept):
    risky = f'/studies/{uid("risky")}/series/{uid("risky", 1)}/instances/{uid("risky", 1, 2)}/{path}'
    got = get(place, risky, accept)
    assert got.status == 406 and 'may show names' in got.text and 'pixels = trust' in got.text
    assert place.server.get(risky + '?deidentify=basic', accept=accept, method='HEAD').status == 406
    assert get(place, risky, accept, 'deidentify=trust').status == 200
    assert get(place, risky.replace(uid('risky', 1, 2), uid('risky', 1, 1)), accept).status == 200


def test_what_is_not_there(place):
    for path in f'{INSTANCE}/frames/2', f'{INSTANCE}9/frames/1', f'/studies/{uid("no")}/rendered':
        assert get(place, path, '*/*').status == 404
    assert get(place, f'{INSTANCE}/frames/1', '*/*', 'deidentify=no').status == 400


def test_ranges(place):
    path = f'{made_place("text")}/frames/1,2,3?deidentify=basic'
    whole = place.server.get(path, accept=STORED)
    part = place.server.get(path, '--range', '500-1999', accept=STORED, headers={'If-Range': whole.headers['etag']})
    assert part.status == 206 and part.data == whole.data[500:2000]


@pytest.mark.parametrize('accept', ['application/zip; transfer-syntax=*', 'application/zip',
                                    'multipart/related; type="application/dicom"; transfer-syntax=*'])
def test_archives_have_no_text(place, accept):
    """A comment of a JPEG codestream, in members as stored and converted; the original has it."""
    assert get(place, f'/studies/{uid("text")}', accept).status == 200
    assert MARK in place.server.get(f'/studies/{uid("text")}', accept='multipart/related; type="application/dicom";'
                                    ' transfer-syntax=*').data


def test_pixel_data_that_is_written_in_another_way(place):
    """An archive takes pixel data from the file only if the instance is the same then: the delimiter has no length."""
    got = get(place, f'/studies/{uid("delimiter")}', 'application/zip; transfer-syntax=*')
    assert list(members(got.data).values()) == [place.command(place.folder / 'delimiter.dcm')]


def test_frames_that_the_web_server_sends(place):
    """It is handed places in the file only if the frames are those of the file."""
    place.site.write_config(sendfile='lighttpd')
    time.sleep(SETTLED)
    server = Lighttpd(place.site, 'socket', workers=1).start()
    try:
        for name, how in (('large', 'complete'), ('large textless', 'handed to the web server')):
            path = f'{made_place(name)}/frames/1?deidentify=basic'
            got = server.get(path, accept=STORED)
            assert got.status == 200 and got.data == place.server.get(path, accept=STORED).data
            assert MARK not in got.data and len(contents(got)[0]) == len(FILES[name]) - FILES[name].index(b'\xff\xd8') - 8
            harness.wait_for('the log', lambda: server.log().count(' bytes ') == 1 + (name != 'large'))  # noqa: B023
            assert how in server.log().splitlines()[-1]
    finally:
        server.remove()
        place.site.write_config(sendfile=None)
