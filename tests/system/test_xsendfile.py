# SPDX-License-Identifier: MIT
"""sendfile = lighttpd: stored answers are handed to lighttpd by name (X-Sendfile2), byte for byte what is streamed."""
import os
import re
import time

import harness
import pytest
from client import raw
from corpus import uid
from downloads import in_time
from xsendfile import (DICOM, FRAME, FRAMED, HAND, MANY, ODD, ONE, SETTLED, ZIP, cleared, ended, ends, get,  # noqa: F401
                       hand_site, settled, streaming)
from servers import Lighttpd
from test_tables import passable, rows


@pytest.fixture(scope='module', params=['spawned', 'socket'])
def handing(request, hand_site, streaming):
    hand_site.write_config(sendfile='lighttpd')
    time.sleep(SETTLED)
    server = Lighttpd(hand_site, request.param, workers=1).start()
    yield server
    server.remove()
    hand_site.write_config(sendfile=None)


def same(a, b):
    """Two answers but for the time and the request's id, which errors bear."""
    def plain(answer):
        headers = {k: v for k, v in answer.headers.items() if k != 'date'}
        return answer.status, headers, re.sub(rb'<code>[0-9a-f]{16}</code>', b'B', answer.body)
    return plain(a) == plain(b)


def ask(server, target, *headers, **options):
    return raw(server.port, target, [('Accept', options.pop('accept', ZIP)), *headers], **options)


def test_whole_archive(handing, streaming, tmp_path):
    before, streamed = len(settled(handing)), len(settled(streaming))
    path = f'/dicom-web/studies/{HAND}'
    assert same(ask(handing, path), ask(streaming, path))
    assert ended(handing, before + 1) == 'handed to the web server'
    assert ended(streaming, streamed + 1) == 'complete'
    answer = get(handing, HAND)
    assert answer.length == len(answer.data) and 'x-sendfile2' not in answer.headers
    assert handing.site.zip(HAND, tmp_path / 'a.zip').code == 0 and answer.data == (tmp_path / 'a.zip').read_bytes()
    assert cleared(handing.site)


@pytest.mark.parametrize('accept', ['multipart/related; type="application/dicom"', 'text/csv', 'application/json'])
def test_other_representations(handing, streaming, accept):
    path = f'/dicom-web/studies/{HAND}'
    assert same(ask(handing, path, accept=accept), ask(streaming, path, accept=accept))


@pytest.mark.parametrize('method,accept', [('HEAD', ZIP), ('OPTIONS', 'application/json')])
def test_other_methods(handing, streaming, method, accept):
    path = f'/dicom-web/studies/{HAND}'
    answer = ask(handing, path, method=method, accept=accept)
    assert answer.status == 200 and same(answer, ask(streaming, path, method=method, accept=accept))


INSTANCE = f'/dicom-web/studies/{ONE}/series/{uid(ONE, 1)}/instances/{uid(ONE, 1, 1)}'


@pytest.mark.parametrize('name,header,size,wanted,lines', rows('range', 5))
def test_range(handing, streaming, name, header, size, wanted, lines):
    """The rows of an instance of 1000 bytes; then the same header for an archive, whatever it means there."""
    if int(size) != 1000 or not passable(header):
        return
    given = [] if header is None else [('Range', header)]
    for target, accept in (INSTANCE, DICOM), (f'/dicom-web/studies/{HAND}', ZIP):
        answer = ask(handing, target, *given, accept=accept)
        assert same(answer, ask(streaming, target, *given, accept=accept)), answer
        if target == INSTANCE:
            assert answer.status == {'whole': 200, 'unsatisfiable': 416}.get(wanted, 206)


OCTETS = 'application/octet-stream'


def frames(study, numbers):
    return f'/dicom-web/studies/{study}/series/{uid(study, 1)}/instances/{uid(study, 1, 1)}/frames/{numbers}'


@pytest.mark.parametrize('numbers, accept, headers', [
    ('2', OCTETS, []), ('3,1', f'multipart/related; type="{OCTETS}"', []), ('2', OCTETS, [('Range', 'bytes=100-70000')]),
    ('1,2,3', f'multipart/related; type="{OCTETS}"', [('Range', f'bytes={FRAME - 50}-{2 * FRAME + 700}')])])
def test_frames(handing, streaming, numbers, accept, headers):
    """Frames as stored, of one instance: the same bytes as streamed, and as they lie in the file."""
    before = len(settled(handing))
    answer = ask(handing, frames(FRAMED, numbers), *headers, accept=accept)
    assert same(answer, ask(streaming, frames(FRAMED, numbers), *headers, accept=accept))
    assert answer.status == (206 if headers else 200)
    if accept == OCTETS and not headers:
        pixels = (handing.site.roots['h'] / 'framed.dcm').read_bytes()[-3 * FRAME:]
        assert answer.body == pixels[FRAME:2 * FRAME]
    assert ended(handing, before + 1) == 'handed to the web server' and cleared(handing.site)


