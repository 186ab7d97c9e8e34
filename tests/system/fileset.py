# SPDX-License-Identifier: MIT
"""A File-set as independent readers see it: what its DICOMDIR says is compared with the files themselves."""
import re
import subprocess
import warnings
import zipfile
from pathlib import Path

import pydicom
from pydicom.fileset import FileSet

DIRECTORY = '1.2.840.10008.1.3.10'
EXPLICIT_LE = '1.2.840.10008.1.2.1'
FILE_ID = re.compile(r'[A-Z0-9_]{1,8}(/[A-Z0-9_]{1,8}){0,7}')
UNKNOWN_TO_PYDICOM = {'ANNOTATION'}  # to that of Debian 12, which then loads nothing of the File-set


def unpack(archive, folder):
    """Unpacks; the DICOMDIR is first and stored, all names are File IDs."""
    with zipfile.ZipFile(archive) as z:
        assert z.testzip() is None
        first, *others = z.infolist()
        assert first.filename == 'DICOMDIR' and first.compress_type == zipfile.ZIP_STORED
        assert first.date_time == (1980, 1, 1, 0, 0, 0)
        names = [m.filename for m in others if not m.filename.startswith('MANIFEST.')]
        assert all(map(FILE_ID.fullmatch, names)) and len(set(names)) == len(names)
        z.extractall(folder)
    return names


def read(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return pydicom.dcmread(path, **options)


class Records:
    """The records of a DICOMDIR, found by following its offsets alone."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.set = read(self.folder / 'DICOMDIR')
        self.at = {}
        for r in self.set.DirectoryRecordSequence:
            self.at[r.seq_item_tell] = r
        self.reached = 0
        self.root = self.entity(self.set.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity)
        assert self.set.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity == self.root[-1][0].seq_item_tell

    def entity(self, offset):
        """(record, those below) of a directory entity."""
        found = []
        while offset:
            r = self.at[offset]
            self.reached += 1
            assert r.RecordInUseFlag == 0xffff
            found.append((r, self.entity(r.OffsetOfReferencedLowerLevelDirectoryEntity)))
            offset = r.OffsetOfTheNextDirectoryRecord
        return found

    def leaves(self):
        """(patient, study, series, record) of every file."""
        for patient, studies in self.root:
            for study, series_of in studies:
                for series, leaves in series_of:
                    for leaf, below in leaves:
                        assert not below
                        yield patient, study, series, leaf


def _same(record, data, keyword):
    """The record says what the file says, where that says something that may be said."""
    here, there = record.get(keyword), data.get(keyword)
    if there not in (None, '') and str(there) != str(here):
        return f'{keyword}: {here!r} in the directory, {there!r} in the file'
    return None


def check(folder, names):
    """Everything that holds for every DICOMDIR of ours. Gives the types of records and what differs from the files."""
    folder = Path(folder)
    records = Records(folder)
    assert records.reached == len(records.at) == len(records.set.DirectoryRecordSequence)
    assert records.set.FileSetConsistencyFlag == 0
    meta = records.set.file_meta
    assert (meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID) == (DIRECTORY, EXPLICIT_LE)
    assert meta.ImplementationClassUID == read(folder / 'DICOMDIR').file_meta.ImplementationClassUID
    assert re.fullmatch(r'2\.25\.[1-9]\d{1,38}', meta.MediaStorageSOPInstanceUID)
    types, odd, seen = [], [], []
    for patient, study, series, leaf in records.leaves():
        name = '/'.join(leaf.ReferencedFileID if not isinstance(leaf.ReferencedFileID, str) else [leaf.ReferencedFileID])
        data = read(folder / name, stop_before_pixels=True)
        seen.append(name)
        types.append(leaf.DirectoryRecordType)
        assert leaf.ReferencedTransferSyntaxUIDInFile == data.file_meta.TransferSyntaxUID
        assert (leaf.ReferencedSOPClassUIDInFile, leaf.ReferencedSOPInstanceUIDInFile) == (
            data.SOPClassUID, data.SOPInstanceUID)
        assert (study.StudyInstanceUID, series.SeriesInstanceUID) == (data.StudyInstanceUID, data.SeriesInstanceUID)
        assert patient.PatientID and study.StudyDate and study.StudyTime and study.StudyID
        assert series.Modality and series.SeriesNumber is not None and leaf.InstanceNumber is not None
        own = [e.keyword for e in leaf if e.VR != 'SQ' and e.tag.group != 4 and e.keyword != 'SpecificCharacterSet']
        odd += filter(None, [_same(patient, data, k) for k in ('PatientID', 'PatientName')] +
                      [_same(study, data, k) for k in ('StudyDate', 'StudyTime', 'StudyID', 'AccessionNumber',
                                                       'StudyDescription')] +
                      [_same(series, data, k) for k in ('Modality', 'SeriesNumber', 'SeriesDescription')] +
                      [_same(leaf, data, k) for k in own])
    assert sorted(seen) == sorted(names)
    return types, odd


def complaints(folder):
    """What dcmdump, dciodvfy and dcentvfy call an error in the DICOMDIR."""
    path = str(Path(folder) / 'DICOMDIR')
    dump = subprocess.run(['dcmdump', '-q', path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    assert (dump.returncode, dump.stderr) == (0, b'')
    found = []
    for tool in ('dciodvfy', 'dcentvfy'):
        done = subprocess.run([tool, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        found += [line for line in done.stdout.decode(errors='replace').splitlines() if line.startswith('Error')]
    return found


def load(folder):
    """Names of the files that pydicom's FileSet finds."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return sorted(str(Path(i.path).relative_to(folder)) for i in FileSet(Path(folder) / 'DICOMDIR'))


GUESSED = ('IMAGE', 'PRIVATE')  # dcmmkdir 3.6.9 says IMAGE of each class that it does not know; 3.6.7 refuses it
RETIRED = {'OVERLAY'}  # PS3.3 Table F.4-1 Note 2: not written any more


def agreed_with_dcmmkdir(folder, output):
    """SOP Instance UID -> type of the records that DCMTK makes of the same files; ours are the same. One run a file: it
    stops at the first that it refuses."""
    found = {}
    for path in sorted(Path(folder).rglob('I*')):
        output.unlink(missing_ok=True)
        subprocess.run(['dcmmkdir', '-q', '-Pgp', '+I', '+Nrs', '-Nxc', '-Nec', '-Nrc', '+id', str(folder), '+D', str(output),
                        str(path.relative_to(folder))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if output.exists():
            found.update({r.ReferencedSOPInstanceUIDInFile: r.DirectoryRecordType
                          for r in read(output).DirectoryRecordSequence if 'ReferencedSOPInstanceUIDInFile' in r})
    ours = {leaf.ReferencedSOPInstanceUIDInFile: leaf.DirectoryRecordType for *_, leaf in Records(folder).leaves()}
    pairs = {sop: (kind, ours[sop]) for sop, kind in found.items() if kind != ours[sop] and kind not in RETIRED}
    other = {sop: pair for sop, pair in pairs.items() if pair != GUESSED}
    assert not other, other
    return found
