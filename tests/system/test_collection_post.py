# SPDX-License-Identifier: MIT
"""POST /collections: a list becomes a collection, whose address is derived from its content, through real web servers."""
import json
import os
import re
import socket
from pathlib import Path

import harness
import pytest
from client import Raw
from collections_site import as_user, ask, create, members
from searches import ROOT, generated
from servers import FRONT_ENDS

MOST = 16 << 20


@pytest.fixture(scope='module')
def archive(pg):
    made = generated(pg, 'collection_post', studies=10)
    made.site.write_config(create_collections='1')
    yield made
    made.site.remove()


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def server(request, archive):
    front = harness.front_end(request.param, archive.site, workers=2).start()
    yield front
    front.remove()


@pytest.fixture(scope='module')
def one(archive):
    front = harness.front_end('lighttpd-spawned', archive.site, workers=2).start()
    yield front
    front.remove()


def post(server, body, kind='text/plain', **headers):
    body = body if isinstance(body, bytes) else body.encode()
    fields = {'Host': '127.0.0.1', 'Connection': 'close', 'Content-Length': len(body), 'Accept': 'application/json',
              **({'Content-Type': kind} if kind else {}), **headers}
    head = ''.join(f'{n}: {v}\r\n' for n, v in fields.items())
    with socket.create_connection(('127.0.0.1', server.port), timeout=harness.PATIENCE) as s:
        data = b''
        try:
            s.sendall(f'POST /dicom-web/collections HTTP/1.1\r\n{head}\r\n'.encode() + body)
            while block := s.recv(1 << 16):
                data += block
        except (BrokenPipeError, ConnectionResetError):
            pass  # what is too large is refused before it is read
    return Raw(data)


def test_a_list_becomes_an_address(server, archive):
    """201, also if it is there; the archive holds the list; other forms of the same list lead to the same address."""
    studies = [f'{ROOT}.{n}' for n in (2, 4, 6)]
    name = server.kind if hasattr(server, 'kind') else type(server).__name__ + server.mode
    extra = f'{ROOT}.{list(FRONT_ENDS).index(next(k for k, v in FRONT_ENDS.items() if v[1] == server.mode)) + 1}'
    wanted = {*studies, extra}
    first = post(server, '\n'.join(sorted(wanted)))
    assert first.status == 201, first
    reported = json.loads(first.body)
    assert first.headers['location'].endswith(f'/dicom-web/collections/{reported["id"]}')
    assert reported['studies'] == len(wanted) and first.headers['content-type'] == 'application/json'
    again = post(server, json.dumps({'studies': sorted(wanted), 'name': name}), 'application/json; charset=utf-8')
    assert again.status == 201 and not json.loads(again.body)['created']
    assert again.headers['location'] == first.headers['location']
    table = 'PatientID,StudyInstanceUID\r\n' + ''.join(f'x,{s}\r\n' for s in wanted)
    assert post(server, table, 'text/csv').headers['location'] == first.headers['location']
    got = members(ask(server, f'/collections/{reported["id"]}'))
    assert {d.StudyInstanceUID for _, d in got} == wanted and len(got) == reported['instances']
    assert len(got) == sum(d.StudyInstanceUID in wanted for d in archive.sets)


def test_large_lists(server):
    """16 MiB are read, and a byte more is not: by the service, or by the web server before it."""
    line = f'{ROOT}.3\n'.encode()
    body = filled(line)
    assert len(body) == MOST
    answer = post(server, body)
    assert answer.status == 201 and json.loads(answer.body)['studies'] == 1, answer
    assert post(server, body + b'#').status == 413