def test_small_frames_are_streamed(handing):
    before = len(settled(handing))
    answer = ask(handing, frames(ONE, '1'), accept=OCTETS)
    assert answer.status == 200 and ended(handing, before + 1) == 'complete'


def test_ranges_of_an_archive(handing, streaming):
    """Beginning and ending in heads, data and directory."""
    path = f'/dicom-web/studies/{HAND}'
    data = ask(streaming, path).body
    marks = [0, 1, 29, 30, 100, 30_500, 31_000, 61_000, len(data) - 2000, len(data) - 100, len(data) - 1]
    for first in marks:
        for last in marks:
            if first <= last:
                answer = ask(handing, path, ('Range', f'bytes={first}-{last}'))
                assert (answer.status, answer.body == data[first:last + 1]) == (206, True), (first, last)
    several = ('Range', 'bytes=' + ','.join(f'{m}-{m + 1000}' for m in marks[::3]))
    assert same(ask(handing, path, several), ask(streaming, path, several))


def test_conditions(handing, streaming):
    path = f'/dicom-web/studies/{HAND}'
    tag = ask(streaming, path, method='HEAD').headers['etag']
    given = [('If-None-Match', tag)], [('If-Match', '"x"')], [('If-None-Match', '"x"')], \
        [('Range', 'bytes=5-90'), ('If-Range', tag)], [('Range', 'bytes=5-90'), ('If-Range', '"x"')], \
        [('If-Modified-Since', 'Fri, 01 Jan 2100 00:00:00 GMT')]
    found = []
    for headers in given:
        answer = ask(handing, path, *headers)
        assert same(answer, ask(streaming, path, *headers)), headers
        found.append(answer.status)
    assert found == [304, 412, 200, 206, 200, 304]


@pytest.mark.parametrize('study,query', [
    (MANY, ''), (ODD, ''), (HAND, '?compression=deflate'), (HAND, '?dicomdir=true'),
    (HAND, '?accept=application/zip;transfer-syntax=1.2.840.10008.1.2.1.99')])
def test_what_is_streamed_by_itself(handing, streaming, study, query):
    """Too long a header; a name that is no UTF-8; what must be made first."""
    before = len(settled(handing))
    answer = get(handing, study, query)
    assert (answer.exit, answer.status) == (0, 200), answer
    assert answer.data == get(streaming, study, query).data
    assert ended(handing, before + 1) == 'complete' and cleared(handing.site)


def test_manifest(handing, hand_site):
    """Handed over when its digests are known: from the second time on."""
    hand_site.sql('DELETE FROM wadozip.digest')
    data = []
    for wanted in 'complete', 'handed to the web server':
        before = len(settled(handing))
        data.append(get(handing, HAND, '?manifest=sha256').data)
        assert ended(handing, before + 1) == wanted
    assert data[0] == data[1] and b'MANIFEST.sha256' in data[0]


def test_as_many_as_fit(handing, streaming):
    """A range of a large study needs no long header: by and by all of it is handed over."""
    data = get(streaming, MANY).data
    before = settled(handing).count('handed to the web server')
    got = b''.join(ask(handing, f'/dicom-web/studies/{MANY}', ('Range', f'bytes={i}-{i + 199_999}')).body
                   for i in range(0, len(data), 200_000))
    assert got == data
    assert in_time(5, lambda: ends(handing).count('handed to the web server') > before)


def way(server):
    """What the server says of how it answered."""
    before = len(settled(server))
    assert get(server, HAND).exit == 0
    return ended(server, before + 1)


def test_changed_files(handing, hand_site):
    """Looked at before the status line as always; and what changed just now is streamed until lighttpd has noticed."""
    path = hand_site.roots['h'] / 'a b' / '6.dcm'
    content, times = path.read_bytes(), path.stat()
    path.rename(path.with_suffix('.away'))
    assert get(handing, HAND).status == 500
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert get(handing, HAND).status == 500
    path.write_bytes(content)
    for _ in range(9):  # until the answer came within the three seconds, if this machine was too slow for that
        changed = time.monotonic()
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        how = way(handing)
        if how == 'complete' or time.monotonic() - changed < 3:
            break
    assert how == 'complete'
    time.sleep(SETTLED)
    assert way(handing) == 'handed to the web server'
    path.with_suffix('.away').unlink()


def test_replaced_within_a_second(handing, hand_site, tmp_path):
    """lighttpd remembers what it saw at a path; what it sends is what the catalogue says all the same."""
    path = hand_site.roots['h'] / 'c,d' / '1.dcm'
    for i in range(3):
        assert get(handing, HAND).exit == 0
        data = path.read_bytes()
        path.with_suffix('.new').write_bytes(data[:-1] + bytes([i]))
        path.with_suffix('.new').rename(path)
        assert hand_site.index().code == 0
        (tmp_path / 'x.zip').write_bytes(get(handing, HAND).data)
        assert harness.run('unzip', '-tq', tmp_path / 'x.zip').code == 0
