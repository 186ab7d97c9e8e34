# SPDX-License-Identifier: MIT
"""wadozip deid: files full of marked values, in every attribute of PS3.15 Table E.1-1 and where others forget to look."""
import os
import re
import stat
import struct
import zlib

import harness
import pydicom
import pytest
from corpus import REPO, corpus
from damaged import even, item
from pydicom.datadict import dictionary_VR

MARK, DATE, ARC, AGE = 'ZZ7731', '19770731', '1.2.7731.', '077Y'
MARKS = [MARK.encode(), DATE.encode(), ARC.encode(), AGE.encode()]
TEXTS = ('AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT')
VALUES = {'DA': DATE, 'DT': DATE + '101112', 'TM': '101112', 'AS': AGE, **{vr: MARK for vr in TEXTS}}
WIDE = ('OB', 'OW', 'SQ', 'UN', 'UT', 'UC', 'UR')


def table():
    rows = [line.split('\t') for line in (REPO / 'src/wadozip-dicom/deid/profile.tsv').read_text().splitlines()]
    rows = [r for r in rows if re.fullmatch('[0-9a-f]{8}', r[0]) and '0008' <= r[0] < '7fe0']
    return {int(r[0], 16): r for r in rows}


def encoded(tag, vr, value):
    value = even(value).encode() if isinstance(value, str) else value
    head = struct.pack('<HH2s', tag >> 16, tag & 0xffff, vr.encode())
    return head + (struct.pack('<HI', 0, len(value)) if vr in WIDE else struct.pack('<H', len(value))) + value


def vr_of(tag):
    try:
        return dictionary_VR(tag)
    except KeyError:
        return None


def marked(tag, depth):
    """The attribute with a value that must not be seen again; None: of a VR that cannot hold one."""
    vr = vr_of(tag)
    if vr == 'UI':
        return encoded(tag, vr, f'{ARC}{tag}')
    if vr == 'SQ':
        return encoded(tag, vr, item(full(depth - 1))) if depth else None
    return encoded(tag, vr, VALUES[vr]) if vr in VALUES else None


PRIVATE = b''.join([encoded(0x00090010, 'LO', MARK), encoded(0x00091001, 'LO', MARK), encoded(0x00091002, 'UN', MARK),
                    encoded(0x00091003, 'SQ', item(encoded(0x00100010, 'PN', MARK)))])


def full(depth):
    """All attributes of the table with marks, in an item with this many levels beneath it."""
    rows = dict.fromkeys(table()) if depth == 2 else dict.fromkeys(t for t in table() if vr_of(t) != 'SQ')
    if depth == 1:
        rows[0x00082218] = None  # Anatomic Region Sequence: stays, so that its items are treated
    elements = {tag: marked(tag, depth) for tag in rows}
    elements[0x00082218] = encoded(0x00082218, 'SQ', item(full(depth - 1))) if depth else None
    elements[0x00090010] = PRIVATE
    elements[0x00100010] = encoded(0x00100010, 'UN', MARK) if depth == 0 else encoded(0x00100010, 'PN', MARK)
    elements[0x00186000] = encoded(0x00186000, 'UN', MARK)  # Sensitivity, which is no UN
    elements[0x0018fff0] = encoded(0x0018fff0, 'LO', MARK)  # of no dictionary
    elements[0x00180050] = encoded(0x00180050, 'DS', '1.25')
    return b''.join(e for _, e in sorted(elements.items()) if e)


