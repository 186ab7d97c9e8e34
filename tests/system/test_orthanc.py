# SPDX-License-Identifier: MIT
"""Orthanc of Debian with its DICOMweb plugin: as an oracle for searches, which holds the same files, and as a client that
searches and retrieves here."""
import http.client
import json
import random
from urllib.parse import quote

import harness
import orthanc
import pytest
from client import raw
from searches import LEVELS, ROOT, archive, expected, one  # noqa: F401 (fixtures)

pytestmark = pytest.mark.skipif(not (orthanc.PROGRAM and orthanc.PLUGIN.exists()),
                                reason='orthanc and orthanc-dicomweb are not installed (deploy/packages test)')
UIDS = ['0020000D', '0020000E', '00080018']
QUERIES = 400
# Values on which PS3.4 C.2.2.2 leaves no choice and Orthanc has none of its own (DIFFERENT).
DECIDED = [
    {'PatientName': ["O'Brien*", '?g', 'Back?slash*', 'Smithers*', 'Nobody'], 'PatientID': ['P1', 'p1', 'P*', '?1', 'P'],
     'AccessionNumber': ['A1', 'A?1', 'a*', 'B*'], 'IssuerOfPatientID': ['HOSPITAL', 'HOSP*', 'X'],
     'PatientSex': ['M', 'F'], 'StudyID': ['1', '?', '1*', '??'], 'StudyDate': ['20200101', '20200101-20200615', '20200616-'],
     'PatientBirthDate': ['19500101', '19400101-19991231'], 'StudyDescription': ['*chest', '*links*', 'Knie?links'],
     'StudyInstanceUID': [f'{ROOT}.1', f'{ROOT}.1,{ROOT}.2', '1.2.3']},
    {'Modality': ['CT', 'MR,US', 'M?'], 'SeriesNumber': ['1', '-3', '7'], 'SeriesDescription': ['axial', '*xial*', 'Axial_?'],
     'SeriesDate': ['20200102', '20200101-20200103'], 'BodyPartExamined': ['CHEST', 'K*'],
     'SeriesInstanceUID': [f'{ROOT}.4.1', f'{ROOT}.4.1,{ROOT}.5.2']},
    {'InstanceNumber': ['1', '2', '9'], 'SOPClassUID': ['1.2.840.10008.5.1.4.1.1.2', '1.2.3'],
     'SOPInstanceUID': [f'{ROOT}.4.1.1', f'{ROOT}.4.1.1,{ROOT}.5.2.1']},
]


# What Orthanc 1.10 finds otherwise, and why we do not. It is compared as it is sent, without percent-encoding.
DIFFERENT = [
    ('PatientName', 'smith*', 'PS3.4 C.2.2.2.1 permits both; people do not know the case in which a name was typed'),
    ('PatientName', '*^jan*', 'the same'),
    ('PatientName', 'Muller*', 'the same of accents'),
    ('PatientName', 'Smith^^', 'PS3.5 6.2: separators at the end of a name say nothing'),
    ('StudyTime', '0930', 'PS3.4 C.2.2.2.5: a time without seconds is all of that minute'),
    ('StudyDate', '-20200101', 'a study without a date is not in any range'),
    ('ModalitiesInStudy', 'MR\\US', 'OHIF separates lists by backslashes'),
    ('StudyInstanceUID', f'{ROOT}.3\\{ROOT}.4', 'the same'),
]


