# SPDX-License-Identifier: MIT
"""A DICOMDIR of de-identified data: its records are those of the de-identified files, of every type of record."""
import json
import os
import shutil
import zipfile
from io import BytesIO

import fileset
import harness
import pydicom
import pytest
from client import curl
from corpus import uid
from test_dicomdir_records import ROWS, class_of, write

pytestmark = pytest.mark.filterwarnings('ignore::UserWarning')  # of pydicom, about values that are wrong on purpose

STUDY, FOREIGN, UNNAMED = uid('deid mixed'), uid('deid foreign'), uid('deid unnamed')
MARK = 'ZQ7MARK'
PATIENT = {'PatientName': f'{MARK}^A', 'PatientID': f'{MARK}1', 'IssuerOfPatientID': f'{MARK}2', 'PatientBirthDate': '19500203',
           'PatientSex': 'F', 'StudyDescription': f'{MARK} 3', 'AccessionNumber': f'{MARK}4', 'StudyID': f'{MARK}5',
           'SeriesDescription': f'{MARK} 6', 'StudyDate': '20190304', 'StudyTime': '111213'}
PROFILES = {'basic': '', 'moved': 'modified-dates', 'dated': 'full-dates patient', 'retained': 'uids'}


@pytest.fixture(scope='module')
def site(pg):
    folder, keys = harness.temporary('wzdeidset-'), harness.owned_by_web_user(harness.temporary('wzdeidkeys-'))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pydicom.config.settings, 'writing_validation_mode', pydicom.config.IGNORE)
        for i, (name, sop_class, values, *_) in enumerate(ROWS):
            values = {**json.loads(values), **PATIENT}
            write(folder / f'{i}.dcm', class_of(sop_class), values, STUDY, uid(STUDY, sop_class), uid(STUDY, name))
        for study, patient in ((FOREIGN, 'P\u00e4'), (UNNAMED, '')):
            values = {**PATIENT, 'SpecificCharacterSet': 'ISO_IR 192', 'PatientID': patient}
            write(folder / f'{study}.dcm', class_of('1.1.2'), values, study, uid(study, 1), uid(study, 2))
    for path in [folder, *folder.rglob('*')]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    settings = {f'deid.{name}.{key}': value for name, options in PROFILES.items()
                for key, value in (('key', keys / 'key'), ('pixels', 'trust'), ('options', options or 'basic'))}
    made = harness.Site(pg, f'deidset_{os.getpid()}', {'r': folder}, **settings).migrate()
    assert made.cli('deid', 'key', keys / 'key').code == 0
    harness.give_to_web_user(keys / 'key')
    assert made.index().code == 0
    yield made
    made.remove()
    shutil.rmtree(folder)
    shutil.rmtree(keys)


@pytest.fixture(scope='module')
def server(site):
    front = harness.front_end('lighttpd-socket', site, workers=2).start()
    yield front
    front.remove()


def media(site, study, folder, profile):
    archive = folder / 'a.zip'
    result = site.cli('zip', study, '--dicomdir', '--deidentify', profile, '-o', archive)
    assert result.code == 0, result
    return fileset.unpack(archive, folder / 'out')


def strings(d):
    """All values, at every depth."""
    for e in d:
        if e.VR == 'SQ':
            for item in e.value:
                yield from strings(item)
        else:
            yield str(e.value)


@pytest.fixture(scope='module')
def wrong(site, tmp_path_factory):
    """Attributes that the originals have wrong on purpose: their own DICOMDIR differs from them, too."""
    folder = tmp_path_factory.mktemp('wrong')
    site.cli('zip', STUDY, '--dicomdir', '-o', folder / 'a.zip', check=True)
    _, odd = fileset.check(folder / 'out', fileset.unpack(folder / 'a.zip', folder / 'out'))
    found = {o.split(':')[0] for o in odd}
    assert not found & {'PatientID', 'PatientName', 'StudyDate', 'StudyTime', 'StudyID', 'AccessionNumber', 'StudyDescription'}
    return found


