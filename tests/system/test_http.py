# SPDX-License-Identifier: MIT
"""Resources, methods, headers, conditions, ranges and errors, through every web server."""
import email
import json
import random
import re
import zipfile

import harness
import pytest
from corpus import corpus, uid

ZIP = 'application/zip'
BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
UNKNOWN = '1.2.3.4.5.6.7.8.9'


@pytest.fixture(scope='module')
def body(front, whole):
    """The whole answer, to compare parts with."""
    answer = front.get(f'/studies/{whole}', accept=ZIP)
    assert (answer.exit, answer.status) == (0, 200), (answer, answer.text[:800], front.log())
    yield answer.data
    answer.body.unlink()


@pytest.fixture(scope='module')
def levels(expected, whole):
    """Path and number of instances of a study, a series and an instance."""
    one = expected[whole][0]
    return {'study': (f'/studies/{whole}', len(expected[whole])),
            'series': (f'/studies/{whole}/series/{one.series}', sum(i.series == one.series for i in expected[whole])),
            'instance': (f'/studies/{whole}/series/{one.series}/instances/{one.sop}', 1)}


def zipped(answer):
    got = answer.exit, answer.status, answer.headers.get('content-type')
    assert got == (0, 200, ZIP), (answer, answer.text[:500])
    with zipfile.ZipFile(answer.body) as z:
        assert z.testzip() is None
        return len(z.infolist())


@pytest.mark.parametrize('level', ['study', 'series', 'instance'])
@pytest.mark.parametrize('prefix', ['/dicom-web', '/wado'])
def test_resources(front, levels, level, prefix):
    path, count = levels[level]
    assert zipped(front.get(path, accept=ZIP, prefix=prefix)) == count


def test_trailing_slash(front, levels):
    assert zipped(front.get(levels['series'][0] + '/', accept=ZIP)) == levels['series'][1]


def test_headers(front, levels):
    """Check-list lines 25 and 26."""
    path, _ = levels['study']
    h = front.get(path, accept=ZIP).headers
    assert re.fullmatch(r'"[!#-~]+"', h['etag'])
    assert h['accept-ranges'] == 'bytes' and int(h['content-length']) > 0 and 'transfer-encoding' not in h
    assert 'accept' in h['vary'].lower() and 'private' in h['cache-control']
    assert h['content-location'].endswith(path)
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+\.zip".*', h['content-disposition'])
    assert re.fullmatch(r'\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT', h['last-modified'])


@pytest.mark.parametrize('level', ['study', 'series', 'instance'])
def test_head_is_get_without_a_body(front, levels, level):
    get, head = (front.get(levels[level][0], accept=ZIP, method=m) for m in (None, 'HEAD'))
    assert (head.exit, head.status) == (0, 200)
    for headers in (get.headers, head.headers):
        for name in ('date', 'connection', 'keep-alive'):
            headers.pop(name, None)
    assert get.headers == head.headers


@pytest.mark.parametrize('query', [
    'accept=application/zip', 'accept=application%2Fzip', 'accept=application%2fzip', 'accept=APPLICATION/ZIP',
    'accept=application/zip;transfer-syntax=*', 'accept=application/zip%3Btransfer-syntax%3D*',
    'accept=application%2Fzip%3B%20transfer-syntax%3D%22*%22', 'unknown=1&accept=application/zip'])
@pytest.mark.parametrize('header', ['*/*', BROWSER])
def test_query_parameter(front, levels, query, header):
    assert zipped(front.get(f'{levels["series"][0]}?{query}', accept=header)) == levels['series'][1]


@pytest.mark.parametrize('http', ['--http1.0', '--http2-prior-knowledge'])
def test_other_versions_of_http(front, levels, body, http):
    if http != '--http1.0' and front.name == 'apache':  # mod_http2 is tried by tests/fault
        return
    answer = front.get(levels['study'][0], accept=ZIP, http=http)
    assert zipped(answer) and answer.data == body and answer.length == len(body)


@pytest.mark.parametrize('accept', ['application/dicom+xml', 'text/html', 'application/zip;q=0', 'image/jpeg',
                                    'application/zip;transfer-syntax=1.2.840.10008.1.2'])