class Client:
    """Orthanc over HTTP."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=10 * harness.PATIENCE)

    def ask(self, method, path, body=None, **headers):
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        data = answer.read()
        assert answer.status == 200, (method, path, answer.status, data[:500])
        return data


@pytest.fixture
def peer(one):
    """An empty Orthanc that knows the service by the name wadozip."""
    server = orthanc.Orthanc(DicomWeb={'QidoCaseSensitive': True, 'Servers': {'wadozip': {'Url': f'{one.base}/dicom-web/'}}})
    try:
        server.start()
        yield server
    finally:
        server.remove()


def queries():
    chance = random.Random(17)
    for number in range(QUERIES):
        level = number % 3
        keys = [(k, v) for names in DECIDED[:level + 1] for k, values in names.items() for v in values]
        if level == 0:
            keys += [('ModalitiesInStudy', m) for m in ('CT', 'MR', 'XX')]
        yield level, dict(chance.sample(keys, 1 + number % 3))


def test_searches_find_what_orthanc_finds(archive, one, peer):
    client, wrong, found = Client(peer), [], 0
    for path in sorted(archive.site.roots['search'].glob('*.dcm')):
        client.ask('POST', '/instances', path.read_bytes())
    for level, keys in queries():
        path = f'/dicom-web/{LEVELS[level]}?' + '&'.join(f"{k}={quote(v, safe='*?,')}" for k, v in keys.items())
        theirs = json.loads(client.ask('GET', path.replace('%27', "'"), Accept='application/dicom+json'))
        answer = raw(one.port, path, [('Accept', 'application/dicom+json')])
        ours = json.loads(answer.body) if answer.status == 200 else []
        assert answer.status == (200 if ours else 204), (path, answer)
        sets = [{r[UIDS[level]]['Value'][0] for r in results} for results in (ours, theirs)]
        assert sets[0] == expected(archive.sets, level, keys), path
        found += bool(ours)
        if sets[0] != sets[1]:
            wrong.append((path, sets[0] ^ sets[1]))
    assert not wrong, wrong[:5]
    assert QUERIES // 2 < found < QUERIES


def test_differences_have_a_reason(archive, one, peer):
    """What we find is what a plain filter finds. A difference that has ended, as by a newer Orthanc, goes from the table."""
    client, agreed = Client(peer), []
    for path in sorted(archive.site.roots['search'].glob('*.dcm')):
        client.ask('POST', '/instances', path.read_bytes())
    for key, value, _ in DIFFERENT:
        path = f"/dicom-web/studies?{key}={quote(value, safe='*?,^')}"
        ours = {r[UIDS[0]]['Value'][0] for r in json.loads(raw(one.port, path, [('Accept', 'application/dicom+json')]).body)}
        assert ours == expected(archive.sets, 0, {key: value}), (key, value)
        client.connection.request('GET', f'/dicom-web/studies?{key}={value}', headers={'Accept': 'application/dicom+json'})
        answer = client.connection.getresponse()
        data = answer.read()
        theirs = {r[UIDS[0]]['Value'][0] for r in json.loads(data)} if answer.status == 200 else None
        if ours == theirs:
            agreed.append((key, value))
    assert not agreed


def test_values_are_those_of_orthanc(archive, one, peer):
    """Attributes that both return, of every study."""
    client = Client(peer)
    for path in sorted(archive.site.roots['search'].glob('*.dcm')):
        client.ask('POST', '/instances', path.read_bytes())
    tags = ['00080020', '00080030', '00080050', '00100020', '00100030', '00100040', '00200010', '00201206', '00201208']
    get = {'Accept': 'application/dicom+json'}
    theirs = {r['0020000D']['Value'][0]: r for r in json.loads(client.ask('GET', '/dicom-web/studies', **get))}
    ours = json.loads(raw(one.port, '/dicom-web/studies', list(get.items())).body)
    assert len(ours) == len(theirs)
    for r in ours:
        other = theirs[r['0020000D']['Value'][0]]
        for tag in tags:
            assert r[tag].get('Value') == other[tag].get('Value'), (tag, r, other)
        assert sorted(r['00080061']['Value']) == sorted(other['00080061']['Value'])


def test_orthanc_searches_and_retrieves_here(archive, one, peer):
    """Its client asks in its own way; what it stores is what the files hold."""
    client, study = Client(peer), archive.sets[10].StudyInstanceUID
    answer = json.loads(client.ask('POST', '/dicom-web/servers/wadozip/qido', json.dumps(
        {'Uri': '/studies', 'Arguments': {'StudyInstanceUID': study, 'includefield': 'StudyDescription'}})))
    assert [{k.lower().replace(',', ''): v for k, v in r.items()}['0020000d']['Value'] for r in answer] == [study], answer
    client.ask('POST', '/dicom-web/servers/wadozip/retrieve', json.dumps({'Resources': [{'Study': study}]}))
    stored = {json.loads(client.ask('GET', f'/instances/{i}/simplified-tags'))['SOPInstanceUID']
              for i in json.loads(client.ask('GET', '/instances'))}
    assert stored == {d.SOPInstanceUID for d in archive.sets if d.StudyInstanceUID == study}
    assert 'GET study' in one.log()
