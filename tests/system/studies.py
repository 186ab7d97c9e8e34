# SPDX-License-Identifier: MIT
"""What a folder of DICOM files holds, as pydicom sees it: the expectation that the service is measured by."""
import hashlib
import re
import warnings
from collections import Counter, defaultdict, namedtuple
from pathlib import Path

import pydicom

IMPLICIT_LE, EXPLICIT_LE, EXPLICIT_BE = '1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2'
NO_NUMBER = 2 ** 31 - 1

Instance = namedtuple('Instance', 'path study series sop series_number number syntax')


def _number(value):
    return NO_NUMBER if value in (None, '') else int(value)


def _read(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            d = pydicom.dcmread(path, stop_before_pixels=True)
            return Instance(path, str(d.StudyInstanceUID), str(d.SeriesInstanceUID), str(d.SOPInstanceUID),
                            _number(d.get('SeriesNumber')), _number(d.get('InstanceNumber')),
                            str(d.file_meta.get('TransferSyntaxUID', '')))
    except Exception:  # pylint: disable=broad-except  (whatever pydicom does not like is not expected of the service)
        return None


def read(folder):
    """Study UID -> instances in the order that an archive has them. Studies with doubtful files are left out: those
    with a UID that is none or that another file has too, and all that the folder of broken files touches."""
    studies, bad = defaultdict(list), set()
    for path in sorted(p for p in Path(folder).rglob('*') if p.is_file()):
        one = _read(path)
        if one:
            studies[one.study].append(one)
            if 'derived-malformed' in path.parts:
                bad.add(one.study)
    twice = Counter(i.sop for s in studies.values() for i in s)
    bad |= {s for s, all_of in studies.items() for i in all_of if twice[i.sop] > 1 or not i.syntax or
            not all(map(is_uid, (i.study, i.series, i.sop)))}
    return {s: in_order(v) for s, v in studies.items() if s not in bad}


def is_uid(text):
    """PS3.5 9.1."""
    return len(text) <= 64 and re.fullmatch(r'(0|[1-9]\d*)(\.(0|[1-9]\d*))*', text)


def in_order(instances):
    return sorted(instances, key=lambda i: (i.series_number, i.series, i.number, i.sop))


def as_stored(instances):
    """Whether the default answer holds the files' own bytes."""
    return all(i.syntax == EXPLICIT_LE for i in instances)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sha256_of_files(paths):
    """Of the files' content one behind the other."""
    h = hashlib.sha256()
    for path in paths:
        with open(path, 'rb') as f:
            while block := f.read(1 << 20):
                h.update(block)
    return h.hexdigest()