def test_not_acceptable(front, levels, accept):
    """Check-list lines 9 and 14: 406 with what would work."""
    answer = front.get(levels['series'][0], accept=accept)
    assert answer.status == 406 and 'application/zip' in answer.text and '1.2.840.10008.1.2.1' in answer.text, answer


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'])
def test_other_methods(front, levels, method):
    answer = front.get(levels['series'][0], '--data', '', accept=ZIP, method=method)
    assert answer.status == 405, answer
    assert {'GET', 'HEAD', 'OPTIONS'} <= set(re.split(r',\s*', answer.headers['allow']))


def test_options(front):
    answer = front.get('/', accept='application/json', method='OPTIONS')
    assert answer.status == 200, (answer, answer.text[:500])
    assert 'application/zip' in json.dumps(json.loads(answer.text))


@pytest.mark.parametrize('path', [
    f'/studies/{UNKNOWN}', f'/studies/{UNKNOWN}/series/{UNKNOWN}', '/studies/{study}/series/' + UNKNOWN,
    '/studies/{study}/series/{series}/instances/' + UNKNOWN, '/', '/nothing', '/studies/{study}/nothing',
    '/studies/' + UNKNOWN + '/series/{series}'])
def test_not_found(front, expected, whole, path):
    """Check-list lines 30 and 32: study, series and instance must belong together."""
    one = expected[whole][0]
    answer = front.get(path.format(study=one.study, series=one.series, sop=one.sop), accept=ZIP)
    assert answer.status == 404, answer
    assert str(front.site.folder) not in answer.text and 'SELECT' not in answer.text


MALFORMED = ['a', '1.2.3a', '01.2', '1.02', '1..2', '.1', '1.', '1.2.3%00', '%00', '..', '%2e%2e', '1.2%2F3',
             '1.2/..%2f..', '1' * 65, '1.' + '2' * 63, "1.2.3'", '1.2.3%27--', '1.2%20', '%201.2', '1.2%0d%0aX:%20y',
             '-1.2', '1.2+', '1,2', '1.2;x', '%', '%zz', '1.2%', '%C3%A9', '%FF', '1.2.3%e2%80%8b', '*', '1.2.%33%']


@pytest.mark.parametrize('part', ['study', 'series', 'instance'])
def test_malformed_identifiers_never_reach_sql(front, levels, part, expected, whole):
    """Check-list line 32. What a web server itself refuses or resolves (.. and %2F) may not be found either."""
    one = expected[whole][0]
    frame = {'study': '/studies/{}', 'series': f'/studies/{whole}/series/{{}}',
             'instance': f'/studies/{whole}/series/{one.series}/instances/{{}}'}[part]
    with front.site.pg.statements_logged() as log:
        for bad in MALFORMED:
            answer = front.get(frame.format(bad), accept=ZIP)
            allowed = {400, 404} if re.search(r'%00|\.\.|%2[eEfF]|/|%$|%zz|%0d', bad) else {400}
            assert answer.status in allowed, (bad, answer, answer.text[:300])
            answer.body.unlink()
        assert not re.search('execute|statement:', log()), log()[:3000]
        # That the log would have shown it:
        assert front.get(frame.format(UNKNOWN), accept=ZIP).status == 404
        assert UNKNOWN in log()


@pytest.mark.parametrize('accept,kind', [('*/*', 'text/html'), ('text/plain', 'text/plain'),
                                         ('application/json', 'application/json')])
def test_error_bodies(front, accept, kind):
    """In the wanted form, with an id that the log bears too."""
    answer = front.get('/studies/abc?accept=application/zip', accept=accept)
    assert answer.status in (400, 406) and answer.headers['content-type'].startswith(kind), answer
    if kind == 'application/json':
        json.loads(answer.text)
    assert answer.length == len(answer.data)


def test_conditions(front, levels):
    path = levels['study'][0]
    first = front.get(path, accept=ZIP, method='HEAD').headers

    def status(**headers):
        given = {k.replace('_', '-'): v for k, v in headers.items()}
        answer = front.get(path, accept=ZIP, headers=given)
        assert answer.status in (200, 304, 412) and (answer.status == 200) == (len(answer.data) > 10000)
        if answer.status == 304:
            assert answer.headers['etag'] == first['etag'] and not answer.data
        return answer.status
    early, late = 'Sat, 01 Jan 2000 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT'
    assert status(If_None_Match=first['etag']) == 304
    assert status(If_None_Match=f'"x", W/{first["etag"]}') == 304
    assert status(If_None_Match='*') == 304
    assert status(If_None_Match='"x"') == 200
    assert status(If_None_Match='"x"', If_Modified_Since=late) == 200
    assert status(If_Modified_Since=first['last-modified']) == 304
    assert status(If_Modified_Since=early) == 200
    assert status(If_Match=first['etag']) == 200
    assert status(If_Match='*') == 200
    assert status(If_Match='"x"') == 412
    assert status(If_Match='W/' + first['etag']) == 412
    assert status(If_Unmodified_Since=early) == 412
    assert status(If_Unmodified_Since=late) == 200


