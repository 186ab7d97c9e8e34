# SPDX-License-Identifier: MIT
"""Rules of PS3.15 E.1 and E.3 that de-identifiers often break, one test each."""
import re
from datetime import datetime

import pytest
from deid_cases import MR, Deid, add_pixels, instance, item, write
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

STRUCTURAL = {'SOPClassUID': '1.3.12.2.1107.5.9.1', 'RelatedGeneralSOPClassUID': '1.3.12.2.1107.5.9.2'}


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    return Deid(tmp_path_factory.mktemp('deid'))


def with_elements(*elements):
    d = instance()
    for tag, vr, value in elements:
        d.add_new(tag, vr, value)
    return d


def test_uids_of_classes_and_codes_stay(work):
    """Also those that are not of the standard: a private class, SNOMED."""
    code = item(CodingSchemeDesignator='SCT', CodingSchemeUID='2.16.840.1.113883.6.96')
    got = work.read(instance(**STRUCTURAL, CodingSchemeIdentificationSequence=Sequence([code])))
    assert {name: got[name].value for name in STRUCTURAL} == STRUCTURAL
    assert got.CodingSchemeIdentificationSequence[0].CodingSchemeUID == '2.16.840.1.113883.6.96'


@pytest.mark.parametrize('uid, stays', [
    ('1.2.840.10008.1.4.1.1', True),                      # Talairach, a well-known frame of reference
    ('1.2.840.10008.20241129.7', False),                  # of somebody who used the standard's root
    ('1.2.840.10008.5.1.4.1.1.4.1.1.1.1.1.1.1.1', False), # longer than any
    ('1.2.840.100088.1', False)])
def test_uids_of_the_standard_stay(work, uid, stays):
    assert (work.read(instance(FrameOfReferenceUID=uid)).FrameOfReferenceUID == uid) == stays


def test_text_after_a_uid_of_the_standard(work):
    got = work.read(with_elements((0x0072007f, 'UI', '1.2.840.10008.DOE')))
    assert re.fullmatch(r'2\.25\.\d+', got[0x0072007f].value)


@pytest.mark.parametrize('uid', ['1.2.3', '1.2.3 ', ' 1.2.3', '1.2.3\0\0\0'])
def test_padding_does_not_make_another_uid(work, uid):
    assert work.read(instance(FrameOfReferenceUID=uid)).FrameOfReferenceUID == work.read(instance('1.2.3')).SOPInstanceUID


def test_a_uid_that_is_too_long(work):
    long = '1.2.3.' + '9' * 70
    got = work.read(instance(FrameOfReferenceUID=long)).FrameOfReferenceUID
    assert re.fullmatch(r'2\.25\.[1-9]\d+', got) and len(got) <= 44


@pytest.mark.parametrize('tag, vr, value', [
    (0x00000200, 'AE', 'HOSPITAL'),   # of groups that no data set has
    (0x00041130, 'CS', 'DOE'),
    (0x00404011, 'LO', '19770707'),   # a date, and a name, that claim to be text
    (0x0040a067, 'LO', 'Doe^Jane'),
    (0x00100033, 'LO', '5737-10-20'),
    (0x00081190, 'UR', 'http://pacs/studies/1.2.3'),
    (0x00400400, 'LT', 'Mrs Doe'),
    (0x04000500, 'SQ', Sequence([item(EncryptedContent=b'DOE ')]))])
def test_attributes_that_the_table_does_not_have(work, tag, vr, value):
    assert tag not in work.read(with_elements((tag, vr, value)))


def test_addresses_by_their_vr(work):
    got = work.read(with_elements((0x00687005, 'UR', 'http://pacs'), (0x0008010e, 'UR', 'http://snomed.info')))
    assert not got[0x00687005].value and got[0x0008010e].value == 'http://snomed.info'


