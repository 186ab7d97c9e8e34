/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dicomdir/deid_records.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcistrmb.h"

#include <cstdio>
#include <cstring>

#include "wadozip-dicom/deid/deidentify.h"
#include "wadozip-dicom/deid/values.h"
#include "wadozip-dicom/dicomdir/record_keys.h"
#include "wadozip-dicom/pixel/image.h"

namespace {

constexpr char utf8[] = "ISO_IR 192";
constexpr char record_type[] = {0x04, 0x00, 0x30, 0x14}; /* (0004,1430): the keys say no more */

/* Convert a field of a struct, which may be unterminated. */
template <size_t N> std::string field_text(const char (&field)[N])
{
    return std::string(field, strnlen(field, N));
}

template <size_t N> void put_field(DcmDataset &d, const DcmTagKey &tag, const char (&field)[N])
{
    const std::string text = field_text(field);

    if (!text.empty())
        deid_values_put(d, tag, text);
}

template <size_t N> void take_field(DcmDataset &d, const DcmTagKey &tag, char (&field)[N])
{
    memset(field, 0, N);
    snprintf(field, N, "%s", deid_values_text(d, tag).c_str());
}

bool is_ascii(const std::string &s)
{
    for (const char c : s)
        if (static_cast<unsigned char>(c) > 0x7e)
            return false;
    return true;
}

/* Read keys as record_keys_read() has encoded them. */
void read_keys(DcmDataset &d, const std::string &keys)
{
    DcmInputBufferStream in;

    in.setBuffer(keys.data(), static_cast<offile_off_t>(keys.size()));
    in.setEos();
    d.transferInit();
    const OFCondition c = d.read(in, EXS_LittleEndianExplicit);

    d.transferEnd();
    if (c.bad() && c != EC_EndOfStream)
        throw Refusal("the keys that are recorded of an instance are damaged");
}

}

void DeidRecords::put_patient(DcmDataset &d) const
{
    deid_values_put(d, DCM_SpecificCharacterSet, utf8);
    deid_values_put(d, DCM_StudyInstanceUID, study_);
    if (!patient_.empty())
        deid_values_put(d, DCM_PatientID, patient_);
    if (!issuer_.empty())
        deid_values_put(d, DCM_IssuerOfPatientID, issuer_);
}

void DeidRecords::study(struct dicomdir_study &s)
{
    DcmDataset d;

    if (!profile_)
        return;
    patient_ = field_text(s.patient_id);
    study_ = field_text(s.study_uid);
    if (!is_ascii(patient_ + issuer_))
        throw Refusal("a DICOMDIR is not de-identified if the Patient ID has other characters "
                      "than ASCII");
    put_patient(d);
    put_field(d, DCM_StudyDate, s.study_date);
    put_field(d, DCM_StudyTime, s.study_time);
    put_field(d, DCM_StudyID, s.study_id);
    put_field(d, DCM_AccessionNumber, s.accession);
    put_field(d, DCM_PatientBirthDate, s.patient_birth_date);
    put_field(d, DCM_PatientSex, s.patient_sex);
    put_field(d, DCM_StudyDescription, s.study_description);
    deidentify(d, *profile_);
    take_field(d, DCM_StudyInstanceUID, s.study_uid);
    take_field(d, DCM_StudyDate, s.study_date);
    take_field(d, DCM_StudyTime, s.study_time);
    take_field(d, DCM_StudyID, s.study_id);
    take_field(d, DCM_AccessionNumber, s.accession);
    take_field(d, DCM_PatientID, s.patient_id);
    take_field(d, DCM_PatientName, s.patient_name);
    take_field(d, DCM_PatientBirthDate, s.patient_birth_date);
    take_field(d, DCM_PatientSex, s.patient_sex);
    take_field(d, DCM_StudyDescription, s.study_description);
}

void DeidRecords::series(struct dicomdir_series &s)
{
    DcmDataset d;

    if (!profile_)
        return;
    put_patient(d);
    put_field(d, DCM_SeriesInstanceUID, s.series_uid);
    put_field(d, DCM_Modality, s.modality);
    put_field(d, DCM_SeriesDescription, s.series_description);
    deidentify(d, *profile_);
    take_field(d, DCM_SeriesInstanceUID, s.series_uid);
    take_field(d, DCM_Modality, s.modality);
    take_field(d, DCM_SeriesDescription, s.series_description);
}

void DeidRecords::instance(struct dicomdir_instance &i, std::string &keys)
{
    const bool marked = keys.compare(0, sizeof record_type, record_type, sizeof record_type) == 0;
    DcmDataset d;

    if (!profile_)
        return;
    if (!keys.empty() && !marked)
        read_keys(d, keys);
    put_patient(d);
    put_field(d, DCM_SOPInstanceUID, i.sop_uid);
    deidentify(d, *profile_);
    take_field(d, DCM_SOPInstanceUID, i.sop_uid);
    if (!keys.empty() && !marked)
        keys = record_keys_read(d, field_text(i.sop_class));
}
