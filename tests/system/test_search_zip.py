# SPDX-License-Identifier: MIT
"""application/zip on searches: one archive of all that matches, with the length, ranges and limits of any other."""
import csv
import io
import itertools
import json
import random
import re
import zipfile

import harness
import pydicom
import pytest
from client import raw
from searches import LEVELS, ROOT, archive, data_set, expected, one, order, parameter, queries  # noqa: F401 (fixtures)
from servers import FRONT_ENDS

ZIP = 'application/zip'
STUDIES = 40


def ask(server, path, accept=ZIP, method='GET', **headers):
    return raw(server.port, f'/dicom-web{path}', [('Accept', accept)] * bool(accept) + list(headers.items()), method=method)


def members(answer):
    """Names and data sets, in their order."""
    assert (answer.status, answer.headers['content-type']) == (200, ZIP), answer
    assert int(answer.headers['content-length']) == len(answer.body)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
        assert z.testzip() is None
        return [(n, pydicom.dcmread(io.BytesIO(z.read(n)))) for n in z.namelist()]


def archive_order(d):
    return d.PatientID, d.StudyDate, d.StudyInstanceUID, *order(d)


def test_an_archive_is_what_the_search_finds(archive, one):
    """Queries of all kinds at all levels: the instances of all matches, each once, in order; no file is left out."""
    found = 0
    for level, keys, fuzzy in itertools.islice(queries(), 0, None, 4):
        query = '&'.join([parameter(*k) for k in keys.items()] + ['fuzzymatching=true'] * fuzzy)
        answer = ask(one, f'/{LEVELS[level]}?{query}')
        wanted = expected(archive.sets, level, keys, fuzzy)
        if not wanted:
            assert (answer.status, answer.body) == (204, b''), (keys, answer)
            continue
        uid = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'][level]
        sets = sorted((d for d in archive.sets if d[uid].value in wanted), key=archive_order)
        got = [d for _, d in members(answer)]
        assert [d.SOPInstanceUID for d in got] == [d.SOPInstanceUID for d in sets], (LEVELS[level], keys)
        found += 1
    assert found > 30


def test_members(archive, one):
    """A folder a study, by its place, date and description; the same files as the study's own archive has."""
    got = members(ask(one, '/studies?compression=none'))
    assert len(got) == len(archive.sets) == len({n.lower() for n, _ in got})
    folders = {}
    for name, d in got:
        study, series, file = name.split('/')
        assert re.fullmatch(r'\d{4}(-\d{8})?(-[\w.-]+)?', study) and re.fullmatch(r'[\w.-]+\.dcm', file), name
        assert folders.setdefault(study, d.StudyInstanceUID) == d.StudyInstanceUID
        assert (d.StudyDate in study) and (d.StudyDescription.split(' ')[0] in study), (name, d.StudyDescription)
    assert [int(f[:4]) for f in folders] == list(range(1, 41))
    for folder, study in list(folders.items())[::7]:
        own = members(ask(one, f'/studies/{study}?compression=none'))
        assert [f'{folder}/{n}' for n, _ in own] == [n for n, _ in got if n.startswith(f'{folder}/')]


def test_names_by_uid_and_within_a_study(archive, one):
    for name, d in members(ask(one, '/series.zip?Modality=CT&names=uid', accept=None)):
        assert name == f'{d.StudyInstanceUID}/{d.SeriesInstanceUID}/{d.SOPInstanceUID}.dcm'
    study = archive.sets[10].StudyInstanceUID
    got = members(ask(one, f'/studies/{study}/series.zip', accept=None))
    assert [n for n, _ in got] == [n for n, _ in members(ask(one, f'/studies/{study}'))]


def test_manifest_names_the_study_of_each_member(archive, one):
    got = members_and_manifest(ask(one, '/instances?manifest=csv&PatientID=P3'))
    for row, d in got:
        assert (row['study_uid'], row['series_uid'], row['sop_uid']) == (
            d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID)
    assert len({r['study_uid'] for r, _ in got}) > 3


def members_and_manifest(answer):
    with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
        rows = list(csv.DictReader(io.StringIO(z.read('MANIFEST.csv').decode())))
        return [(r, pydicom.dcmread(io.BytesIO(z.read(r['path'])))) for r in rows]


