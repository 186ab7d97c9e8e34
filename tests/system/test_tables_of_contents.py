# SPDX-License-Identifier: MIT
"""Tables of what an archive holds (text/csv, application/json), through every web server."""
import csv
import io
import json
import zipfile

import corpus
import harness
import operator_site
import pytest

ZIP, CSV, JSON = 'application/zip', 'text/csv', 'application/json'
TYPES = {CSV: 'text/csv; charset=utf-8; header=present', JSON: JSON}
COLUMNS = ['path', 'study_uid', 'series_uid', 'sop_uid', 'sop_class_uid', 'stored_transfer_syntax_uid',
           'transfer_syntax_uid', 'size', 'crc32', 'conflicts']
BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'


def read(answer):
    assert (answer.exit, answer.status) == (0, 200), (answer, answer.text[:500])
    if answer.headers['content-type'] == JSON:
        found = [{k: '' if v is None else str(v) for k, v in row.items()} for row in json.loads(answer.text)]
    else:
        assert answer.headers['content-type'] == TYPES[CSV]
        assert answer.text.endswith('\r\n')
        found = list(csv.DictReader(io.StringIO(answer.text, newline=''), strict=True))
    assert all(list(row) == COLUMNS for row in found)
    return found


@pytest.fixture(scope='module')
def path(whole):
    return f'/studies/{whole}'


@pytest.mark.parametrize('form', ['', ';transfer-syntax=*'])
@pytest.mark.parametrize('query', ['', '?names=uid', '?compression=none', '?compression=deflate'])
def test_the_table_is_what_the_archive_holds(front, path, expected, whole, form, query):
    archive = front.get(path + query, accept=ZIP + form)
    with zipfile.ZipFile(archive.body) as z:
        members = [(i.filename, i.file_size, f'{i.CRC:08x}') for i in z.infolist()]
    for kind in (CSV, JSON):
        found = read(front.get(path + query, accept=kind + form))
        assert [(r['path'], int(r['size']), r['crc32']) for r in found] == members
        assert [(r['study_uid'], r['series_uid'], r['sop_uid'], r['stored_transfer_syntax_uid']) for r in found] == [
            (i.study, i.series, i.sop, i.syntax) for i in expected[whole]]
        assert all(r['transfer_syntax_uid'] == r['stored_transfer_syntax_uid'] for r in found)
        assert all(r['conflicts'] == '0' for r in found)
        assert all(r['sop_class_uid'].startswith('1.2.840.10008.5.1.4.') for r in found)


def test_levels(front, path, expected, whole):
    one = expected[whole][0]
    rows = read(front.get(path, accept=CSV))
    series = read(front.get(f'{path}/series/{one.series}', accept=CSV))
    assert series == [r for r in rows if r['series_uid'] == one.series]
    instance = read(front.get(f'{path}/series/{one.series}/instances/{one.sop}', accept=JSON))
    assert [r['sop_uid'] for r in instance] == [one.sop] and len(instance) == 1
    assert front.get('/studies/1.2.3.4', accept=CSV).status == 404


def test_every_study(front, expected):
    for study, instances in expected.items():
        answer = front.get(f'/studies/{study}', accept=f'{JSON};transfer-syntax=*')
        if answer.status == 406:
            continue
        assert sorted(r['sop_uid'] for r in read(answer)) == sorted(i.sop for i in instances)


def test_asked_for_in_each_way(front, path):
    """A browser's header selects no table, its query parameter does."""
    assert front.get(path, accept=BROWSER).headers['content-type'].startswith('multipart/related')
    assert front.get(path, accept='application/json, text/plain, */*').headers['content-type'].startswith('multipart/')
    for kind in (CSV, JSON):
        assert front.get(f'{path}?accept={kind}', accept=BROWSER).headers['content-type'] == TYPES[kind]
        assert front.get(path, accept=f'{kind}, */*;q=0.1').headers['content-type'] == TYPES[kind]
    h = front.get(f'{path}?accept=text/csv', accept='*/*').headers
    assert h['content-disposition'].startswith('attachment; filename="') and h['content-disposition'].endswith('.csv"')
    assert h['vary'].lower() == 'accept' and h['x-content-type-options'] == 'nosniff'


@pytest.mark.parametrize('kind', [CSV, JSON])
def test_head_conditions_and_ranges(front, path, kind):
    whole = front.get(path, accept=kind)
    data, tag = whole.data, whole.headers['etag']
    assert whole.length == len(data) and whole.headers['accept-ranges'] == 'bytes'
    assert 'transfer-encoding' not in whole.headers
    head = front.get(path, accept=kind, method='HEAD')
    assert (head.status, head.length, head.headers['etag']) == (200, len(data), tag)
    assert head.headers['last-modified'] == whole.headers['last-modified']
    assert front.get(path, accept=ZIP, method='HEAD').headers['etag'] != tag
    again = front.get(path, accept=kind, headers={'If-None-Match': tag})
    assert (again.status, again.data) == (304, b'')
    assert front.get(path, accept=kind, headers={'If-Match': '"other"'}).status == 412
    for first, last in ((0, 0), (1, 999), (len(data) // 2, len(data) - 1), (len(data) - 7, len(data) + 50)):
        part = front.get(path, accept=kind, headers={'Range': f'bytes={first}-{last}'})
        assert (part.status, part.data) == (206, data[first:last + 1])
        assert part.headers['content-range'] == f'bytes {first}-{min(last, len(data) - 1)}/{len(data)}'
    several = front.get(path, accept=kind, headers={'Range': 'bytes=0-9,100-119'})
    assert several.status == 206 and several.headers['content-type'].startswith('multipart/byteranges')
    assert data[:10] in several.data and data[100:120] in several.data
    stale = front.get(path, accept=kind, headers={'Range': 'bytes=0-9', 'If-Range': '"other"'})
    assert (stale.status, stale.data) == (200, data)
    beyond = front.get(path, accept=kind, headers={'Range': f'bytes={len(data)}-'})
    assert (beyond.status, beyond.headers['content-range']) == (416, f'bytes */{len(data)}')


def test_no_file_is_read(make_site):
    """A table is what the catalogue knows, also while the files are away, also of a study that is too large."""
    folder = harness.temporary('wzlist-')
    operator_site.write(folder / 'a.dcm', 1)
    site = make_site('listing', {'r': folder}, max_bytes=10)
    assert site.index().code == 0
    (folder / 'a.dcm').unlink()
    server = harness.front_end('lighttpd-socket', site).start()
    try:
        study = f'/studies/{corpus.uid("study")}'
        assert len(read(server.get(study, accept=CSV))) == 1
        assert server.get(study, accept=ZIP).status == 413
    finally:
        server.remove()
        folder.rmdir()