def test_sequences_that_an_option_keeps_are_searched(work):
    transducer = item(PatientName='Doe^Jane', StationName='STATION', UID='1.2.3.77', PatientComments='Mrs Doe')
    got = work.read(instance(TransducerIdentificationSequence=Sequence([transducer])), '--options', 'device')
    kept = got.TransducerIdentificationSequence[0]
    assert kept.StationName == 'STATION' and 'PatientComments' not in kept
    assert kept.PatientName == got.PatientName and kept.UID.startswith('2.25.')


def test_modified_dates_win_over_device_identity(work):
    d = instance(DateOfLastCalibration='20200229', DateOfSecondaryCapture='20200229')
    d.add_new(0x300c0127, 'DT', '20200229101112.5+0100')  # Beam Hold Transition DateTime: device K, modified dates C
    device = work.read(d, '--options', 'device')
    assert device[0x300c0127].value == '20200229101112.5+0100'
    both = work.read(d, '--options', 'device,modified-dates')
    assert both[0x300c0127].value.endswith('101112.5+0100') and both[0x300c0127].value[:8] < '20200229'
    assert both[0x300c0127].value[:8] == both.DateOfSecondaryCapture


def test_days_between_dates_stay(work):
    """Through January, February with its leap day, and March."""
    days = ['20200131', '20200201', '20200228', '20200229', '20200301', '20201231', '20000229', '19000228', '19000301']
    got = work.read(with_elements((0x00181200, 'DA', days)), '--options', 'modified-dates').DateOfLastCalibration
    before, after = ([datetime.strptime(d, '%Y%m%d') for d in values] for values in (days, got))
    assert len({b - a for a, b in zip(before, after)}) == 1 and after[0] < before[0]


@pytest.mark.parametrize('age, stays', [('089Y', '089Y'), ('090Y', '090Y'), ('104Y', '090Y'), ('95Y', '090Y'), ('012M', '012M'),
                                        ('Y095', ''), ('95', ''), ('95 years', ''), ('1095Y', '')])
def test_ages(work, age, stays):
    assert (work.read(instance(PatientAge=age), '--options', 'patient').PatientAge or '') == stays


@pytest.mark.parametrize('earlier, options, term', [
    ('REMOVED', 'full-dates', 'REMOVED'), ('MODIFIED', 'full-dates', 'MODIFIED'), ('UNMODIFIED', 'full-dates', 'UNMODIFIED'),
    ('UNMODIFIED', 'modified-dates', 'MODIFIED'), ('REMOVED', 'modified-dates', 'REMOVED'), ('MODIFIED', 'uids', 'REMOVED')])
def test_dates_that_were_changed_before(work, earlier, options, term):
    got = work.read(instance(LongitudinalTemporalInformationModified=earlier), '--options', options)
    assert got.LongitudinalTemporalInformationModified == term


def test_pseudonyms_by_issuer_and_study(work):
    """The same ID of another issuer is another patient; without an ID a patient is known within one study."""
    def name(**more):
        return work.read(instance(**more)).PatientID
    plain, padded = name(PatientID='7', IssuerOfPatientID='A'), name(PatientID=' 7 ', IssuerOfPatientID='A ')
    assert plain == padded != name(PatientID='7', IssuerOfPatientID='B')
    assert name(PatientID='7') not in (plain, name(PatientID='A7'))
    none = name(PatientID='')
    assert none == name(PatientID=' ', sop='1.2.3.4.2') != name(PatientID='', StudyInstanceUID='1.2.3.5')


def test_a_report_becomes_an_empty_shell(work):
    text = item(ValueType='TEXT', TextValue='Mrs Doe has', ContentSequence=Sequence([item(TextValue='Doe')]))
    observer = item(VerifyingObserverName='Smith^Ann', VerifyingOrganization='CLINIC', VerificationDateTime='20200229',
                    CodeMeaning='CLINIC', ProductCode='CLINIC')
    document = item(StudyInstanceUID='1.2.3.4')
    got = work.read(instance(SOPClassUID='1.2.840.10008.5.1.4.1.1.88.11', Modality='SR', ValueType='CONTAINER',
                             ContentSequence=Sequence([text, text]), VerifyingObserverSequence=Sequence([observer, observer]),
                             CurrentRequestedProcedureEvidenceSequence=Sequence([document])))
    note, = got.ContentSequence
    assert (note.ValueType, note.RelationshipType, note.TextValue) == ('TEXT', 'CONTAINS', 'Removed by de-identification')
    seen, = got.VerifyingObserverSequence
    assert {str(e.value) for e in seen} <= {'ANONYMOUS', '19000101000000'} and len(seen) == 4
    assert got.CurrentRequestedProcedureEvidenceSequence[0].StudyInstanceUID == got.StudyInstanceUID


