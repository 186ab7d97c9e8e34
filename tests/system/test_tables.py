# SPDX-License-Identifier: MIT
"""The rows of tests/tables/*.tsv through every web server: as many as can get there unchanged."""
import re
import shutil
import struct
from urllib.parse import quote

import corpus
import harness
import pytest
from client import raw
from servers import FRONT_ENDS

TABLES = harness.REPO / 'tests' / 'tables'
MEDIA = {'zip': 'application/zip', 'multipart': 'multipart/related', 'dicom': 'application/dicom', 'csv': 'text/csv',
         'json': 'application/json', 'octets': 'application/octet-stream', 'octets-multipart': 'multipart/related',
         'metadata-json': 'application/dicom+json', 'metadata-plain': 'application/json',
         'metadata-xml': 'multipart/related',
         'zip-json': 'application/zip', 'zip-xml': 'application/zip'}
DICOM = 'application/dicom'
STUDY, SERIES, SOP = (corpus.uid('tables', *[1] * i) for i in range(3))
SIZE, MODIFIED = 1000, 'Sun, 06 Nov 1994 08:49:37 GMT'
FIELD_MAX = 8000  # of a field that web servers take: 8190 bytes, lighttpd a whole header of 8192


def cell(text):
    """A cell's value; None for "-". The escapes are those in the comment at the top of each table."""
    if text == '-':
        return None
    text = re.sub(r'\\\{(\d+)\|([^}]*)\}', lambda m: int(m[1]) * m[2], text)
    return re.sub(r'\\(x[0-9a-fA-F]{2}|.)', lambda m: chr(int(m[1][1:], 16)) if m[1][0] == 'x' and len(m[1]) == 3 else
                  {'t': '\t', 'e': ''}.get(m[1], m[1]), text)


def rows(name, columns):
    found = [line.split('\t') for line in (TABLES / f'{name}.tsv').read_text().split('\n')
             if line and not line.startswith('#')]
    assert found and all(len(r) == columns for r in found), name
    return [pytest.param(*[cell(c) for c in r], id=f'{r[0]} (line {r[-1]})') for r in found]


def passable(*fields):
    """Whether web servers hand fields on as they are: neither empty nor too long, no control characters."""
    given = [f for f in fields if f is not None]
    return all(f.strip() and not re.search(r'[\x00-\x08\x0a-\x1f\x7f]', f) for f in given) and sum(map(len, given)) < FIELD_MAX


@pytest.fixture(scope='module')
def table_site(pg):
    """One instance of exactly 1000 bytes that was last changed when the tables say."""
    folder = harness.temporary('wztable-')
    head = corpus.header(STUDY, SERIES, SOP, 1, pixel_bytes=0)
    blank = SIZE - len(head)
    (folder / 'one.dcm').write_bytes(head[:-4] + struct.pack('<I', blank) + b'\1' * blank)
    key = harness.owned_by_web_user(harness.temporary('wztablekey-')) / 'basic'
    site = harness.Site(pg, 'tables', {'tables': folder}, **{'deid.basic.key': key}).migrate()
    assert site.index().code == site.cli('deid', 'key', key).code == 0
    harness.give_to_web_user(key)
    site.sql("UPDATE wadozip.instance SET updated = wadozip.microseconds('1994-11-06 08:49:37+00')")
    yield site
    site.remove()
    shutil.rmtree(key.parent)


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def tabled(request, table_site):
    server = harness.front_end(request.param, table_site, workers=1).start()
    yield server
    server.remove()


PATHS = {'study': f'/dicom-web/studies/{STUDY}',
         'instance': f'/dicom-web/studies/{STUDY}/series/{SERIES}/instances/{SOP}',
         'bulkdata': f'/dicom-web/studies/{STUDY}/series/{SERIES}/instances/{SOP}/bulkdata/7fe00010',
         'metadata': f'/dicom-web/studies/{STUDY}/metadata'}


@pytest.mark.parametrize('name,level,header,query,wanted,lines', rows('accept', 6))
def test_accept(tabled, name, level, header, query, wanted, lines):
    if not passable(header, query):
        return
    target = PATHS[level] + ('' if query is None else '?accept=' + quote(query.encode('latin-1'), safe=''))
    answer = raw(tabled.port, target, [] if header is None else [('Accept', header)])
    if wanted.isdigit():
        assert answer.status == int(wanted), answer
        return
    first, *rest = wanted.split(' ')
    medium, form = first.split(':')
    # Forms that this instance (Explicit VR Little Endian) may not be had in lead on to the next one.
    if form in ('default', '*', '1.2.840.10008.1.2.1'):
        assert answer.status == 200 and answer.headers['content-type'].startswith(MEDIA[medium]), answer
    elif answer.status == 200:
        assert answer.headers['content-type'].startswith(tuple(MEDIA[r.split(':')[0]] for r in [first, *rest])), answer
    else:
        assert answer.status == 406 and not any(r.endswith((':default', ':*')) for r in rest), answer


