"""Searches (QIDO-RS, PS3.18 10.6) through a web server: equal to a plain filter over what pydicom reads of the files, the
requests of known clients as they send them, and what HTTP has to say about the answers."""
import csv
import email
import io
import itertools
import json
import random
from collections import Counter
from urllib.parse import quote
from xml.etree import ElementTree

import harness
import pydicom
import pytest
from client import raw
from searches import LEVELS, ROOT, archive, data_set, expected, one, order, parameter, queries, text_of  # noqa: F401 (fixtures)
from servers import FRONT_ENDS

JSON, CSV = 'application/dicom+json', 'text/csv'


@pytest.fixture(scope='module', params=list(FRONT_ENDS))
def door(request, archive):
    server = harness.front_end(request.param, archive.site, workers=2).start()
    yield server
    server.remove()


def ask(server, path, accept=JSON, method='GET', **headers):
    fields = [('Accept', accept)] if accept else []
    return raw(server.port, f'/dicom-web{path}', fields + list(headers.items()), method=method)


def results(server, path):
    """The objects of an answer; it has a length, and is 204 if there are none."""
    answer = ask(server, path)
    if answer.status == 204:
        assert not answer.body and 'content-length' not in answer.headers
        return []
    assert (answer.status, answer.headers['content-type']) == (200, JSON), answer
    assert int(answer.headers['content-length']) == len(answer.body)
    return json.loads(answer.body)


def test_search_equals_a_plain_filter(archive, one):
    wrong, found = [], Counter()
    for level, keys, fuzzy in queries():
        query = '&'.join([parameter(*k) for k in keys.items()] + ['fuzzymatching=true'] * fuzzy)
        answer = results(one, f'/{LEVELS[level]}?{query}')
        uids = [r[['0020000D', '0020000E', '00080018'][level]]['Value'][0] for r in answer]
        want = expected(archive.sets, level, keys, fuzzy)
        found[bool(want)] += 1
        if len(uids) != len(set(uids)) or set(uids) != want:
            wrong.append((LEVELS[level], keys, fuzzy, sorted(set(uids) - want), sorted(want - set(uids))))
    assert not wrong, wrong[:5]
    assert found[True] > 150 and found[False] > 20, found


def test_values_are_those_of_the_files(archive, one):
    """Every attribute of every result, at all levels; numbers of related objects are counted."""
    sets = {d.SOPInstanceUID: d for d in archive.sets}
    studies, series = (Counter(d[u].value for d in archive.sets) for u in ('StudyInstanceUID', 'SeriesInstanceUID'))
    answer = results(one, '/instances?includefield=all')
    assert {r['00080018']['Value'][0] for r in answer} == set(sets)
    for r in answer:
        reported, d = pydicom.Dataset.from_json(r), sets[r['00080018']['Value'][0]]
        assert list(r) == sorted(r)
        assert reported.NumberOfStudyRelatedInstances == studies[d.StudyInstanceUID]
        assert reported.NumberOfSeriesRelatedInstances == series[d.SeriesInstanceUID]
        assert reported.NumberOfStudyRelatedSeries == len({x.SeriesInstanceUID for x in archive.sets
                                                       if x.StudyInstanceUID == d.StudyInstanceUID})
        modalities = reported.ModalitiesInStudy
        assert ([modalities] if isinstance(modalities, str) else sorted(modalities)) == sorted(
            {x.Modality for x in archive.sets if x.StudyInstanceUID == d.StudyInstanceUID})
        assert reported.RetrieveURL == (f'http://127.0.0.1/dicom-web/studies/{d.StudyInstanceUID}/series/{d.SeriesInstanceUID}'
                                    f'/instances/{d.SOPInstanceUID}')
        for keyword in ('PatientName PatientID IssuerOfPatientID PatientBirthDate PatientSex StudyDate StudyTime StudyID '
                        'AccessionNumber StudyDescription ReferringPhysicianName Modality SeriesNumber SeriesDescription '
                        'SeriesDate SeriesTime PerformedProcedureStepStartDate PerformedProcedureStepStartTime '
                        'BodyPartExamined InstanceNumber SOPClassUID Rows Columns BitsAllocated').split():
            assert text_of(reported, keyword).rstrip('^') == text_of(d, keyword).rstrip('^'), (keyword, r)