def test_references_that_types_require(work):
    """Referenced Performed Procedure Step Sequence has to have an item; Referenced Study Sequence is then left out."""
    step = item(ReferencedSOPClassUID='1.2.840.10008.3.1.2.3.3', ReferencedSOPInstanceUID='1.2.3.4.1')
    got = work.read(instance(ReferencedPerformedProcedureStepSequence=Sequence([step]),
                             ReferencedStudySequence=Sequence([step]),
                             ReferencedRequestSequence=Sequence([item(ReferencedStudySequence=Sequence([step]))])))
    assert got.ReferencedPerformedProcedureStepSequence[0].ReferencedSOPInstanceUID == got.SOPInstanceUID
    assert 'ReferencedStudySequence' not in got and len(got.ReferencedRequestSequence[0].ReferencedStudySequence) == 0


def test_private_values_that_are_safe_are_treated_by_their_vr(work):
    """Philips's safe elements: a UID is replaced, a date moved, text of another creator removed."""
    d = with_elements((0x20050010, 'LO', 'Philips MR Imaging DD 001'), (0x20051061, 'LO', 'SAFE'),
                      (0x20050011, 'LO', 'Philips MR imaging DD 001'), (0x20051161, 'LO', 'DOE'))
    got = work.read(d, '--options', 'safe-private')
    assert 0x20051161 not in got and 0x20050011 not in got
    other_block = with_elements((0x70530012, 'LO', 'Philips PET Private Group'), (0x70531200, 'DS', '1.5'))
    assert work.read(other_block, '--options', 'safe-private')[0x70531200].value == 1.5
    assert {e.tag for e in got if e.tag.is_private} <= {0x20050010, 0x20051061}


def test_pixel_data_within_sequences(work):
    """Not only Icon Image Sequence has it."""
    inner = add_pixels(Dataset())
    got = work.read(add_pixels(instance(AnatomicRegionSequence=Sequence([inner]), IconImageSequence=Sequence([inner]))))
    assert got.PixelData == b'\1\2\3\4' and 'IconImageSequence' not in got
    assert 'PixelData' not in got.AnatomicRegionSequence[0] and got.AnatomicRegionSequence[0].Rows == 2


def test_character_sets(work):
    """Dummies are ASCII, so that they are right in every character set; what stays is in its own."""
    d = instance(SpecificCharacterSet=['', 'ISO 2022 IR 87'], PatientName='Yamada^Tarou=山田^太郎', Manufacturer='製作所')
    for syntax in (ImplicitVRLittleEndian, '1.2.840.10008.1.2.1'):
        got = work.read(d, syntax=syntax)
        assert got.Manufacturer == '製作所' and re.fullmatch('[A-Z2-7]{12}', str(got.PatientName))


@pytest.mark.parametrize('more, risky', [
    ({'BurnedInAnnotation': 'yes'}, True), ({'ImageType': ['DERIVED', 'SECONDARY', 'Screen Save']}, True),
    ({'ConversionType': 'WSD'}, True), ({'ConversionType': 'WSD', 'BurnedInAnnotation': 'NO'}, False),
    ({'ConversionType': 'DI'}, False), ({'BurnedInAnnotation': 'NO'}, False), ({'SOPClassUID': MR}, False)])
def test_pixels_by_their_header(work, more, risky):
    path = write(work.folder / 'pixels.dcm', add_pixels(instance(**more)))
    got = work.cli('file', path, work.folder / f'pixels-{len(list(work.folder.iterdir()))}.dcm', '--key', work.folder / 'key')
    assert got.code == risky, got
