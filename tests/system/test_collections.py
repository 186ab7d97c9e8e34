# SPDX-License-Identifier: MIT
"""GET /collections/ID: one archive of a frozen list, with the length, ranges and limits of any other, whole or in parts."""
import csv
import io
import json
import re
from xml.etree import ElementTree

import harness
import pydicom
import pytest
from client import raw
from collections_site import ask, create, members
from searches import ROOT, generated, order
from servers import FRONT_ENDS


@pytest.fixture(scope='module')
def archive(pg):
    made = generated(pg, 'collections', studies=20)
    made.wanted = [d for d in made.sets if int(d.StudyInstanceUID.split('.')[-1]) > 5]
    made.id = create(made.site, '\n'.join({d.StudyInstanceUID for d in made.wanted}), '--name', 'fifteen')
    yield made
    made.site.remove()


@pytest.fixture(scope='module')
def one(archive):
    server = harness.front_end('lighttpd-spawned', archive.site, workers=2).start()
    yield server
    server.remove()


def archive_order(d):
    return d.PatientID, d.get('IssuerOfPatientID', ''), d.StudyDate, d.StudyInstanceUID, *order(d)


def parts(server, collection, size):
    """All parts until there is no further one."""
    found, number = [], 1
    while (answer := ask(server, f'/collections/{collection}?part_bytes={size}&part={number}')).status == 200:
        found.append(answer)
        number += 1
    assert answer.status == 404 and f'the collection has {number - 1} parts of this size'.encode() in answer.body
    return found


def test_members(archive, one):
    """Each instance once, in order, in a folder a patient and study; the same files as the study's own archive has."""
    got = members(ask(one, f'/collections/{archive.id}?compression=none'))
    assert [d.SOPInstanceUID for _, d in got] == [d.SOPInstanceUID for d in sorted(archive.wanted, key=archive_order)]
    assert len({n.lower() for n, _ in got}) == len(got)
    patients, studies = {}, {}
    for name, d in got:
        patient, study, _, file = name.split('/')
        assert re.fullmatch(r'P\d{4}', patient) and re.fullmatch(r'[\w.-]+\.dcm', file), name
        assert patients.setdefault(patient, (d.PatientID, d.get('IssuerOfPatientID', ''))) == (
            d.PatientID, d.get('IssuerOfPatientID', ''))
        assert studies.setdefault(f'{patient}/{study}', d.StudyInstanceUID) == d.StudyInstanceUID
        assert d.StudyDate in study and d.StudyDescription.split(' ')[0] in study
    assert list(patients) == [f'P{n + 1:04}' for n in range(len(patients))] and len(set(patients.values())) == len(patients)
    for folder, study in list(studies.items())[::4]:
        own = {d.SOPInstanceUID: n.split('/')[-1] for n, d in members(ask(one, f'/studies/{study}?compression=none'))}
        assert {d.SOPInstanceUID: n.split('/')[-1] for n, d in got if n.startswith(f'{folder}/')} == own


def test_names_by_uid_and_manifest(archive, one):
    for name, d in members(ask(one, f'/collections/{archive.id}.zip?names=uid', accept=None)):
        assert name == f'{d.StudyInstanceUID}/{d.SeriesInstanceUID}/{d.SOPInstanceUID}.dcm'
    folder = harness.temporary('wzcollection-')
    (folder / 'a.zip').write_bytes(ask(one, f'/collections/{archive.id}?manifest=sha256').body)
    harness.run('unzip', '-q', 'a.zip', cwd=folder, check=True)
    done = harness.run('sha256sum', '--check', '--strict', 'MANIFEST.sha256', cwd=folder, check=True)
    assert done.out.count(': OK') == len(archive.wanted)


def test_tables(archive, one):
    rows = list(csv.DictReader(io.StringIO(ask(one, f'/collections/{archive.id}', accept='text/csv').body.decode())))
    assert json.loads(ask(one, f'/collections/{archive.id}', accept='application/json').body)[0].keys() == rows[0].keys()
    got = members(ask(one, f'/collections/{archive.id}'))
    assert [(r['path'], r['sop_uid']) for r in rows] == [(n, d.SOPInstanceUID) for n, d in got]
    again = ask(one, f'/collections/{archive.id}', accept='text/csv').body.decode()
    assert create(archive.site, again) == archive.id, 'a table of a collection is the list of the same one'


