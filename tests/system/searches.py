"""Generated studies that differ in all that can be searched for, queries, and what of the studies they match: a plain
filter over what pydicom reads, after PS3.4 C.2.2.2."""
import random
import re
import unicodedata
from types import SimpleNamespace
from urllib.parse import quote

import harness
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset

LEVELS = ['studies', 'series', 'instances']
ROOT = '1.2.826.0.1.3680043.10.999'
NAMES = ['Smith^John', 'SMITH^Jane', 'Smithers^W', 'Müller^Jürgen', 'Muller^Jane', "O'Brien^Zoë^^Dr", 'van Dam^Piet', '%^_',
         'Yamada^Tarou=山田^太郎=やまだ^たろう', 'Back*slash^A', 'Ng', '', 'Łuk^Jan', 'Smith^^^',
         "x'; DROP TABLE wadozip.study; --"]
CHARSETS = {'Müller^Jürgen': 'ISO_IR 100', 'Łuk^Jan': 'ISO_IR 101',
            'Yamada^Tarou=山田^太郎=やまだ^たろう': 'ISO_IR 192'}


def data_set(chance, study, series, number):
    d = Dataset()
    name = NAMES[study % len(NAMES)]
    d.SpecificCharacterSet = CHARSETS.get(name, 'ISO_IR 192')
    of_study, of_series = random.Random(study), random.Random(1000 * study + series)
    d.SOPClassUID = ['1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.5.1.4.1.1.2'][series % 2]
    d.SOPInstanceUID = f'{ROOT}.{study}.{series}.{number}'
    d.StudyInstanceUID, d.SeriesInstanceUID = f'{ROOT}.{study}', f'{ROOT}.{study}.{series}'
    d.PatientName, d.PatientID = name, f'P{study % 7}'
    d.PatientBirthDate, d.PatientSex = of_study.choice(['', '19500101', '20001231']), of_study.choice(['M', 'F', 'O', ''])
    d.IssuerOfPatientID = of_study.choice(['', 'HOSPITAL'])
    d.StudyDate = of_study.choice(['', '20200101', '20200615', '20211231'])
    d.StudyTime = of_study.choice(['', '09', '0930', '093015', '093015.5', '235959.999999'])
    d.AccessionNumber, d.StudyID = of_study.choice(['', 'A1', 'A*1', 'a1', 'A%1']), str(study)
    d.StudyDescription = of_study.choice(['', 'CT Chest', 'ct chest', 'Knie links'])
    d.ReferringPhysicianName = of_study.choice(['', 'House^Gregory', 'Höuse^X'])
    d.Modality, d.SeriesNumber = of_series.choice(['CT', 'MR', 'US', 'OT']), of_series.choice(['', '1', '2', '-3'])
    d.SeriesDescription = of_series.choice(['', 'axial', 'Axial_1'])
    d.SeriesDate, d.SeriesTime = of_series.choice(['', '20200102']), of_series.choice(['', '101500'])
    d.PerformedProcedureStepStartDate = of_series.choice(['', '20200103'])
    d.PerformedProcedureStepStartTime = of_series.choice(['', '1112'])
    d.BodyPartExamined = of_series.choice(['', 'CHEST', 'KNEE'])
    item = Dataset()
    item.ScheduledProcedureStepID, item.RequestedProcedureID = f'S{series}', of_series.choice(['', 'R1'])
    d.RequestAttributesSequence = [item] if series != 2 else []
    d.InstanceNumber = chance.choice(['', str(number), str(number)])
    d.Rows, d.Columns = 1 + number, 2
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation, d.SamplesPerPixel = 8, 8, 7, 0, 1
    d.PhotometricInterpretation, d.PixelData = 'MONOCHROME2', bytes((2 * (1 + number) + 1) // 2 * 2)
    d.file_meta = FileMetaDataset()
    d.file_meta.MediaStorageSOPClassUID, d.file_meta.MediaStorageSOPInstanceUID = d.SOPClassUID, d.SOPInstanceUID
    d.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2.1'
    d.is_little_endian, d.is_implicit_VR = True, False
    return d


def parameter(keyword, value):
    inside = keyword in ('ScheduledProcedureStepID', 'RequestedProcedureID')
    return f'{"RequestAttributesSequence." if inside else ""}{keyword}={quote(value, safe="")}'


def generated(pg, name, studies=60):
    """A site with generated studies, and what pydicom reads of its files."""
    folder, chance, sets = harness.temporary('wzsearch-'), random.Random(7), []
    for study in range(1, studies + 1):
        for series in range(1, 2 + study % 3):
            for number in range(1, 2 + (study + series) % 3):
                path = folder / f'{study}-{series}-{number}.dcm'
                data_set(chance, study, series, number).save_as(path, write_like_original=False)
                sets.append(pydicom.dcmread(path))
                path.chmod(0o644)
    folder.chmod(0o755)
    site = harness.Site(pg, name, {'search': folder}).migrate()
    assert site.index().code == 0
    assert site.cli('doctor').out.count('counts') == 0
    return SimpleNamespace(site=site, sets=sets)


@pytest.fixture(scope='module')
def archive(request, pg):
    """generated() for the module alone, with as many studies as its STUDIES says."""
    made = generated(pg, request.module.__name__.removeprefix('test_'), getattr(request.module, 'STUDIES', 60))
    yield made
    made.site.remove()


@pytest.fixture(scope='module')
def one(archive):
    """A web server before it."""
    server = harness.front_end('lighttpd-spawned', archive.site, workers=2).start()
    yield server
    server.remove()


def fold(name):
    plain = ''.join(c for c in unicodedata.normalize('NFD', name) if not '\u0300' <= c <= '\u036f').lower()
    return '='.join(g.rstrip('^ ') for g in plain.split('='))


def like(pattern, text):
    return re.fullmatch(''.join('.*' if c == '*' else '.' if c == '?' else re.escape(c) for c in pattern), text, re.S)


def text_of(d, keyword):
    value = d.get(keyword)
    return '' if value is None else str(value)


def moment(time, end):
    digits = time.replace('.', '')
    return digits + ('235959999999' if end else '0' * 12)[len(digits):]


def in_range(keyword, pattern, text):
    first, dash, last = pattern.partition('-')
    last = last if dash else first
    if keyword.endswith('Time'):
        text, first, last = text and moment(text, False), first and moment(first, False), last and moment(last, True)
    return text and (not first or first <= text) and (not last or text <= last)


def matches(d, keyword, pattern, study_sets, fuzzy=False):
    """PS3.4 C.2.2.2 as a plain filter."""
    if keyword == 'ModalitiesInStudy':
        return any(like(p, s.Modality) for p in re.split(r'[,\\]', pattern) for s in study_sets)
    if keyword in ('ScheduledProcedureStepID', 'RequestedProcedureID'):
        return bool(d.RequestAttributesSequence) and like(pattern, text_of(d.RequestAttributesSequence[0], keyword))
    text, vr = text_of(d, keyword), pydicom.datadict.dictionary_VR(keyword)
    if vr == 'PN' and fuzzy:
        words = [w for w in re.split(r'[ ^=,]', fold(text)) if w]
        return all(any(w.startswith(fold(p)) for w in words) for p in re.split(r'[ ^=,*?]+', pattern) if p)
    if vr == 'PN' and '=' in pattern:
        return like(fold(pattern), fold(text))
    if vr == 'PN':
        return any(like(fold(pattern), g) for g in fold(text).split('='))
    if vr in ('DA', 'TM'):
        return in_range(keyword, pattern, text)
    if vr == 'UI':
        return text in re.split(r'[,\\]', pattern)
    if vr == 'IS':
        return text != '' and int(text) == int(pattern)
    if fuzzy and keyword.endswith('Description'):
        return like(fold(pattern), fold(text))
    return any(like(p, text) for p in (re.split(r'[,\\]', pattern) if vr == 'CS' else [pattern]))


def order(d):
    def number(v):
        return 2 ** 31 - 1 if v in (None, '') else int(v)
    return number(d.SeriesNumber), d.SeriesInstanceUID, number(d.InstanceNumber), d.SOPInstanceUID


def expected(sets, level, keys, fuzzy=False, study=None, series=None):
    """UIDs that a search finds."""
    by_study = {}
    for d in sets:
        by_study.setdefault(d.StudyInstanceUID, []).append(d)
    uid = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'][level]
    return {str(d[uid].value) for d in sets if study in (None, d.StudyInstanceUID) and series in (None, d.SeriesInstanceUID)
            and all(matches(d, k, p, by_study[d.StudyInstanceUID], fuzzy) for k, p in keys.items())}


PATTERNS = {
    'studies': {
        'PatientName': ['Smith', 'smith*', 'SMITH^J*', 'muller*', 'MÜLLER^jürgen', 'Smith^^', '*zoe*',
                        '山田*', 'やまだ^たろう',
                        '%*', '_*', '%^_', '?g', 'O\'Brien*', "x'; DROP TABLE wadozip.study; --", '*\\*', 'Back?slash*', '\'',
                        'yamada^tarou=山田*', 'łuk*', '*^jan*', '$1', "') OR true --"],
        'PatientID': ['P1', 'p1', 'P*', '?1', 'P_', "P1' OR '1'='1"], 'AccessionNumber': ['A1', 'A?1', 'A%1', 'a*'],
        'IssuerOfPatientID': ['HOSPITAL', 'HOSP*'], 'PatientSex': ['M', 'F,O'], 'StudyID': ['1', '?', '1*'],
        'StudyDate': ['20200101', '20200101-20200615', '20200616-', '-20200101'],
        'StudyTime': ['09', '0930', '093015', '093015.5', '0930-0931', '10-', '-093015'],
        'PatientBirthDate': ['19500101', '19000101-19991231'], 'StudyDescription': ['CT Chest', '*chest', '*links*'],
        'ReferringPhysicianName': ['house*', 'HOUSE^gregory'], 'ModalitiesInStudy': ['CT', 'MR\\US', 'C*,OT'],
        'StudyInstanceUID': [f'{ROOT}.1', f'{ROOT}.1,{ROOT}.2', f'{ROOT}.3\\{ROOT}.4', '1.2.3']},
    'series': {
        'Modality': ['CT', 'MR,US', 'M?'], 'SeriesNumber': ['1', '-3', '7'],
        'SeriesDescription': ['axial', '*xial*', 'Axial_?'],
        'SeriesDate': ['20200102', '20200101-20200103'], 'SeriesTime': ['1015', '10-11'],
        'PerformedProcedureStepStartDate': ['20200103', '20200104-'], 'PerformedProcedureStepStartTime': ['1112', '-12'],
        'BodyPartExamined': ['CHEST', 'K*'], 'SeriesInstanceUID': [f'{ROOT}.1.1', f'{ROOT}.2.1\\{ROOT}.2.2'],
        'ScheduledProcedureStepID': ['S1', 'S*'], 'RequestedProcedureID': ['R1']},
    'instances': {
        'SOPClassUID': ['1.2.840.10008.5.1.4.1.1.2'], 'SOPInstanceUID': [f'{ROOT}.1.1.1'], 'InstanceNumber': ['1', '2']}}


def queries():
    """Each pattern alone and random combinations of them, at each level that has the keys."""
    chance = random.Random(42)
    for level in range(3):
        keys = [(k, p) for name in LEVELS[:level + 1] for k, all_of in PATTERNS[name].items() for p in all_of]
        for key in keys if level != 2 else keys[-4:]:
            yield level, dict([key]), False
        for _ in range(60):
            yield level, dict(chance.sample(keys, chance.randint(2, 3))), chance.random() < 0.2
    for words in ('john smith', 'SMI jo', 'jur mul', 'piet van', '太郎', 'nobody', 'smith*', '%', "dam'"):
        yield 0, {'PatientName': words}, True
    for key in {'StudyDescription': 'ct CHEST'}, {'StudyDescription': '*LINKS'}, {'SeriesDescription': 'AXIAL*'}:
        yield 1, key, True