@pytest.mark.parametrize('profile', PROFILES)
def test_records_are_those_of_the_files(site, wrong, profile, tmp_path):
    names = media(site, STUDY, tmp_path, profile)
    types, odd = fileset.check(tmp_path / 'out', names)
    assert sorted(types) == sorted(r[3] for r in ROWS)
    assert {o.split(':')[0] for o in odd} - wrong == {'RTPlanLabel'}, odd  # a dummy in the file, whose label is empty
    data = (tmp_path / 'out' / 'DICOMDIR').read_bytes()
    assert MARK.encode() not in data
    there = profile == 'retained'
    assert (STUDY.encode() in data) == there and (uid('referenced').encode() in data) <= there
    assert (b'20190304' in data) == (profile == 'dated')
    assert set(types) & fileset.UNKNOWN_TO_PYDICOM or fileset.load(tmp_path / 'out') == names


@pytest.mark.parametrize('profile', PROFILES)
def test_nothing_of_the_originals_is_added(site, profile, tmp_path):
    """What a file has empty is absent from its records, or a constant."""
    media(site, STUDY, tmp_path, profile)
    for patient, study, _, leaf in fileset.Records(tmp_path / 'out').leaves():
        data = fileset.read(tmp_path / 'out' / '/'.join(leaf.ReferencedFileID))
        for keyword in 'PatientBirthDate', 'PatientSex':
            assert (patient.get(keyword) or '') == (data.get(keyword) or ''), keyword
        assert study.StudyDate == (data.StudyDate or '19000101')
        assert study.StudyTime == (data.StudyTime or '000000')


def test_references_resolve(site, tmp_path):
    """A reference that a record has is the one that its file has."""
    media(site, STUDY, tmp_path, 'basic')
    found = 0
    for _, _, _, leaf in fileset.Records(tmp_path / 'out').leaves():
        file_id = leaf.ReferencedFileID
        path = '/'.join([file_id] if isinstance(file_id, str) else file_id)
        inside = set(strings(fileset.read(tmp_path / 'out' / path)))
        for keyword in ('ReferencedSeriesSequence', 'ConceptNameCodeSequence', 'ReferencedImageEvidenceSequence'):
            for item in leaf.get(keyword, []):
                values = {v for v in strings(item) if v.startswith('2.25.')}
                assert values <= inside
                found += len(values)
    assert found > 0


def test_patients(site, tmp_path):
    """Without a Patient ID the study is the patient; other letters than ASCII have no pseudonym here."""
    media(site, UNNAMED, tmp_path, 'basic')
    names = [p.relative_to(tmp_path / 'out').as_posix() for p in (tmp_path / 'out').rglob('I*')]
    assert fileset.check(tmp_path / 'out', names)[1] == []
    refused = site.cli('zip', FOREIGN, '--dicomdir', '--deidentify', 'basic', '-o', tmp_path / 'b.zip')
    assert refused.code != 0 and 'ASCII' in refused.err


def get(server, study, query, *args, **options):
    return curl(f'{server.base}/dicom-web/studies/{study}?{query}', *args, folder=server.folder, **options)


def test_over_http(site, server, tmp_path):
    query = 'deidentify=basic&dicomdir=true&accept=application/zip'
    got = get(server, STUDY, query)
    assert got.status == 200 and got.headers['content-length'] == str(len(got.data))
    media(site, STUDY, tmp_path, 'basic')
    assert got.data == (tmp_path / 'a.zip').read_bytes()
    part = get(server, STUDY, query, '--range', '500-90000')
    assert part.status == 206 and part.data == got.data[500:90001] and part.headers['etag'] == got.headers['etag']
    plain = get(server, STUDY, query.replace('deidentify=basic&', ''))
    with zipfile.ZipFile(BytesIO(got.data)) as ours, zipfile.ZipFile(BytesIO(plain.data)) as original:
        assert ours.namelist() == original.namelist()
        sets = [pydicom.dcmread(BytesIO(z.read('DICOMDIR'))).file_meta.MediaStorageSOPInstanceUID for z in (ours, original)]
    assert sets[0] != sets[1]
    assert get(server, FOREIGN, query).status == 406


def test_link(site, server):
    made = site.cli('link', 'create', STUDY, '--deidentify', 'basic', '--dicomdir', check=True)
    got = curl(f'{server.base}{made.out.split()[0]}/archive.zip', folder=server.folder)
    assert got.status == 200
    with zipfile.ZipFile(BytesIO(got.data)) as z:
        assert z.namelist()[0] == 'DICOMDIR' and MARK.encode() not in b''.join(z.read(n) for n in z.namelist())