@pytest.mark.parametrize('size', [1, 3000, '9K'])
def test_parts(archive, one, size):
    """Complete archives of whole series, the same each time; unzipped together they are the whole."""
    whole = members(ask(one, f'/collections/{archive.id}'))
    all_parts = parts(one, archive.id, size)
    assert [a.body for a in parts(one, archive.id, size)] == [a.body for a in all_parts]
    assert len({a.headers['etag'] for a in all_parts}) == len(all_parts)
    got = [members(a) for a in all_parts]
    assert [(n, d.SOPInstanceUID) for part in got for n, d in part] == [(n, d.SOPInstanceUID) for n, d in whole]
    series = [{d.SeriesInstanceUID for _, d in part} for part in got]
    assert sum(map(len, series)) == len(set().union(*series))
    if size == 1:
        assert {len(s) for s in series} == {1}
    else:
        limit = 3000 if size == 3000 else 9 << 10
        files = {pydicom.dcmread(p).SOPInstanceUID: p.stat().st_size for p in archive.site.roots['search'].iterdir()}
        for part, uids in zip(got, series):
            assert sum(files[d.SOPInstanceUID] for _, d in part) <= limit or len(uids) == 1
    first = all_parts[0].headers
    assert first['content-disposition'] == f'attachment; filename="{archive.id}-1.zip"'
    number = {1: 1, 3000: 3000, '9K': 9216}[size]
    assert first['content-location'] == f'/dicom-web/collections/{archive.id}?part_bytes={number}&part=1'


@pytest.mark.parametrize('kind', FRONT_ENDS)
def test_length_tag_and_ranges(archive, kind):
    """HEAD, conditions, and a download that is broken off and resumed, through each web server."""
    server = harness.front_end(kind, archive.site, workers=2).start()
    try:
        path = f'/collections/{archive.id}'
        whole = ask(server, path)
        assert len(members(whole)) == len(archive.wanted) and whole.headers['accept-ranges'] == 'bytes'
        assert whole.headers['content-disposition'] == f'attachment; filename="{archive.id}.zip"'
        head = ask(server, path, method='HEAD')
        assert head.headers['content-length'] == str(len(whole.body)) and head.headers['etag'] == whole.headers['etag']
        assert ask(server, path, **{'If-None-Match': whole.headers['etag']}).status == 304
        rest = ask(server, path, Range='bytes=1000-', **{'If-Range': whole.headers['etag']})
        assert rest.status == 206 and rest.body == whole.body[1000:]
        assert ask(server, f'{path}.zip', accept=None).body == whole.body
    finally:
        server.remove()


def test_refusals(archive, one):
    for path, status, why in (('?part_bytes=0&part=1', 400, b'part_bytes is a number'), ('?part=1', 400, b'needs part_bytes'),
                              ('?part_bytes=1', 400, b'part is missing'), ('?part_bytes=1&part=0', 400, b'from 1'),
                              ('?dicomdir=true', 400, b'DICOMDIR')):
        answer = ask(one, f'/collections/{archive.id}{path}')
        assert answer.status == status and why in answer.body, (path, answer)
    assert ask(one, f'/studies/{ROOT}.1?part_bytes=1&part=1').status == 400
    assert ask(one, f'/collections/{"0" * 32}').status == 404
    assert ask(one, f'/collections/{archive.id.upper()}').status == 404
    assert ask(one, f'/collections/{archive.id}', accept='application/dicom').status == 406
    answer = ask(one, '/collections')
    assert answer.status == 405 and b'created here by POST' in answer.body
    assert ask(one, f'/studies/{ROOT}.1', method='POST', **{'Content-Length': '0'}).status == 405


@pytest.mark.parametrize('setting', ['max_instances', 'max_bytes'])
def test_too_much_names_the_parts(archive, make_site, setting):
    site = make_site('limited', archive.site.roots)
    assert site.index().code == 0
    collection = create(site, '\n'.join({d.StudyInstanceUID for d in archive.wanted}))
    assert collection == archive.id, 'another catalogue of the same files has the same identifier'
    site.write_config(**{setting: 10 if setting == 'max_instances' else 8000})
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        answer = ask(server, f'/collections/{collection}')
        assert answer.status == 413 and f'it has {len(archive.wanted)} instances of '.encode() in answer.body
        assert b'part_bytes=50G' in answer.body
        assert ask(server, f'/collections/{collection}?part_bytes=1&part=1').status == 200
        assert ask(server, f'/collections/{collection}', accept='text/csv').status == (
            413 if setting == 'max_instances' else 200)
    finally:
        server.remove()


