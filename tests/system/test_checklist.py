# SPDX-License-Identifier: MIT
"""The check-list that the service is built against: one test a line, which bears its number, through every web server.

Lines 1 to 10 are negotiation, 25 to 32 HTTP. test_http.py, test_tables.py and test_fcgi.py go into the corners of each.
"""
import email
import json
import os
import random
import re
import shutil
import time
import zipfile

import harness
import pytest
from client import raw
from corpus import header, uid
from downloads import Slow, vault, vault_site  # noqa: F401
from downloads import STUDY as VAULT
from servers import FRONT_ENDS

ZIP, MULTIPART, DICOM = 'application/zip', 'multipart/related; type="application/dicom"', 'application/dicom'
BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8'
STUDY = uid('checklist')
SERIES = [uid('checklist', s) for s in range(2)]
INSTANCES = [(s, uid('checklist', s, i)) for s, count in enumerate((2, 1)) for i in range(count)]
PIXELS = 512 * 512 * 2  # so that an answer is larger than a worker's buffer
PATHS = {'study': f'/studies/{STUDY}', 'series': f'/studies/{STUDY}/series/{SERIES[0]}',
         'instance': f'/studies/{STUDY}/series/{SERIES[0]}/instances/{INSTANCES[0][1]}'}
COUNTS = {'study': 3, 'series': 2, 'instance': 1}
UNKNOWN = '/studies/1.2.3.4.5.6.7.8.9'


def write(folder, salt='', only=None):
    """Three instances in two series, as files of fixed bytes; `salt` changes what they show, or what one shows."""
    for n, (s, sop) in enumerate(INSTANCES):
        if only not in (None, n):
            continue
        path = folder / f'{n}.dcm'
        path.write_bytes(header(STUDY, SERIES[s], sop, n + 1, series_number=s + 1, rows=512, columns=512,
                                pixel_bytes=PIXELS) + random.Random(f'{n}{salt}').randbytes(PIXELS))
        path.chmod(0o644)


@pytest.fixture(scope='module')
def small(pg):
    folder = harness.temporary('wzlist-')
    write(folder)
    site = harness.Site(pg, 'checklist', {'list': folder}).migrate()
    assert site.index().code == 0
    yield site
    site.remove()
    shutil.rmtree(folder)


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, small):
    server = harness.front_end(request.param, small, workers=2).start()
    yield server
    server.remove()


@pytest.fixture
def restored(small):
    """The files may be changed: afterwards they and the catalogue are as they were."""
    folder = small.roots['list']
    yield folder
    write(folder)
    assert small.index().code == 0


def files():
    """The bytes of the three instances in order."""
    folder = harness.temporary('wzwanted-')
    write(folder)
    data = [(folder / f'{n}.dcm').read_bytes() for n in range(len(INSTANCES))]
    shutil.rmtree(folder)
    return data


def kind(answer):
    return answer.headers.get('content-type', '').split(';')[0]


def members(answer):
    assert (answer.exit, answer.status, kind(answer)) == (0, 200, ZIP), (answer, answer.text[:500])
    with zipfile.ZipFile(answer.body) as z:
        return [z.read(n) for n in z.namelist()]


def parts(answer):
    assert (answer.exit, answer.status, kind(answer)) == (0, 200, 'multipart/related'), (answer, answer.text[:500])
    head = f'Content-Type: {answer.headers["content-type"]}\n\n'.encode()
    boundary = email.message_from_bytes(head).get_boundary().encode()
    pieces = (b'\r\n' + answer.data).split(b'\r\n--' + boundary)
    assert pieces[0] == b'' and pieces[-1].rstrip(b'\r\n') == b'--'
    found = [p.partition(b'\r\n\r\n') for p in pieces[1:-1]]
    assert all(b'application/dicom' in h and b'transfer-syntax=1.2.840.10008.1.2.1' in h for h, _, _ in found), found
    return [body for _, _, body in found]


@pytest.mark.parametrize('level', PATHS)
def test_line_1_zip(door, level):
    assert members(door.get(PATHS[level], accept=ZIP)) == files()[:COUNTS[level]]


@pytest.mark.parametrize('accept', ['*/*', BROWSER])
def test_line_2_query_parameter(door, accept):
    assert members(door.get(PATHS['study'] + '?accept=application/zip', accept=accept)) == files()