def test_pages_are_parts(archive, one):
    """limit and offset choose among the matches in the order of the search; without a limit all of them come."""
    listed = [r['00080018']['Value'][0] for r in json.loads(ask(one, '/instances', accept='application/json').body)]
    assert len(listed) == len(archive.sets)
    got = {d.SOPInstanceUID for _, d in members(ask(one, '/instances?limit=5&offset=7'))}
    assert got == set(listed[7:12])
    assert ask(one, f'/instances?offset={len(listed)}').status == 204
    assert ask(one, '/studies?limit=0').status == 204


def test_one_series_uid_in_two_studies(make_site):
    folder = harness.temporary('wzsearch-')
    for study in (1, 2):
        d = data_set(random.Random(1), study, 1, 1)
        d.SeriesInstanceUID, d.PatientID, d.StudyDate, d.SeriesNumber = f'{ROOT}.7', 'P', '20200101', '1'
        d.save_as(folder / f'{study}.dcm', write_like_original=False)
    site = make_site('twice', {'r': folder})
    assert site.index().code == 0
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        got = members(ask(server, f'/series.zip?SeriesInstanceUID={ROOT}.7', accept=None))
        assert [d.StudyInstanceUID for _, d in got] == [f'{ROOT}.1', f'{ROOT}.2']
        assert len({n.split('/')[0] for n, _ in got}) == 2
    finally:
        server.remove()


@pytest.mark.parametrize('kind', FRONT_ENDS)
def test_length_tag_and_ranges(archive, kind):
    """HEAD, conditions, and a download that is broken off and resumed, through each web server."""
    server = harness.front_end(kind, archive.site, workers=2).start()
    try:
        path = '/studies.zip?ModalitiesInStudy=CT,MR'
        whole = ask(server, path, accept=None)
        assert whole.headers['accept-ranges'] == 'bytes'
        assert whole.headers['content-disposition'] == 'attachment; filename="studies.zip"'
        head = ask(server, path, accept=None, method='HEAD')
        assert head.headers['content-length'] == str(len(whole.body)) and head.headers['etag'] == whole.headers['etag']
        assert ask(server, path, **{'If-None-Match': whole.headers['etag']}).status == 304
        rest = ask(server, path, Range='bytes=1000-', **{'If-Range': whole.headers['etag']})
        assert rest.status == 206 and rest.body == whole.body[1000:]
        assert ask(server, path).body == whole.body
    finally:
        server.remove()


def test_refusals(archive, one):
    answer = ask(one, '/studies?dicomdir=true')
    assert answer.status == 400 and b'DICOMDIR' in answer.body
    assert ask(one, '/studies?PatientWeight=1').status == 400
    assert ask(one, '/studies?accept=application/zip;type="application/dicom%2Bjson"').status == 406


@pytest.mark.parametrize('setting', ['max_instances', 'max_bytes'])
def test_too_much_names_count_and_bytes(archive, make_site, setting):
    """The limits of retrieval; what matches less is sent."""
    site = make_site('limited', archive.site.roots)
    assert site.index().code == 0
    few = [d for d in archive.sets if d.PatientID == 'P3']
    size = {d.SOPInstanceUID: len((site.roots['search'] / f'{d.StudyInstanceUID.rsplit(".", 1)[1]}-'
                                   f'{d.SeriesInstanceUID.rsplit(".", 1)[1]}-{d.SOPInstanceUID.rsplit(".", 1)[1]}.dcm')
                                  .read_bytes()) for d in archive.sets}
    total = sum(size[d.SOPInstanceUID] for d in few)
    site.write_config(**{setting: len(few) if setting == 'max_instances' else total})
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        assert len(members(ask(server, '/studies.zip?PatientID=P3', accept=None))) == len(few)
        answer = ask(server, '/studies.zip', accept=None)
        assert answer.status == 413
        assert f'{len(archive.sets)} instances of {sum(size.values())} bytes' in answer.body.decode()
    finally:
        server.remove()


def test_pages_of_other_origins_may_read_searches(archive, make_site):
    site = make_site('elsewhere', archive.site.roots, cors='https://viewer.example')
    assert site.index().code == 0
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        for path, accept in (('/studies', 'application/json'), ('/studies', ZIP), ('/studies/count', None),
                             ('/studies?PatientName=nobody', None), ('/studies.zip?PatientName=nobody', None)):
            answer = ask(server, path, accept=accept, Origin='https://viewer.example')
            assert answer.headers['access-control-allow-origin'] == 'https://viewer.example', (path, answer)
    finally:
        server.remove()