def test_never_a_smaller_archive(pg):
    """A removed study and a changed file: 410 that names the study, also of a range; the other parts are still there."""
    made = generated(pg, 'collections_gone', studies=6)
    site = made.site
    collection = create(site, '\n'.join(f'{ROOT}.{n}' for n in range(1, 7)))
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        whole, pieces = ask(server, f'/collections/{collection}'), parts(server, collection, 1)
        lost = f'{ROOT}.4'
        site.cli('forget', lost, check=True)
        for headers in {}, {'Range': 'bytes=0-9'}, {'If-Range': whole.headers['etag'], 'Range': 'bytes=5-'}:
            answer = ask(server, f'/collections/{collection}', **headers)
            assert answer.status == 410 and lost.encode() in answer.body and f'{ROOT}.5'.encode() not in answer.body
        assert ask(server, f'/collections/{collection}', accept='text/csv').status == 410
        statuses = [ask(server, f'/collections/{collection}?part_bytes=1&part={n + 1}').status for n in range(len(pieces))]
        holds = [f'{ROOT}.4' in {d.StudyInstanceUID for _, d in members(a)} for a in pieces]
        assert statuses == [410 if h else 200 for h in holds] and any(holds)
        assert site.index().code == 0
        assert ask(server, f'/collections/{collection}').body == whole.body
        path = site.roots['search'] / '5-1-1.dcm'
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        site.index()
        answer = ask(server, f'/collections/{collection}')
        assert answer.status == 410 and f'{ROOT}.5'.encode() in answer.body
    finally:
        server.remove()
        site.remove()


METALINK = '{urn:ietf:params:xml:ns:metalink}'


def test_lists_of_archives(archive, one):
    """Addresses as they are requested, and exact sizes: of the whole, and of each part."""
    for query in '', '?part_bytes=9K':
        addresses = ask(one, f'/collections/{archive.id}{query}', accept='text/uri-list')
        assert addresses.headers['content-type'] == 'text/uri-list' and addresses.headers['etag']
        urls = addresses.body.decode().splitlines()
        link = ask(one, f'/collections/{archive.id}{query}', accept='application/metalink4+xml')
        files = ElementTree.fromstring(link.body).findall(f'{METALINK}file')
        assert [f.find(f'{METALINK}url').text for f in files] == urls
        assert len({f.get('name') for f in files}) == len(files)
        assert len(files) == (1 if not query else len(parts(one, archive.id, '9K'))), files
        for url, file in zip(urls, files):
            assert url.startswith('http://127.0.0.1/dicom-web/collections/')
            got = ask(one, url.partition('/dicom-web')[2], accept=None)
            assert len(members(got)) and int(file.find(f'{METALINK}size').text) == len(got.body)
    assert ask(one, f'/collections/{archive.id}?part_bytes=1&part=1', accept='text/uri-list').status == 400
    assert ask(one, f'/collections/{"0" * 32}', accept='text/uri-list').status == 404
    both = ask(one, f'/collections/{archive.id}', accept='application/zip, text/uri-list')
    assert both.headers['content-type'] == 'application/zip'


def test_download_programs(archive, one):
    """aria2c over eight connections by the Metalink, wget by the list, curl after a break: the files that are asked for."""
    folder = harness.temporary('wzcollection-')
    base = f'http://127.0.0.1:{one.port}/dicom-web/collections/{archive.id}'
    host = {'Host': f'127.0.0.1:{one.port}'}
    whole = ask(one, f'/collections/{archive.id}').body
    for kind, name in ('application/metalink4+xml', 'list.meta4'), ('text/uri-list', 'list.txt'):
        text = raw(one.port, f'/dicom-web/collections/{archive.id}?part_bytes=9K', [('Accept', kind)]).body.decode()
        (folder / name).write_text(text.replace('http://127.0.0.1/', f'http://{host["Host"]}/'))
    harness.run('aria2c', '-q', '-x8', '-s8', '-k1M', '--no-conf', '-d', folder / 'aria', '--metalink-file=list.meta4',
                cwd=folder, check=True)
    harness.run('wget', '-q', '--content-disposition', '-P', 'wget', '-i', 'list.txt', cwd=folder, check=True)
    wanted = {f'{archive.id}-{n + 1}.zip': a.body for n, a in enumerate(parts(one, archive.id, '9K'))}
    for program in 'aria', 'wget':
        assert {p.name: p.read_bytes() for p in (folder / program).iterdir()} == wanted, program
    (folder / 'curl.zip').write_bytes(whole[:len(whole) // 2])
    harness.run('curl', '-sS', '-f', '-C', '-', '-o', 'curl.zip', f'{base}.zip', cwd=folder, check=True)
    assert (folder / 'curl.zip').read_bytes() == whole
