# SPDX-License-Identifier: MIT
"""What directory records say: tests/tables/dicomdir.tsv, each row a study of one instance, and all of them as one study."""
import json
import os
import warnings
from collections import Counter

import fileset
import harness
import pydicom
import pytest
from corpus import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

CLASSES = '1.2.840.10008.5.1.4.'
PLAIN = {'StudyDate': '20200101', 'StudyTime': '120000', 'StudyID': 'S', 'PatientID': 'P', 'PatientName': 'N', 'Modality': 'CT',
         'SeriesNumber': 3, 'InstanceNumber': 1}


pytestmark = pytest.mark.filterwarnings('ignore::UserWarning')  # of pydicom, about values that are wrong on purpose


def rows():
    text = (harness.REPO / 'tests/tables/dicomdir.tsv').read_text()
    return [line.split('\t') for line in text.splitlines() if line and not line.startswith('#')]


ROWS = rows()
NAMES = [r[0] for r in ROWS]


def class_of(text):
    return CLASSES + text if text.startswith(('1.1.', '34.')) else text


def dataset(values):
    """A data set out of JSON: keywords and values, lists of objects for sequences."""
    d = Dataset()
    for keyword, value in values.items():
        if isinstance(value, list) and (value == [] or isinstance(value[0], dict)):
            value = Sequence([dataset(v) for v in value])
        setattr(d, keyword, value)
    return d


def write(path, sop_class, values, study, series, sop):
    d = dataset({**PLAIN, **values})
    d.SOPClassUID, d.StudyInstanceUID, d.SeriesInstanceUID, d.SOPInstanceUID = sop_class, study, series, sop
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = fileset.EXPLICIT_LE
    d.is_little_endian, d.is_implicit_VR = True, False
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        d.save_as(path, write_like_original=False)


def many_references(count):
    image = {'ReferencedSOPClassUID': CLASSES + '1.1.2'}
    return [{'SeriesInstanceUID': uid('referenced'), 'ReferencedImageSequence': [
        {**image, 'ReferencedSOPInstanceUID': uid('referenced', i)} for i in range(count)]}]


TWINS = ['1.2.3.4', '1.2.3.5', CLASSES + '1.1.88.11', CLASSES + '1.1.2', CLASSES + '1.1.481.5']
MANY = {'few': 800, 'many': 2000}


@pytest.fixture(scope='module')
def site(pg, tmp_path_factory):
    folder = tmp_path_factory.mktemp('records')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pydicom.config.settings, 'writing_validation_mode', pydicom.config.IGNORE)
        for i, (name, sop_class, values, *_) in enumerate(ROWS):
            values = json.loads(values)
            write(folder / f'{i}.dcm', class_of(sop_class), values, uid('row', name), uid('row', name, 1), uid('row', name, 2))
            write(folder / f'mixed{i}.dcm', class_of(sop_class), {**values, 'SeriesNumber': i % 7},
                  uid('mixed'), uid('mixed', sop_class), uid('mixed', name))
        for i, sop_class in enumerate(TWINS * 3):
            write(folder / f'twin{i}.dcm', sop_class, {}, uid('twins'), uid('twins', i % 2), uid('twins', 'instance', i))
        for name, count in MANY.items():
            write(folder / f'{name}.dcm', CLASSES + '1.1.11.1', {'ReferencedSeriesSequence': many_references(count)},
                  uid(name), uid(name, 1), uid(name, 2))
    for path in [folder, *folder.rglob('*')]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    made = harness.Site(pg, f'records_{os.getpid()}', {'r': folder}).migrate()
    result = made.index()
    assert result.code == 0, result
    yield made
    made.remove()


def media(site, study, folder):
    archive = folder / 'a.zip'
    result = site.cli('zip', study, '--dicomdir', '-o', archive)
    assert result.code == 0, result
    return fileset.unpack(archive, folder / 'out')


def plain(value):
    """A value of pydicom as JSON has it; None for an element that is not there."""
    if isinstance(value, pydicom.Sequence):
        return [{e.keyword: plain(e.value) for e in item} for item in value]
    if isinstance(value, pydicom.multival.MultiValue):
        return [plain(v) for v in value]
    if value == []:
        return []
    return int(value) if isinstance(value, int) else '' if value is None else str(value)


def said(chain, keyword):
    for record in chain:
        if keyword in record:
            record.decode()
            return plain(record[keyword].value)
    return None


@pytest.mark.parametrize('row', ROWS, ids=NAMES)
def test_record(site, row, tmp_path):
    name, _, _, kind, keys, *more = row
    names = media(site, uid('row', name), tmp_path)
    types, _ = fileset.check(tmp_path / 'out', names)
    assert types == [kind]
    patient, study, series, leaf = next(fileset.Records(tmp_path / 'out').leaves())
    for keyword, value in json.loads(keys).items():
        value = uid('row', name) if value == 'STUDY' else value
        assert said((leaf, series, study, patient), keyword) == value, keyword
    for record in (patient, study, series, leaf):
        ascii_only = all(b < 0x80 for e in record.values() if e.VR != 'SQ' and isinstance(e.value, bytes) for b in e.value)
        assert ascii_only or record.get('SpecificCharacterSet') == 'ISO_IR 192'
    said_by_others = fileset.complaints(tmp_path / 'out')
    assert not said_by_others if not more else any(more[0] in c for c in said_by_others)
    if kind not in fileset.UNKNOWN_TO_PYDICOM:
        assert fileset.load(tmp_path / 'out') == names


def test_all_as_one_study(site, tmp_path):
    """Mixed modalities, several records a series, numbers that repeat, series of the same number."""
    names = media(site, uid('mixed'), tmp_path)
    types, _ = fileset.check(tmp_path / 'out', names)
    assert Counter(types) == Counter(r[3] for r in ROWS)
    records = fileset.Records(tmp_path / 'out')
    assert len(records.root) == 1 and len(records.root[0][1]) == 1
    assert len(records.root[0][1][0][1]) == len({r[1] for r in ROWS})


def test_what_looks_the_same(site, tmp_path):
    """Private and other records of the same series and number: each file is found."""
    names = media(site, uid('twins'), tmp_path)
    types, _ = fileset.check(tmp_path / 'out', names)
    assert Counter(types) == {'PRIVATE': 6, 'SR DOCUMENT': 3, 'IMAGE': 3, 'RT PLAN': 3}
    assert fileset.complaints(tmp_path / 'out') == []
    assert fileset.load(tmp_path / 'out') == names


def test_dcmmkdir_agrees(site, tmp_path):
    """DCMTK's own directory of the same tree, where it takes the file: the same types of records."""
    media(site, uid('mixed'), tmp_path)
    agreed = fileset.agreed_with_dcmmkdir(tmp_path / 'out', tmp_path / 'theirs')
    assert {r[3] for r in ROWS} - set(agreed.values()) <= {'PRIVATE', 'ASSESSMENT', 'RADIOTHERAPY'}


@pytest.mark.parametrize('name, kind', [('few', 'PRESENTATION'), ('many', 'PRIVATE')])
def test_presentation_of_many_images(site, name, kind, tmp_path):
    names = media(site, uid(name), tmp_path)
    assert fileset.check(tmp_path / 'out', names)[0] == [kind]
    leaf = next(fileset.Records(tmp_path / 'out').leaves())[3]
    if kind == 'PRESENTATION':
        assert len(leaf.ReferencedSeriesSequence[0].ReferencedImageSequence) == MANY[name]
    assert fileset.complaints(tmp_path / 'out') == []
