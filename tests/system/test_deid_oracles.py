# SPDX-License-Identifier: MIT
"""De-identified files judged by others: dciodvfy finds nothing new in them, and Orthanc removes nothing that they have."""
import collections
import http.client
import io
import json
import re
import subprocess
import warnings
import zlib

import orthanc
import pydicom
import pytest
from corpus import REPO
from deid_cases import Deid
from test_deid import write as write_marked
from test_deid_withhold import NATIVE, picture, write

warnings.simplefilter('ignore', UserWarning)
DICOM = REPO.parent / 'shared' / 'dicom'
ALL = 'uids,device,institution,patient,modified-dates,safe-private'
# New messages of dciodvfy that were looked at: (part of the message, part of the file's name, reason).
REVIEWED = [
    ('Unrecognized enumerated value', 'US-ALOKA-16', 'MONOCHROME2 of 16 bits, which its palette became: 8 in ultrasound')]
# What Orthanc (table of 2021b) removes or changes and the profile keeps, with all that lies in it: {tag: reason}.
KEPT = {
    '00081111': 'Referenced Performed Procedure Step Sequence: its UIDs are replaced (ours.tsv)',
    '0040A730': 'Content Sequence: one item of ours takes the place of all, with a concept of DCM'}
DUMMIES = ['000000', '19000101', 'ANONYMOUS']  # of ours; files can have had them before


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    return Deid(tmp_path_factory.mktemp('oracles'))


def kinds():
    """A real file of every second SOP class and transfer syntax: all of them take minutes."""
    seen = {}
    for path in sorted(DICOM.rglob('*')):
        if not path.is_file() or path.stat().st_size > 5_000_000 or 'malformed' in str(path):
            continue
        try:
            d = pydicom.dcmread(path, stop_before_pixels=True)
            kind = d.SOPClassUID, d.file_meta.TransferSyntaxUID
        except (pydicom.errors.InvalidDicomError, AttributeError, OSError, RecursionError, ValueError, zlib.error):
            continue
        seen.setdefault(kind, path)
    return list(seen.values())[::2]


def errors(path):
    """The kinds of errors that dciodvfy names; None: it cannot read the file."""
    done = subprocess.run(['dciodvfy', path], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = [line for line in done.stdout.decode('latin-1').splitlines() if 'Error' in line]
    if any('read failed' in line for line in lines):
        return None
    return collections.Counter(re.sub(r'\[\d+\]', '[]', re.sub(r'value <[^>]*>', 'value', line)) for line in lines)


def new_errors(work, path, *options):
    """Errors in the de-identified file that the original does not have; None: nothing can be compared."""
    out = work.folder / 'out.dcm'
    out.unlink(missing_ok=True)
    if work.cli('file', path, out, '--key', work.folder / 'key', *options).code:
        return None
    before = errors(path)
    return before if before is None else [e for e in errors(out) if e not in before]


def reviewed(message, path):
    return any(part in message and name in path.name for part, name, _ in REVIEWED)


@pytest.mark.parametrize('options', [('--trust-pixels',), ('--withhold-pixels',), ('--trust-pixels', '--options', ALL)])
def test_dciodvfy_finds_nothing_new(work, tmp_path, options):
    files = [write(tmp_path / f'{name}.dcm', picture(**{k: v for k, v in more.items() if k != 'syntax'}))
             for name, more in NATIVE.items()]
    found = {str(path): new_errors(work, path, *options) for path in files}
    assert found == {str(path): [] for path in files}


@pytest.mark.skipif(not DICOM.is_dir(), reason='../shared/dicom is missing')
@pytest.mark.parametrize('options', [('--withhold-pixels',), ('--trust-pixels', '--options', ALL)])
def test_dciodvfy_finds_nothing_new_in_real_files(work, options):
    looked, found = 0, []
    for path in kinds():
        new = new_errors(work, path, *options)
        looked += new is not None
        found += [(path.name, message) for message in new or () if not reviewed(message, path)]
    assert found == [] and looked > 20


def values(d, path=''):
    """{path: value} of a data set; of a sequence those of its items."""
    out = {}
    for e in d:
        here = f'{path}{e.tag.group:04X}{e.tag.element:04X}'
        if e.VR == 'SQ':
            for n, item in enumerate(e.value):
                out |= values(item, f'{here}/{n}/')
        elif not e.is_empty and not e.tag.is_private and e.tag.group != 0x7fe0:
            out[here] = str(e.value)
    return out


@pytest.fixture(scope='module')
def peer():
    server = orthanc.Orthanc()
    try:
        server.start()
        yield server
    finally:
        server.remove()


def ask(server, path, data, method='POST'):
    c = http.client.HTTPConnection('127.0.0.1', server.port, timeout=120)
    c.request(method, path, data)
    answer = c.getresponse()
    content = answer.read()
    c.close()
    return content if answer.status == 200 else None


def anonymized(server, path):
    """The file as Orthanc anonymizes it; None: it does not take it."""
    stored = ask(server, '/instances', path.read_bytes())
    place = stored and f'/instances/{json.loads(stored)["ID"]}'
    made = stored and ask(server, f'{place}/anonymize', '{}')
    if stored:  # of two files with one UID the second would not be stored
        ask(server, place, None, 'DELETE')
    return made and pydicom.dcmread(io.BytesIO(made), force=True)


def left(work, server, path):
    """Attributes that have their original values here, but not in Orthanc's file."""
    theirs = anonymized(server, path)
    if theirs is None:
        return None
    out = work.folder / 'out.dcm'
    out.unlink(missing_ok=True)
    if work.cli('file', path, out, '--key', work.folder / 'key', '--trust-pixels').code:
        return None
    before, ours, theirs = values(pydicom.dcmread(path)), values(pydicom.dcmread(out)), values(theirs)
    return {p for p, v in before.items() if ours.get(p) == v and theirs.get(p) != v and p[:8] not in KEPT and v not in DUMMIES}


@pytest.mark.skipif(not orthanc.PROGRAM, reason='orthanc is not installed (deploy/packages test)')
def test_orthanc_removes_nothing_that_is_left(work, peer, tmp_path):
    write_marked(tmp_path / 'marked.dcm')
    assert left(work, peer, tmp_path / 'marked.dcm') == set()


@pytest.mark.skipif(not (orthanc.PROGRAM and DICOM.is_dir()), reason='../shared/dicom or orthanc is missing')
def test_orthanc_removes_nothing_that_is_left_in_real_files(work, peer):
    found = {path.name: left(work, peer, path) for path in kinds()}
    assert {n: f for n, f in found.items() if f} == {}
    assert sum(f is not None for f in found.values()) > 20