@pytest.mark.parametrize('level', PATHS)
@pytest.mark.parametrize('accept', ['*/*', MULTIPART, 'multipart/related', 'multipart/*'])
def test_line_3_multipart_is_the_default(door, level, accept):
    answer = door.get(PATHS[level], accept=accept)
    assert parts(answer) == files()[:COUNTS[level]]
    assert answer.length == len(answer.data)


def test_line_4_no_accept_header(door):
    """The parameter alone decides; without it too the default is sent. Python, Java, Go, Node and busybox send no Accept."""
    none = {'Accept': None}
    assert members(door.get(PATHS['study'] + '?accept=application/zip', headers=none)) == files()
    assert parts(door.get(PATHS['study'], headers=none)) == files()
    assert door.get(PATHS['study'] + '?accept=image/x-none', headers=none).status == 406


def test_line_4_required_by_the_setting(small):
    small.write_config(require_accept='1')
    server = harness.front_end('lighttpd-socket', small).start()
    small.write_config(require_accept=None)
    try:
        assert server.get(PATHS['study'], headers={'Accept': None}).status == 406
        assert server.get(PATHS['study'] + '?accept=application/zip', headers={'Accept': None}).status == 200
        assert server.get(PATHS['study'], accept='*/*').status == 200
    finally:
        server.remove()


def test_line_4_a_resumed_download_goes_on(door):
    """Chromium resumes without an Accept field."""
    path = PATHS['study'] + '?accept=application/zip'
    whole = door.get(path, accept=BROWSER)
    rest = {'Accept': None, 'Range': 'bytes=1000-', 'If-Range': whole.headers['etag']}
    answer = door.get(path, headers=rest)
    assert answer.status == 206 and answer.data == whole.data[1000:], answer


@pytest.mark.parametrize('value', ['application/*', 'application/zip,image/*', 'multipart/*'])
def test_line_5_no_partial_wildcards_in_the_parameter(door, value):
    assert door.get(f'{PATHS["study"]}?accept={value}', accept='*/*').status == 400


@pytest.mark.parametrize('value', ['*/*', '*', '*%2F*'])
def test_line_5_any_type_in_the_parameter(door, value):
    assert parts(door.get(f'{PATHS["study"]}?accept={value}', accept=ZIP)) == files()


@pytest.mark.parametrize('accept,wanted', [
    (f'{ZIP};q=0.2, {MULTIPART}', 'multipart/related'), (f'{ZIP}, {MULTIPART};q=0.2', ZIP),
    (f'{MULTIPART};q=0.999, {ZIP};q=1.0', ZIP), (f'{ZIP};q=0, */*', 'multipart/related'),
    (f'{ZIP};q=0, application/*, multipart/*;q=0.1', 'multipart/related'), (f'*/*;q=0.1, {ZIP}', ZIP)])
def test_line_6_weights(door, accept, wanted):
    answer = door.get(PATHS['study'], accept=accept)
    assert (answer.status, kind(answer)) == (200, wanted), answer


@pytest.mark.parametrize('value,wanted', [
    ('application/zip', ZIP), ('application%2Fzip', ZIP), ('APPLICATION/Zip', ZIP),
    ('application/zip;transfer-syntax=*', ZIP), ('application/zip%3Btransfer-syntax%3D*', ZIP),
    ('application/zip;transfer-syntax=1.2.840.10008.1.2.1', ZIP), ('application/zip;type=%22application/dicom%22', ZIP),
    ('multipart/related;type=%22application/dicom%22', 'multipart/related'),
    ('multipart/related;type=application/dicom', 'multipart/related'),
    ('multipart/related;+type=%22application/dicom%22', 'multipart/related'),
    ('Multipart/Related;type="application/dicom";transfer-syntax=*', 'multipart/related'),
    ('application/dicom%2Bjson', None), ('application/dicom+json', None)])
def test_line_7_forms_of_the_parameter(door, value, wanted):
    """The parameter beats the header, which wants something else that is on offer."""
    other = ZIP if wanted != ZIP else MULTIPART
    answer = door.get(f'{PATHS["study"]}?accept={value}', accept=other)
    assert (answer.status, kind(answer)) == ((200, wanted) if wanted else (406, 'text/html')), answer


def test_line_8_unknown_and_malformed(door):
    study = PATHS['study']
    assert members(door.get(study, accept=f'x/y, application/;, ;;, foo, {ZIP}, a/b;c="')) == files()
    assert members(door.get(study + '?foo=bar&accept=application/zip&limit=x&fuzzy', accept='*/*')) == files()
    for query in ('accept=zip', 'accept=', 'accept=application/zip;q=x', 'names=other', 'names=uid&names=uid',
                  'dicomdir=perhaps', 'compression=lzma', 'accept=application/zip;transfer-syntax=a', 'accept=%'):
        assert door.get(f'{study}?{query}', accept=ZIP).status == 400, query


