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

/* Call f(tag, field) for each field of a record that is de-identified. */
template <class F> void study_fields(struct dicomdir_study &s, F f)
{
    f(DCM_StudyInstanceUID, s.study_uid);
    f(DCM_StudyDate, s.study_date);
    f(DCM_StudyTime, s.study_time);
    f(DCM_StudyID, s.study_id);
    f(DCM_AccessionNumber, s.accession);
    f(DCM_PatientID, s.patient_id);
    f(DCM_PatientName, s.patient_name);
    f(DCM_PatientBirthDate, s.patient_birth_date);
    f(DCM_PatientSex, s.patient_sex);
    f(DCM_StudyDescription, s.study_description);
}

template <class F> void series_fields(struct dicomdir_series &s, F f)
{
    f(DCM_SeriesInstanceUID, s.series_uid);
    f(DCM_Modality, s.modality);
    f(DCM_SeriesDescription, s.series_description);
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
    study_fields(s, [&d](const DcmTagKey &tag, const auto &field) { put_field(d, tag, field); });
    deidentify(d, *profile_);
    study_fields(s, [&d](const DcmTagKey &tag, auto &field) { take_field(d, tag, field); });
}

void DeidRecords::series(struct dicomdir_series &s)
{
    DcmDataset d;

    if (!profile_)
        return;
    put_patient(d);
    series_fields(s, [&d](const DcmTagKey &tag, const auto &field) { put_field(d, tag, field); });
    deidentify(d, *profile_);
    series_fields(s, [&d](const DcmTagKey &tag, auto &field) { take_field(d, tag, field); });
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