def test_order_and_pages(archive, one):
    """Newest study first; pages give each result once; a warning says that more follow."""
    every = results(one, '/instances')
    uids = [r['00080018']['Value'][0] for r in every]
    newest = [(r['00080020'].get('Value', [''])[0], r['00080030'].get('Value', [''])[0]) for r in results(one, '/studies')]
    assert newest == sorted(newest, reverse=True)
    sets = {d.SOPInstanceUID: d for d in archive.sets}
    for _, group in itertools.groupby(every, lambda r: r['0020000D']['Value'][0]):
        within = [sets[r['00080018']['Value'][0]] for r in group]
        assert within == sorted(within, key=order)
    pages, offset = [], 0
    while page := results(one, f'/instances?limit=7&offset={offset}'):
        warned = 'warning' in ask(one, f'/instances?limit=7&offset={offset}').headers
        offset += len(page)
        pages += [r['00080018']['Value'][0] for r in page]
        assert warned == (offset < len(uids))
    assert pages == uids
    warning = ask(one, '/studies?limit=1').headers['warning']
    assert warning.startswith('299 ') and 'additional results' in warning


def test_resources(archive, door):
    """All six, through each web server; what the path says need not be searched for."""
    d = archive.sets[10]
    study, series = d.StudyInstanceUID, d.SeriesInstanceUID
    for path, level, known in (('/studies', 0, {}), ('/series', 1, {}), ('/instances', 2, {}),
                               (f'/studies/{study}/series', 1, {'study': study}),
                               (f'/studies/{study}/instances', 2, {'study': study}),
                               (f'/studies/{study}/series/{series}/instances', 2, {'study': study, 'series': series})):
        answer = results(door, path)
        uids = [r[['0020000D', '0020000E', '00080018'][level]]['Value'][0] for r in answer]
        assert len(uids) == len(set(uids)) and set(uids) == expected(archive.sets, level, {}, **known), path
        assert ('00100010' in answer[0]) == (not known)
        assert results(door, f'{path}{"/" if level else ""}?limit=1') == answer[:1]


OHIF = ('limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060%2C00080090%2C00100030')
WEASIS = ','.join(['00080020', '00080030', '00080050', '00080061', '00080090', '00081030', '00100010', '00100020', '00100021',
                   '00100030', '00100040', '0020000D', '00200010'])


def test_requests_of_clients(archive, one):
    """OHIF, Weasis, Slicer and dicomweb-client as their sources have them."""
    d = archive.sets[10]
    study, series = d.StudyInstanceUID, d.SeriesInstanceUID
    first = results(one, f'/studies?{OHIF}')
    assert len(first) == 60
    for r in first:
        assert {'0020000D', '00080020', '00080030', '00080050', '00100020', '00100010', '00100030', '00201208', '00080061',
                '00080090'} <= set(r)
        assert all(r[t]['Value'] for t in ('00080061', '00201208', '0020000D'))
    smiths = expected(archive.sets, 0, {'PatientName': '*smith*'})
    assert len(results(one, f'/studies?{OHIF}&PatientName=*smith*')) == len(smiths)
    assert len(results(one, f'/studies?{OHIF}&StudyInstanceUID={ROOT}.1%5C{ROOT}.2')) == 2
    assert len(results(one, f'/studies?{OHIF}&StudyDate=20200101-20200615')) > 0
    for r in results(one, f'/studies/{study}/series?includefield=00080021%2C00080031%2C0008103E%2C00200011'):
        assert r['0020000E']['Value'] and r['00080060']['Value'] and '00200011' in r
    assert len(results(one, f'/studies/{study}/series/{series}/instances?limit=1&includefield=00080018')) == 1
    assert results(one, f'/studies?&includefield={WEASIS}')
    assert results(one, f'/studies?00100020={d.PatientID}&includefield={WEASIS}')
    assert results(one, f'/series?0020000E={series}')[0]['0020000E']['Value'] == [series]
    for r in results(one, f'/studies/{study}/series?includefield=0008103E,00080060,0020000E,00200011,00081190'):
        path = r['00081190']['Value'][0].split('/dicom-web', 1)[1]
        assert ask(one, path, accept='application/zip', method='HEAD').status == 200
    answer = ask(one, f'/studies/{study}/series/{series}/instances?limit=1', accept='application/dicom+json, application/json')
    assert answer.status == 200 and json.loads(answer.body)
    assert results(one, '/studies?PatientName=Nobody&limit=5') == []