@pytest.mark.parametrize('accept,wanted', [
    ('image/x-none', 'text/html'), ('text/plain, image/x-none', 'text/plain'),
    ('application/dicom+json', 'application/json')])
def test_line_9_406_says_what_would_work(door, accept, wanted):
    answer = door.get(PATHS['study'], accept=accept)
    assert (answer.status, kind(answer)) == (406, wanted), answer
    text = answer.text.replace('&quot;', '"') if wanted != 'application/json' else ' '.join(
        json.loads(answer.text)['mediaTypes'] + json.loads(answer.text)['transferSyntaxes'])
    for reported in (ZIP, MULTIPART, DICOM, '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.90', '*'):
        assert reported in text, reported
    assert not re.search(r'1\.2\.840\.10008\.1\.2(\.2)?[^.0-9]', text)  # those that are never sent


@pytest.mark.parametrize('accept', ['a/b,' * 1800, 'application/zip;x=' + '"' * 4000, ';' * 7000, '*/*;q=0,' * 900,
                                    'application/zip' + ';transfer-syntax=*' * 300, '(' * 7000, '\\"' * 3500])
def test_line_10_hostile_accept(door, accept):
    began = time.monotonic()
    answer = raw(door.port, '/dicom-web' + PATHS['study'], [('Accept', accept)])
    assert answer.status in (400, 406) and time.monotonic() - began < 20, answer  # milliseconds, were they not hostile
    assert members(door.get(PATHS['study'], accept=ZIP)) == files()


@pytest.mark.parametrize('accept', [ZIP, MULTIPART, DICOM])
def test_line_25_length_and_head(door, restored, accept):
    """HEAD costs no file: it is answered when they are away."""
    get = door.get(PATHS['instance'], accept=accept)
    assert get.length == len(get.data) and 'transfer-encoding' not in get.headers
    for n in range(len(INSTANCES)):
        (restored / f'{n}.dcm').unlink()
    head = raw(door.port, '/dicom-web' + PATHS['instance'], [('Accept', accept)], method='HEAD')
    assert (head.status, head.body) == (200, b''), head
    unlike = ('date', 'connection', 'keep-alive')
    assert {k: v for k, v in head.headers.items() if k not in unlike} == \
        {k: v for k, v in get.headers.items() if k not in unlike}


def test_line_26_headers_and_tags(door, restored, small):
    seen = {}
    for level, query, accept in (
            ('study', '', ZIP), ('series', '', ZIP), ('instance', '', ZIP), ('instance', '', MULTIPART),
            ('instance', '', DICOM), ('study', '', MULTIPART), ('study', '?names=uid', ZIP)):
        h = door.get(PATHS[level] + query, accept=accept, method='HEAD').headers
        assert h['content-location'] == '/dicom-web' + PATHS[level]
        assert 'accept' in h['vary'].lower() and h['cache-control'] == 'private' and h['accept-ranges'] == 'bytes'
        assert re.fullmatch(r'"[!#-~]+"', h['etag']) and 'last-modified' in h
        seen[level, query, accept] = h['etag']
    assert len(set(seen.values())) == len(seen), seen
    write(restored, salt='changed', only=1)
    assert small.index().code == 0
    for (level, query, accept), tag in seen.items():
        now = door.get(PATHS[level] + query, accept=accept, method='HEAD').headers['etag']
        assert (now == tag) == (level == 'instance'), (level, query, accept)  # that one has not been changed


def test_line_27_same_bytes_in_whole_and_in_parts(door):
    path = PATHS['study']
    one, two = (door.get(path, accept=ZIP) for _ in range(2))
    assert one.data == two.data and one.headers['etag'] == two.headers['etag']
    size, tag = len(one.data), one.headers['etag']
    for first in random.Random(1).sample(range(size), 10):
        begun = door.folder / 'begun.zip'
        begun.write_bytes(one.data[:first])
        answer = door.get(path, '--continue-at', '-', accept=ZIP, headers={'If-Range': tag}, out=begun)
        assert answer.status == 206 and answer.data == one.data, (first, answer)
    assert door.get(path, accept=ZIP, headers={'Range': f'bytes={size}-'}).status == 416
    assert door.get(path, accept=ZIP, headers={'Range': 'bytes=-9'}).data == one.data[-9:]
    several = door.get(path, accept=ZIP, headers={'Range': 'bytes=0-9,100-199,-5'})
    assert several.status == 206 and kind(several) == 'multipart/byteranges' and several.length == len(several.data)
    assert door.get(path, accept=ZIP, headers={'Range': 'bytes=0-9', 'If-Range': '"other"'}).data == one.data


