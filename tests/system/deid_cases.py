# SPDX-License-Identifier: MIT
"""Instances for tests of de-identification, and the command that de-identifies them."""
import hashlib
import hmac
import io

import harness
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

PROFILE = harness.REPO / 'src' / 'wadozip-dicom' / 'deid' / 'profile.tsv'
MR = '1.2.840.10008.5.1.4.1.1.4'


def new_uid(key, original):
    """What stands for a UID, by the key in a file."""
    mac = hmac.new(bytes.fromhex(key.read_text()), b'uid\0' + original.encode(), hashlib.sha256)
    number = bytearray(mac.digest()[:16])
    number[6], number[8] = number[6] & 15 | 0x80, number[8] & 0x3f | 0x80
    return f'2.25.{int.from_bytes(number, "big")}'


def write(path, d, syntax=ExplicitVRLittleEndian, preamble=bytes(128), meta=None):
    d.file_meta = FileMetaDataset()
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.file_meta.TransferSyntaxUID = syntax
    for name, value in (meta or {}).items():
        setattr(d.file_meta, name, value)
    d.is_little_endian = syntax != ExplicitVRBigEndian
    d.is_implicit_VR, d.preamble = syntax == ImplicitVRLittleEndian, preamble
    d.save_as(path, write_like_original=False)
    return path


def instance(sop='1.2.3.4.1', **more):
    d = Dataset()
    d.SOPClassUID, d.SOPInstanceUID, d.StudyInstanceUID, d.SeriesInstanceUID = MR, sop, '1.2.3.4', '1.2.3.4.9'
    d.Modality, d.PatientID, d.PatientName, d.InstanceNumber = 'MR', 'P1', 'Doe^Jane', 3
    for name, value in more.items():
        setattr(d, name, value)
    return d


def add_pixels(d):
    d.Rows = d.Columns = 2
    d.BitsAllocated = d.BitsStored = 8
    d.HighBit, d.SamplesPerPixel, d.PixelRepresentation, d.PhotometricInterpretation = 7, 1, 0, 'MONOCHROME2'
    d.add_new(0x7fe00010, 'OB', b'\1\2\3\4')
    return d


class Deid:
    def __init__(self, folder):
        self.folder, self.count = folder, 0
        (folder / 'c.conf').write_text(f'helper = {harness.BUILD}/wadozip-dicom\nhelper_seconds = 600\nspool = {folder}\n')
        assert self.cli('key', folder / 'key').code == 0

    def cli(self, *args):
        return harness.run(harness.program('wadozip'), '--config', self.folder / 'c.conf', 'deid', *args)

    def made(self, path, *args, key='key'):
        """The bytes of the de-identified file."""
        self.count += 1
        out = self.folder / f'out{self.count}.dcm'
        got = self.cli('file', path, out, '--key', self.folder / key, *args)
        assert got.code == 0, got
        return out.read_bytes()

    def read(self, d, *args, syntax=ExplicitVRLittleEndian, **more):
        """The de-identified data set."""
        self.count += 1
        path = write(self.folder / f'in{self.count}.dcm', d, syntax)
        return pydicom.dcmread(io.BytesIO(self.made(path, *args, **more)))


def item(**attributes):
    """An item of a sequence."""
    d = Dataset()
    for name, value in attributes.items():
        setattr(d, name, value)
    return d