def test_entity_tags_differ(front, levels):
    tags = [front.get(levels[level][0] + query, accept=accept, method='HEAD').headers.get('etag')
            for level, query, accept in (('study', '', ZIP), ('series', '', ZIP), ('study', '?names=uid', ZIP),
                                         ('study', '', 'multipart/related;type="application/dicom"'))]
    assert None not in tags and len(set(tags)) == len(tags), tags


def test_single_ranges(front, levels, body):
    size, rng = len(body), random.Random(1)
    spans = [(0, 0), (0, 9), (size - 1, size - 1), (size // 2, size // 2 + 70000), (0, size - 1)]
    spans += [tuple(sorted(rng.sample(range(size), 2))) for _ in range(20)]
    for first, last in spans:
        answer = front.get(levels['study'][0], accept=ZIP, headers={'Range': f'bytes={first}-{last}'})
        assert (answer.exit, answer.status) == (0, 206), answer
        assert answer.headers['content-range'] == f'bytes {first}-{last}/{size}'
        assert answer.length == last - first + 1 and answer.data == body[first:last + 1]
        answer.body.unlink()


def test_open_and_suffix_ranges(front, levels, body):
    size = len(body)
    for asked, start in ((f'bytes={size - 100}-', size - 100), ('bytes=-22', size - 22), (f'bytes=-{size * 2}', 0),
                         (f'bytes={size - 5}-{size * 2}', size - 5), ('bytes=0-', 0)):
        answer = front.get(levels['study'][0], accept=ZIP, headers={'Range': asked})
        assert answer.status == 206 and answer.data == body[start:], (asked, answer)


@pytest.mark.parametrize('asked', ['bytes={0}-', 'bytes={1}-{2}', 'bytes=-0'])
def test_unsatisfiable_ranges(front, levels, body, asked):
    size = len(body)
    answer = front.get(levels['study'][0], accept=ZIP, headers={'Range': asked.format(size, size + 5, size + 9)})
    assert answer.status == 416 and answer.headers['content-range'] == f'bytes */{size}', answer


@pytest.mark.parametrize('asked', ['lines=1-2', 'bytes=9-3', 'bytes=a-b', 'bytes=', 'bytes 0-1', '0-1'])
def test_ranges_that_are_ignored(front, levels, body, asked):
    answer = front.get(levels['study'][0], accept=ZIP, headers={'Range': asked})
    assert answer.status == 200 and answer.data == body, (asked, answer)


def test_several_ranges(front, levels, body):
    size = len(body)
    asked = f'bytes=0-99, 5000-5999,-50, {size // 2}-{size // 2}'
    answer = front.get(levels['study'][0], accept=ZIP, headers={'Range': asked})
    assert answer.status == 206 and answer.headers['content-type'].startswith('multipart/byteranges'), answer
    assert answer.length == len(answer.data)
    message = email.message_from_bytes(f'Content-Type: {answer.headers["content-type"]}\n\n'.encode() + answer.data)
    parts = [(p['Content-Range'], p['Content-Type']) for p in message.get_payload()]
    wanted = [(0, 99), (5000, 5999), (size - 50, size - 1), (size // 2, size // 2)]
    assert parts == [(f'bytes {a}-{b}/{size}', ZIP) for a, b in wanted]
    for a, b in wanted:
        assert b'\r\n\r\n' + body[a:b + 1] + b'\r\n--' in answer.data
    again = front.get(levels['study'][0], accept=ZIP, headers={'Range': asked})
    assert (again.headers['content-type'], again.data) == (answer.headers['content-type'], answer.data)
    other = front.get(levels['series'][0], accept=ZIP, headers={'Range': 'bytes=0-9,20-29'})
    assert other.status == 206 and other.headers['content-type'] != answer.headers['content-type']


def test_if_range(front, levels, body):
    path, tag = levels['study'][0], front.get(levels['study'][0], accept=ZIP, method='HEAD').headers['etag']
    for value, status in ((tag, 206), ('"x"', 200), ('W/' + tag, 200), ('Sat, 01 Jan 2000 00:00:00 GMT', 200)):
        answer = front.get(path, accept=ZIP, headers={'Range': 'bytes=10-19', 'If-Range': value})
        assert answer.status == status and answer.data == (body[10:20] if status == 206 else body), (value, answer)


def test_remote_directory_by_ranges(front, levels, body):
    """The end record, the directory and one member are had without the rest."""
    path = levels['study'][0]
    end = front.get(path, accept=ZIP, headers={'Range': 'bytes=-22'}).data
    size, start = int.from_bytes(end[12:16], 'little'), int.from_bytes(end[16:20], 'little')
    directory = front.get(path, accept=ZIP, headers={'Range': f'bytes={start}-{start + size - 1}'}).data
    assert directory[:4] == b'PK\1\2' and directory.count(b'PK\1\2') == levels['study'][1]


@pytest.fixture(scope='module')
def other(pg, tmp_path_factory):
    """A small site of its own that may be changed, behind lighttpd: 3 of the CT slices in a study."""
    folder = harness.temporary('wzother-')
    for source in sorted(corpus('ct').glob('*.dcm'))[:3]:
        (folder / source.name).write_bytes(source.read_bytes())
    site = harness.Site(pg, 'other', {'other': folder}).migrate()
    assert site.index().code == 0
    yield site
    site.remove()


def test_limits_are_413(other):
    other.write_config(max_instances=2)
    front = harness.Lighttpd(other, 'spawned', workers=1).start()
    try:
        answer = front.get(f'/studies/{uid("ct")}', accept=ZIP)
        assert answer.status == 413, answer
    finally:
        front.remove()
        other.write_config(max_instances=None)


def test_chunked_setting(other):
    other.write_config(framing='chunked')
    front = harness.Lighttpd(other, 'spawned', workers=1).start()
    try:
        answer = front.get(f'/studies/{uid("ct")}', accept=ZIP)
        assert zipped(answer) == 3 and answer.headers.get('transfer-encoding') == 'chunked'
        assert answer.headers.get('accept-ranges') != 'bytes' and answer.length is None
    finally:
        front.remove()
        other.write_config(framing=None)


@pytest.mark.parametrize('access,user,status', [('none', None, 404), ('user', None, 401), ('all', None, 200)])
def test_access(other, access, user, status):
    other.write_config(access=access)
    front = harness.Lighttpd(other, 'spawned', workers=1).start()
    try:
        answer = front.get(f'/studies/{uid("ct")}', accept=ZIP)
        assert answer.status == status, answer
        assert status != 401 or 'www-authenticate' in answer.headers
    finally:
        front.remove()
        other.write_config(access='all')


def test_removed_files_are_410(other):
    folder = other.roots['other']
    paths = sorted(folder.glob('*.dcm'))
    kept = [p.read_bytes() for p in paths]
    front = harness.Lighttpd(other, 'socket').start()
    try:
        for p in paths:
            p.unlink()
        assert front.get(f'/studies/{uid("ct")}', accept=ZIP).status >= 500  # not known yet: an honest error
        assert other.index(folder, prune=True, force=True).code == 0
        assert front.get(f'/studies/{uid("ct")}', accept=ZIP).status == 410
        for p, data in zip(paths, kept):
            p.write_bytes(data)
        assert other.index().code == 0
        assert zipped(front.get(f'/studies/{uid("ct")}', accept=ZIP)) == 3
    finally:
        front.remove()


@pytest.mark.parametrize('kind', ['lighttpd-socket', 'apache-fcgid'])
def test_database_away_is_503_and_comes_back(kind, other):
    pg = harness.Postgres().start()
    site = harness.Site(pg, 'away', other.roots).migrate()
    front = harness.front_end(kind, site)
    try:
        assert site.index().code == 0
        front.start()
        assert zipped(front.get(f'/studies/{uid("ct")}', accept=ZIP)) == 3
        pg.stop()
        answer = front.get(f'/studies/{uid("ct")}', accept=ZIP)
        assert answer.status == 503 and int(answer.headers['retry-after']) > 0, answer
        pg.start()
        harness.wait_for('the database', lambda: front.get(f'/studies/{uid("ct")}', accept=ZIP).status != 503)
        assert zipped(front.get(f'/studies/{uid("ct")}', accept=ZIP)) == 3
    finally:
        front.remove()
        site.remove()
        pg.remove()