def test_line_28_not_modified_without_a_file(door, restored):
    head = door.get(PATHS['study'], accept=ZIP, method='HEAD').headers
    for n in range(len(INSTANCES)):
        (restored / f'{n}.dcm').unlink()
    for given, status in (({'If-None-Match': head['etag']}, 304), ({'If-Modified-Since': head['last-modified']}, 304),
                          ({'If-Match': '"other"'}, 412)):
        answer = door.get(PATHS['study'], accept=ZIP, headers=given)
        assert answer.status == status and (answer.data == b'') == (status == 304), answer


def test_line_29_errors_before_and_after_the_status_line(door, restored):
    (restored / '2.dcm').chmod(0)
    assert door.get(PATHS['study'], accept=ZIP).status == 500
    (restored / '2.dcm').unlink()
    answer = door.get(PATHS['study'], accept=ZIP)
    assert answer.status == 500 and kind(answer) == 'text/html', answer
    write(restored)
    assert door.site.index().code == 0
    times = (restored / '2.dcm').stat()
    write(restored, salt='rot', only=2)  # of the same size and age: found out when it is sent
    os.utime(restored / '2.dcm', ns=(times.st_atime_ns, times.st_mtime_ns))
    versions = ['--http1.0', '--http1.1'] + ['--http2-prior-knowledge'] * (door.name != 'apache')
    for http in versions:
        answer = door.get(PATHS['study'], accept=ZIP, http=http)
        assert answer.status == 200 and answer.exit != 0, (http, answer, door.log())


def test_line_30_status_codes(door):
    for path in (UNKNOWN, PATHS['study'] + '/series/1.2', PATHS['series'] + '/instances/1.2', PATHS['study'] + '/x'):
        assert door.get(path, accept=ZIP).status == 404, path
    for method in ('POST', 'PUT', 'DELETE', 'PATCH'):
        answer = door.get(PATHS['study'], accept=ZIP, method=method, headers={'Content-Length': '0'})
        assert answer.status == 405 and {'GET', 'HEAD', 'OPTIONS'} <= set(re.split(r',\s*', answer.headers['allow']))
    assert door.get(PATHS['study'], accept=ZIP).status == 200  # 206 is for Range alone
    assert door.get(PATHS['study'], accept=ZIP, headers={'Range': 'bytes=0-'}).status == 206


@pytest.mark.parametrize('kind_of', FRONT_ENDS)
def test_line_31_a_slow_reader_holds_no_transaction(kind_of, vault_site, request):  # noqa: F811
    door = harness.front_end(kind_of, vault_site, workers=2)
    request.addfinalizer(door.remove)
    with Slow(door.start()) as slow:
        slow.wait_for_bytes()
        slow.hold()
        state = vault_site.pg.query('postgres', 'SELECT state, xact_start IS NULL FROM pg_stat_activity WHERE '
                                    f"datname = '{vault_site.name}' AND usename = '{vault_site.pg.WEB_ROLE}'")
        assert state and all(row == ['idle', 't'] for row in state), state
        slow.close()
        harness.wait_for('log', lambda: re.search(f'GET study {VAULT} 200 .* client left', door.log()))


def test_line_32_malformed_identifiers(door):
    with door.site.pg.statements_logged() as log:
        for bad in ('01.2', '1.' + '2' * 63, '1.2a', "1'--", '..%2f1.2', '1.2%00', '-1', '1..2', '%20'):
            for path in (f'/studies/{bad}', f'{PATHS["study"]}/series/{bad}', f'{PATHS["series"]}/instances/{bad}'):
                assert door.get(path, accept=ZIP).status in (400, 404), path
        assert not re.search('execute|statement:', log())
    for one, other in ((0, 2), (1, 2)):
        path = f'/studies/{STUDY}/series/{SERIES[1 - INSTANCES[one][0]]}/instances/{INSTANCES[one][1]}'
        assert door.get(path, accept=ZIP).status == 404, other


def test_every_line_is_here():
    lines = {int(found[1]) for name in globals() if (found := re.match(r'test_line_(\d+)_', name))}
    assert lines == {*range(1, 11), *range(25, 33)}