def filled(line):
    """A body of the greatest size that ends with a line."""
    body = (b'#' * 63 + b'\n') * ((MOST - len(line)) // 64)
    return body + b'#' * (MOST - len(line) - len(body) - 1) + b'\n' + line


def test_large_lists_need_little_memory(archive):
    """The peak of a worker that reads 16 MiB is that of a small list and the body itself."""
    if os.environ.get('WADOZIP_SANITIZED'):
        pytest.skip('a sanitizer build has memory of its own')
    front = harness.front_end('lighttpd-socket', archive.site, workers=1).start()

    def peak():
        pid, = front.workers()
        return int(re.search(r'VmHWM:\s+(\d+) kB', Path(f'/proc/{pid}/status').read_text(encoding='ascii'))[1]) << 10
    try:
        assert post(front, f'{ROOT}.5').status == 201
        small = peak()
        assert post(front, filled(f'{ROOT}.5\n'.encode())).status == 201
        assert peak() - small < MOST + (4 << 20)
    finally:
        front.remove()


def test_rclone_copies_a_collection(one, tmp_path):
    place = f'/collections/{json.loads(post(one, f"{ROOT}.2").body)["id"]}.zip'
    done = harness.run('rclone', '--config', '', 'copyurl', f'{one.base}/dicom-web{place}', tmp_path / 'copy.zip')
    assert done.code == 0, done
    assert (tmp_path / 'copy.zip').read_bytes() == ask(one, place).body


def test_created_once(archive, one):
    answer = post(one, f'{ROOT}.9\n{ROOT}.10')
    assert answer.status == 201 and json.loads(answer.body)['created']
    assert not json.loads(post(one, f'{ROOT}.10\n{ROOT}.9\n').body)['created']


def test_a_manifest_of_tcia(archive, one):
    """A .tcia manifest as it is: its list of series."""
    series = sorted({d.SeriesInstanceUID for d in archive.sets})[:7]
    text = ('downloadServerUrl=https://nbia.example.org/nbia-download/servlet/DownloadServlet\nincludeAnnotation=true\n'
            'noOfrRetry=4\ndatabasketId=manifest-1600709154662.tcia\nmanifestVersion=3.0\nListOfSeriesToDownload=\n'
            + '\n'.join(series) + '\n')
    answer = post(one, text, 'application/x-nbia-manifest-file')
    assert answer.status == 201, answer
    got = members(ask(one, f'/collections/{json.loads(answer.body)["id"]}'))
    assert sorted({d.SeriesInstanceUID for _, d in got}) == series


def test_refusals(archive, one):
    study = f'{ROOT}.1'
    for body, kind, status, why in ((study, None, 415, 'Content-Type'), (study, 'application/x-www-form-urlencoded', 415, ''),
                                    ('', 'text/plain', 422, 'names no study'), ('{', 'application/json', 422, 'JSON'),
                                    ('{"studies": ["1.2"], "deidentify": "basic"}', 'application/json', 422, 'as "profile"'),
                                    ('{"search": "PatientID=none"}', 'application/json', 422, 'no results'),
                                    ('{"search": "Nonsense=1"}', 'application/json', 422, 'Nonsense')):
        answer = post(one, body, kind)
        assert answer.status == status and why in json.loads(answer.body)['reason'], answer
    answer = post(one, f'1.2.3.7\n{study}\n1.2.3.8', 'text/plain')
    assert answer.status == 422 and '2 UIDs are of no study and no series here: 1.2.3.7 1.2.3.8' in json.loads(
        answer.body)['reason']
    assert post(one, study, **{'Content-Length': 'x'}).status == 400
    assert post(one, study, Origin='http://evil.example').status == 400
    assert post(one, study, Origin='http://127.0.0.1').status == 201
    answer = ask(one, '/collections', accept=None)
    assert answer.status == 405 and answer.headers['allow'] == 'POST, OPTIONS'


def test_many_unknown_uids_are_listed(archive, one):
    uids = [f'1.2.3.{n}' for n in range(1500)]
    reported = json.loads(post(one, '\n'.join(uids)).body)['reason']
    assert '1500 UIDs are of no study and no series here; the first of them are listed: 1.2.3.0 1.2.3.1 ' in reported
    assert reported.split()[-1] == '1.2.3.999'


def test_without_the_setting(archive, make_site):
    site = make_site('off', archive.site.roots)
    front = harness.front_end('lighttpd-spawned', site).start()
    try:
        answer = post(front, f'{ROOT}.1')
        assert answer.status == 404 and 'create_collections' in json.loads(answer.body)['reason']
    finally:
        front.remove()


def test_only_what_is_granted(archive, make_site):
    """With grants: of a study only granted series; what is not granted is unknown, and a collection of it not there."""
    site = make_site('grants', archive.site.roots, access='grants', create_collections='1')
    assert site.index().code == 0
    several = next(d.StudyInstanceUID for d in archive.sets if len(
        {x.SeriesInstanceUID for x in archive.sets if x.StudyInstanceUID == d.StudyInstanceUID}) > 1)
    site.cli('grant', '--series', f'{several}.1', 'user:ann', check=True)
    hidden = create(site, several)
    pool = harness.Pool(site, workers=1).start()

    def as_ann(path, body=b'', **variables):
        return as_user(pool, 'ann', path, body, **variables)

    def post_as_ann(text):
        return as_ann('/collections', text.encode(), REQUEST_METHOD='POST', CONTENT_TYPE='text/plain')
    try:
        answer = post_as_ann(several)
        assert answer.status == 201, answer
        reported = json.loads(answer.body)
        assert reported['series'] == 1 and reported['id'] != hidden
        got = members(as_ann(f'/collections/{reported["id"]}.zip'))
        assert {d.SeriesInstanceUID for _, d in got} == {f'{several}.1'}
        absent, unknown = as_ann(f'/collections/{hidden}'), as_ann(f'/collections/{"0" * 32}')
        assert absent.status == unknown.status == as_ann(f'/collections/{hidden}?part_bytes=1&part=99').status == 404
        assert absent.body.replace(hidden.encode(), b'') .split(b'equest')[0] == unknown.body.replace(b'0' * 32, b'').split(
            b'equest')[0]
        assert post_as_ann(f'{ROOT}.10').status == 422
    finally:
        pool.remove()
        site.remove()