def test_media_types_and_conditions(one):
    plain = ask(one, '/studies?limit=3', accept='application/json')
    assert plain.headers['content-type'] == 'application/json'
    full = ask(one, '/studies?limit=3')
    assert full.body == plain.body
    for accept in ('*/*', None):
        assert ask(one, '/studies?limit=3', accept=accept).body == full.body
    head = ask(one, '/studies?limit=3', method='HEAD')
    assert head.headers['content-length'] == str(len(full.body)) and not head.body
    assert ask(one, '/studies?limit=3', **{'If-None-Match': full.headers['etag']}).status == 304
    assert ask(one, '/studies?limit=4', **{'If-None-Match': full.headers['etag']}).status == 200
    assert ask(one, '/studies', accept='application/dicom').status == 406
    table = ask(one, '/studies?includefield=StudyDescription', accept=CSV)
    assert table.headers['content-type'].startswith(CSV)
    rows = list(csv.DictReader(io.StringIO(table.body.decode('utf-8'))))
    assert len(rows) == 60 and {'PatientName', 'StudyInstanceUID', 'RetrieveURL', 'StudyDescription'} <= set(rows[0])
    assert [r['StudyInstanceUID'] for r in rows] == [r['0020000D']['Value'][0] for r in results(one, '/studies')]


XML = 'multipart/related; type="application/dicom+xml"'
MODEL = '{http://dicom.nema.org/PS3.19/models/NativeDICOM}'


def as_json(element):
    """Attributes of a Native DICOM Model in the form of PS3.18 F.2."""
    held = {}
    for a in element.findall(MODEL + 'DicomAttribute'):
        assert a.get('keyword') == pydicom.datadict.keyword_for_tag(a.get('tag'))
        values = [v.text or '' for v in a.findall(MODEL + 'Value')]
        if a.get('vr') in ('IS', 'US'):
            values = [int(v) for v in values]
        for name in a.findall(MODEL + 'PersonName'):
            parts = {g.tag.removeprefix(MODEL): [g.findtext(MODEL + c, '') for c in (
                'FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix')] for g in name}
            values.append({g: '^'.join(p).rstrip('^') for g, p in parts.items()})
        values += [as_json(item) for item in a.findall(MODEL + 'Item')]
        held[a.get('tag')] = {'vr': a.get('vr'), **({'Value': values} if values else {})}
    return held


def without_carets(results):
    for r in results:
        for attribute in r.values():
            for value in attribute.get('Value', []) if attribute['vr'] == 'PN' else []:
                value.update({k: v.rstrip('^') for k, v in value.items()})
    return results


@pytest.mark.parametrize('path', ['/studies?includefield=all', '/series?includefield=all', '/instances?includefield=all',
                                  '/studies?limit=1'])
def test_xml_says_what_json_says(one, path):
    """Python's own MIME reader finds the parts (PS3.18 10.6.4, PS3.19 A.1)."""
    answer = ask(one, path, accept=XML)
    assert answer.status == 200 and answer.headers['content-type'].startswith(XML + '; boundary=')
    assert ('warning' in answer.headers) == ('limit' in path)
    message = email.message_from_bytes(b'Content-Type: ' + answer.headers['content-type'].encode() + b'\r\n\r\n' + answer.body)
    parts = message.get_payload()
    assert all(p.get_content_type() == 'application/dicom+xml' for p in parts)
    assert all(int(p['Content-Length']) == len(p.get_payload(decode=True)) for p in parts)
    assert [as_json(ElementTree.fromstring(p.get_payload(decode=True))) for p in parts] == without_carets(results(one, path))


def test_counts(archive, one):
    """As many as the search has results, whatever page is asked for."""
    study = archive.sets[10].StudyInstanceUID
    for path in ('/studies', '/series', '/instances', f'/studies/{study}/series', f'/studies/{study}/instances',
                 f'/studies/{study}/series/{archive.sets[10].SeriesInstanceUID}/instances'):
        for query in ('', '?PatientName=*smith*', '?StudyDate=20200101-20200615&limit=1&offset=5'):
            answer = ask(one, f'{path}/count{query}', accept=None)
            assert (answer.status, answer.headers['content-type']) == (200, 'application/json')
            assert json.loads(answer.body) == {'count': len(results(one, path + query.split('&limit')[0]))}, (path, query)
    assert ask(one, '/studies/count?PatientWeight=1', accept=None).status == 400
    assert json.loads(ask(one, '/studies/count?PatientName=Nobody', accept=None).body) == {'count': 0}