def write(path, extra=b''):
    """A CT image of 4 x 4 pixels with marks in attributes (or those in `extra`), file meta, preamble and padding."""
    meta = b''.join([encoded(0x00020001, 'OB', b'\0\1'), encoded(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
                     encoded(0x00020003, 'UI', ARC + str(0x00080018)), encoded(0x00020010, 'UI', '1.2.840.10008.1.2.1'),
                     encoded(0x00020012, 'UI', ARC + '9'), encoded(0x00020016, 'AE', MARK)])
    image = {tag: encoded(tag, 'US', struct.pack('<H', v)) for tag, v in (
        (0x00280002, 1), (0x00280010, 4), (0x00280011, 4), (0x00280100, 16), (0x00280101, 16), (0x00280102, 15),
        (0x00280103, 0))}
    image[0x00080016] = encoded(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2')
    image[0x00280004] = encoded(0x00280004, 'CS', 'MONOCHROME2')
    image[0x60003000] = b''.join([encoded(0x60000022, 'LO', MARK), encoded(0x60003000, 'OW', MARK),
                                  encoded(0x60004000, 'LT', MARK)])
    image[0x7fe00010] = encoded(0x7fe00010, 'OW', bytes(range(32)))
    image[0xfffcfffc] = encoded(0xfffcfffc, 'OB', MARK)
    data, at = extra or full(2), 0
    parts = dict(image)
    while at < len(data):
        tag = struct.unpack('<HH', data[at:at + 4])
        wide = data[at + 4:at + 6].decode() in WIDE
        size = struct.unpack('<I', data[at + 8:at + 12])[0] + 12 if wide else struct.unpack('<H', data[at + 6:at + 8])[0] + 8
        parts[tag[0] << 16 | tag[1]] = data[at:at + size]
        at += size
    path.write_bytes(MARK.encode().ljust(128, b'\1') + b'DICM' + encoded(0x00020000, 'UL', struct.pack('<I', len(meta))) +
                     meta + b''.join(e for _, e in sorted(parts.items())))


@pytest.fixture(scope='module')
def deid(site, tmp_path_factory):
    """deid(file, options...): the result, or what is reported; with one key, and `key` as attribute."""
    folder = tmp_path_factory.mktemp('deid')
    key = folder / 'key'
    assert site.cli('deid', 'key', key).code == 0
    numbers = iter(range(1000))

    def run(path, *options, key=key):
        out = folder / f'{next(numbers)}.dcm'
        done = site.cli('deid', 'file', path, out, '--key', key, *options)
        return out if done.code == 0 else done
    run.key = key
    return run


def test_keys_are_private_and_never_replaced(site, deid, tmp_path):
    before = deid.key.read_bytes()
    assert re.fullmatch(rb'[0-9a-f]{64}\n', before) and stat.S_IMODE(deid.key.stat().st_mode) == 0o600
    again = site.cli('deid', 'key', deid.key)
    assert again.code == 2 and 'cannot create' in again.err and deid.key.read_bytes() == before
    open_key = tmp_path / 'open'
    open_key.write_bytes(before)
    os.chmod(open_key, 0o640)
    file = next(corpus('small').rglob('*.dcm'))
    assert 'is open to others' in deid(file, key=open_key).err
    (tmp_path / 'short').write_bytes(before[:40])
    assert 'is not a key file' in deid(file, key=tmp_path / 'short').err


@pytest.mark.parametrize('options', ['', 'safe-private'])
def test_no_mark_is_left(deid, tmp_path, options):
    """In 650 attributes, three levels of sequences, private attributes, UN, file meta, preamble, overlays and padding."""
    source = tmp_path / 'full.dcm'
    write(source)
    assert all(m in source.read_bytes() for m in MARKS)
    out = deid(source, *(['--options', options] if options else []))
    data = out.read_bytes()
    assert [m for m in MARKS if m in data] == []
    d = pydicom.dcmread(out)
    assert d.PixelData == bytes(range(32)) and d.SOPClassUID == '1.2.840.10008.5.1.4.1.1.2'
    assert d.file_meta.MediaStorageSOPInstanceUID == d.SOPInstanceUID and 'SourceApplicationEntityTitle' not in d.file_meta
    assert not any(e.tag.is_private for e in d.iterall()) and 0x60000022 not in d and 0xfffcfffc not in d
    kept = d.AnatomicRegionSequence[0]
    assert [x.SliceThickness for x in (d, kept, kept.AnatomicRegionSequence[0])] == [1.25] * 3


def test_the_table_decides(deid, tmp_path):
    """Each attribute of the table: removed, empty, a dummy or a new UID."""
    source = tmp_path / 'full.dcm'
    write(source)
    d, before = pydicom.dcmread(deid(source)), pydicom.dcmread(source)
    looked = 0
    for tag, row in table().items():
        if tag not in before or tag in (0x00100010, 0x00100020, 0x00120063, 0x00120064):
            continue
        basic, looked = row[2], looked + 1
        if basic == 'X' or tag in (0x00081110, 0x0040b020, 0x00700001):  # optional at the top, or of a module that is
            assert tag not in d, row
            continue
        value = d[tag].value
        if basic == 'U' and d[tag].VR == 'UI':
            assert re.fullmatch(r'2\.25\.[1-9][0-9]{,38}', value) and len(value) <= 64, row
        elif basic in ('Z', 'X/Z'):
            assert not value, row
        elif d[tag].VR != 'SQ':
            assert value not in ('', None), row
    assert looked > 400


def test_marks_of_the_standard(deid, tmp_path):
    source = tmp_path / 'full.dcm'
    write(source)
    for options, codes, times in (([], ['113100'], 'REMOVED'),
                                  (['full-dates', 'uids'], ['113100', '113106', '113110'], 'UNMODIFIED'),
                                  (['modified-dates', 'device'], ['113100', '113107', '113109'], 'MODIFIED')):
        out = deid(source, *(['--options', ','.join(options)] if options else []))
        for file in (out, deid(out, *(['--options', ','.join(options)] if options else []))):
            d = pydicom.dcmread(file)
            assert d.PatientIdentityRemoved == 'YES' and d.LongitudinalTemporalInformationModified == times
            assert [c.CodeValue for c in d.DeidentificationMethodCodeSequence] == codes
            assert d.DeidentificationMethod == 'wadozip: PS3.15 Annex E 2026d'


def test_uids_and_pseudonyms_depend_on_the_key(site, deid, tmp_path):
    """The same key: the same bytes, and one pseudonym a patient. Another key: nothing in common."""
    source, other = tmp_path / 'full.dcm', tmp_path / 'other'
    write(source)
    assert site.cli('deid', 'key', other).code == 0
    assert deid(source).read_bytes() == deid(source).read_bytes()
    a, b = pydicom.dcmread(deid(source)), pydicom.dcmread(deid(source, key=other))
    for name in ('SOPInstanceUID', 'StudyInstanceUID', 'SeriesInstanceUID', 'FrameOfReferenceUID', 'PatientID'):
        assert a[name].value != b[name].value, name
    assert a.PatientID == a.PatientName and re.fullmatch('[A-Z2-7]{12}', a.PatientID)


def dates(deid, tmp_path, value, vr_tag=0x0008002a, days='1825', patient='P'):
    source = tmp_path / 'dates.dcm'
    vr = 'DA' if vr_tag == 0x00080020 else 'DT'
    write(source, b''.join([encoded(0x00080018, 'UI', '1.2.3'), encoded(0x00080020, 'DA', '20200301'),
                            encoded(vr_tag, vr, value), encoded(0x00080030, 'TM', '235959'), encoded(0x00100020, 'LO', patient),
                            encoded(0x0020000d, 'UI', '1.2')]))
    return pydicom.dcmread(deid(source, '--options', 'modified-dates', '--days', days))


@pytest.mark.parametrize('value, expected', [
    ('20200301101112.5+0100', '20200229101112.5+0100'), ('20210301', '20210228'), ('20200101', '20191231'),
    ('2020', '2019'), ('202003', '202002'), ('2020.03.01', '20200229'), ('nonsense', '19000101'), ('20201399', '19000101')])
def test_dates_move(deid, tmp_path, value, expected):
    d = dates(deid, tmp_path, value, days='1')
    assert d.AcquisitionDateTime.strip() == expected
    assert (d.StudyDate, d.StudyTime) == ('20200229', '235959')


def test_a_patient_has_one_shift(deid, tmp_path):
    one, same, *others = [dates(deid, tmp_path, '20200301', patient=p).StudyDate for p in 'AABCDE']
    assert '20150301' <= one == same < '20200301' and len({one, *others}) > 2


def test_retained_values(deid, tmp_path):
    source = tmp_path / 'kept.dcm'
    write(source, b''.join([encoded(0x00080018, 'UI', '1.2.3'), encoded(0x00080080, 'LO', 'CLINIC'),
                            encoded(0x00181000, 'LO', 'SERIAL'), encoded(0x00101010, 'AS', '093Y'),
                            encoded(0x00290010, 'LO', 'SIEMENS MR HEADER'), encoded(0x00190010, 'LO', 'SIEMENS MR HEADER'),
                            encoded(0x0019100c, 'IS', '800'), encoded(0x001910ff, 'IS', '7')]))
    d = pydicom.dcmread(deid(source, '--options', 'uids,device,institution,patient,safe-private'))
    assert (d.SOPInstanceUID, d.InstitutionName, d.DeviceSerialNumber, d.PatientAge) == ('1.2.3', 'CLINIC', 'SERIAL', '090Y')
    assert d[0x0019100c].value == 800 and 0x001910ff not in d and 0x00190010 in d and 0x00290010 not in d
    d = pydicom.dcmread(deid(source))
    assert 'PatientAge' not in d and 0x00190010 not in d and d.SOPInstanceUID.startswith('2.25.')


@pytest.mark.parametrize('extra, why', [
    (encoded(0x00280301, 'CS', 'YES'), 'Burned In Annotation'),
    (encoded(0x00080008, 'CS', r'DERIVED\SECONDARY\SCREEN SAVE'), 'screen save'),
    (encoded(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'), 'of its class'),
    (encoded(0x60020100, 'US', b'\x10\0'), 'contains an overlay')])
def test_pixels_that_may_show_names_are_refused(deid, tmp_path, extra, why):
    source = tmp_path / 'burned.dcm'
    write(source, encoded(0x00080018, 'UI', '1.2.3') + extra)
    refused = deid(source)
    assert refused.code == 1 and why in refused.err
    assert pydicom.dcmread(deid(source, '--trust-pixels')).PixelData == bytes(range(32))


def test_compressed_pixels_stay(deid):
    """Real files of other transfer syntaxes: fragments as they are stored, unless there is text in them."""
    folder = REPO.parent / 'shared/dicom'
    if not folder.is_dir():
        pytest.skip('../shared/dicom is missing')
    seen = set()
    for path in sorted(folder.rglob('*.dcm')):
        try:
            before = pydicom.dcmread(path)
            syntax = before.file_meta.TransferSyntaxUID
            compressed = syntax.is_compressed and not syntax.is_deflated and 'PixelData' in before
        except (pydicom.errors.InvalidDicomError, AttributeError, OSError, RecursionError, ValueError, zlib.error):
            continue
        if not compressed or syntax in seen or 'malformed' in str(path):
            continue
        seen.add(syntax)
        after = pydicom.dcmread(deid(path, '--trust-pixels'))
        assert after.file_meta.TransferSyntaxUID == syntax and after.PixelData == before.PixelData.replace(
            b'MITRA_DICOM_STANDARD', b' ' * 20), path
    assert len(seen) > 3