@pytest.mark.parametrize('name,header,size,wanted,lines', rows('range', 5))
def test_range(tabled, name, header, size, wanted, lines):
    if int(size) != SIZE or not passable(header):
        return
    whole = (tabled.site.roots['tables'] / 'one.dcm').read_bytes()
    answer = raw(tabled.port, PATHS['instance'], [('Accept', DICOM)] + ([] if header is None else [('Range', header)]))
    if wanted == 'whole':
        assert (answer.status, answer.body) == (200, whole), answer
    elif wanted == 'unsatisfiable':
        assert (answer.status, answer.headers['content-range']) == (416, f'bytes */{SIZE}'), answer
    else:
        spans = [tuple(map(int, w.split('-'))) for w in wanted.split(' ')]
        assert answer.status == 206, answer
        if len(spans) == 1:
            (a, b), = spans
            assert (answer.headers['content-range'], answer.body) == (f'bytes {a}-{b}/{SIZE}', whole[a:b + 1]), answer
        else:
            assert answer.headers['content-type'].startswith('multipart/byteranges')
            got = re.findall(rb'content-range: bytes (\d+)-(\d+)/1000', answer.body, re.I)
            assert [(int(a), int(b)) for a, b in got] == spans
            for a, b in spans:
                assert b'\r\n\r\n' + whole[a:b + 1] + b'\r\n--' in answer.body


CONDITIONS = ('If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range')


@pytest.mark.parametrize('name,tag,time,im,inm,ims,ius,ir,wanted,range_counts,lines', rows('conditional', 11))
def test_conditions(tabled, name, tag, time, im, inm, ims, ius, ir, wanted, range_counts, lines):
    if (tag, time) != ('"abc-1"', MODIFIED) or not passable(im, inm, ims, ius, ir):
        return
    path = PATHS['instance']
    head = raw(tabled.port, path, [('Accept', DICOM)], method='HEAD')
    assert head.headers['last-modified'] == MODIFIED, head
    real = head.headers['etag'].strip('"')
    given = [(n, v.replace('abc-1', real)) for n, v in zip(CONDITIONS, (im, inm, ims, ius, ir)) if v is not None]
    plain = raw(tabled.port, path, [('Accept', DICOM), *[g for g in given if g[0] != 'If-Range']])
    part = raw(tabled.port, path, [('Accept', DICOM), ('Range', 'bytes=0-9'), *given])
    status = {'send': 200, '304': 304, '412': 412}[wanted]
    assert plain.status == status, (plain, given)
    assert part.status == (status if status != 200 else 206 if range_counts == 'range' else 200), (part, given)


@pytest.mark.parametrize('name,method,uri,script,info,query,accept,wanted,lines', rows('request', 9))
def test_request(tabled, name, method, uri, script, info, query, accept, wanted, lines):
    """The UIDs of this table are unknown here: what is understood ends as 404, what is refused as the table says."""
    if not (uri or '').startswith('/') or script or info or query or not passable(uri, method, accept) or \
            method in (None, 'TRACE') or re.search(r'[ \x80-\xff]', uri):
        return
    headers = [] if accept is None else [('Accept', accept)]
    answer = raw(tabled.port, '/dicom-web' + uri, [*headers, ('Content-Length', '0')], method=method)
    if method not in ('GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH'):
        assert answer.status in (400, 403, 405, 501), answer  # web servers themselves refuse some, and answer TRACE
    elif re.search(r'%00|%2[fF]|%($|[^0-9a-fA-F]|.[^0-9a-fA-F])', uri):
        assert answer.status in (400, 404), answer  # likewise
    elif ' search=' in wanted:
        assert answer.status in (200, 204), answer
    elif wanted.isdigit():
        assert answer.status == int(wanted), answer
    elif wanted.startswith('OPTIONS'):
        assert answer.status == 200 and answer.headers['content-type'].startswith('application/'), answer
    else:
        assert answer.status == 404, answer