def test_count_of_very_many(archive, one):
    """More than 10,000 are not counted."""
    archive.site.sql("INSERT INTO wadozip.study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date,"
                     " study_time, dicom_id, accession, description) SELECT '1.9.' || n, 'many', '', '', '', '', '', '', '', ''"
                     ' FROM generate_series(1, 10001) n')
    try:
        answer = ask(one, '/studies/count?PatientID=many', accept=None)
        assert json.loads(answer.body) == {'count': 10000, 'more': True}
        archive.site.sql("DELETE FROM wadozip.study WHERE uid = '1.9.1'")
        assert json.loads(ask(one, '/studies/count?PatientID=many', accept=None).body) == {'count': 10000}
    finally:
        archive.site.sql("DELETE FROM wadozip.study WHERE patient_id = 'many'")


def test_refusals(archive, one):
    for query in ('PatientWeight=80', '00101030=80', 'Modality=CT', 'PatientID=1&PatientID=2', 'StudyDate=x', 'limit=-1',
                  'PatientName=%FF', 'StudyInstanceUID=x', 'NumberOfStudyRelatedSeries=1', 'offset=99999999999'):
        answer = ask(one, f'/studies?{query}')
        assert answer.status == 400, (query, answer)
    assert ask(one, '/studies/1.02/series').status == 400
    assert ask(one, '/studies/1.2/series').status == 204
    before = archive.site.sql('SELECT count(*) FROM wadozip.study')
    for evil in ("'", "\\'", '$1', "'; DROP SCHEMA wadozip CASCADE; --", '\\', '%5C', '{1.2}', '"', "E'\\x27", '${}', '%24%24'):
        for key in ('PatientName', 'PatientID', 'StudyDescription', 'ModalitiesInStudy', 'AccessionNumber'):
            for fuzzy in ('', '&fuzzymatching=true'):
                assert ask(one, f'/studies?{key}={quote(evil, safe="")}{fuzzy}').status in (204, 400), (key, evil)
    assert archive.site.sql('SELECT count(*) FROM wadozip.study') == before


def test_a_search_that_takes_too_long(archive, one):
    """413, and the service goes on."""
    sql = archive.site.sql
    sql('ALTER FUNCTION wadozip.fold(text) RENAME TO quick_fold')
    try:
        sql('CREATE FUNCTION wadozip.fold(text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN'
            ' PERFORM pg_sleep(0.4); RETURN $1; END $$')
        answer = ask(one, '/studies?ReferringPhysicianName=nobody')
        assert answer.status == 413 and b'narrow' in answer.body
    finally:
        sql('DROP FUNCTION IF EXISTS wadozip.fold(text); ALTER FUNCTION wadozip.quick_fold(text) RENAME TO fold')
    assert ask(one, '/studies?limit=1').status == 200


def test_access(archive, make_site):
    site = make_site('denied', archive.site.roots, access='none')
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        assert ask(server, '/studies').status == 404
        site.write_config(access='user')
    finally:
        server.remove()
    server = harness.front_end('lighttpd-spawned', site).start()
    try:
        assert ask(server, '/studies').status == 401
    finally:
        server.remove()


def test_counts_follow_the_index(pg):
    """Instances that come, move to another series and go."""
    folder = harness.temporary('wzsearch-')
    site = harness.Site(pg, 'search_counts', {'r': folder}).migrate()

    def put(study, series, number):
        d = data_set(random.Random(1), study, series, number)
        d.save_as(folder / f'{number}.dcm', write_like_original=False)
        return d

    def counts():
        return dict(site.sql('SELECT uid, instances FROM wadozip.series'))
    try:
        for number in range(1, 4):
            put(1, 1, number)
        site.index()
        assert {k: int(v) for k, v in counts().items()} == {f'{ROOT}.1.1': 3}
        moved = put(1, 1, 1)
        moved.SeriesInstanceUID = f'{ROOT}.1.9'
        moved.save_as(folder / '1.dcm', write_like_original=False)
        site.index()
        assert {k: int(v) for k, v in counts().items()} == {f'{ROOT}.1.1': 2, f'{ROOT}.1.9': 1}
        (folder / '2.dcm').unlink()
        site.index(prune=True)
        assert {k: int(v) for k, v in counts().items()} == {f'{ROOT}.1.1': 1, f'{ROOT}.1.9': 1}
        assert 'wrong count' not in site.cli('doctor').out
        site.sql("UPDATE wadozip.series SET instances = 7")
        assert 'wrong count' in site.cli('doctor').out
    finally:
        site.remove()
