/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/deid_mark.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include "wadozip-dicom/deid/values.h"
#include "wadozip-dicom/pixel/image.h"

namespace {

struct Method {
    uint16_t option; /* 0: the profile itself */
    const char *code, *meaning;
};

/* PS3.16 CID 7050. */
const Method methods[] = {
    {0, "113100", "Basic Application Confidentiality Profile"},
    {DEID_FULL_DATES, "113106", "Retain Longitudinal Temporal Information Full Dates Option"},
    {DEID_MODIFIED_DATES, "113107",
     "Retain Longitudinal Temporal Information Modified Dates Option"},
    {DEID_PATIENT, "113108", "Retain Patient Characteristics Option"},
    {DEID_DEVICE, "113109", "Retain Device Identity Option"},
    {DEID_UIDS, "113110", "Retain UIDs Option"},
    {DEID_SAFE_PRIVATE, "113111", "Retain Safe Private Option"},
    {DEID_INSTITUTION, "113112", "Retain Institution Identity Option"},
};

const Method clean_pixels = {0, "113101", "Clean Pixel Data Option"};

bool has_code(DcmDataset &d, const char *code)
{
    DcmItem *item = nullptr;

    for (signed long i = 0;
         d.findAndGetSequenceItem(DCM_DeidentificationMethodCodeSequence, item, i).good(); i++)
        if (deid_values_text(*item, DCM_CodeValue) == code &&
            deid_values_text(*item, DCM_CodingSchemeDesignator) == "DCM")
            return true;
    return false;
}

void record_method(DcmDataset &d, const Method &m)
{
    DcmItem *item = nullptr;

    if (has_code(d, m.code))
        return;
    if (d.findOrCreateSequenceItem(DCM_DeidentificationMethodCodeSequence, item, -2).bad())
        throw Refusal("the de-identification cannot be recorded in the data set");
    deid_values_put(*item, DCM_CodeValue, m.code);
    deid_values_put(*item, DCM_CodingSchemeDesignator, "DCM");
    deid_values_put(*item, DCM_CodeMeaning, m.meaning);
}

void record_methods(DcmDataset &d, const DeidProfile &p)
{
    for (const Method &m : methods)
        if (!m.option || m.option & p.options())
            record_method(d, m);
}

/* Of this and an earlier de-identification, return the term that says more. */
const char *dates_term(const std::string &earlier, const DeidProfile &p)
{
    const bool moved = p.has(DEID_MODIFIED_DATES) || earlier == "MODIFIED";

    if (earlier == "REMOVED" || !(p.has(DEID_FULL_DATES) || p.has(DEID_MODIFIED_DATES)))
        return "REMOVED";
    return moved ? "MODIFIED" : "UNMODIFIED";
}

}

void deid_mark(DcmDataset &d, const DeidProfile &p)
{
    static const char name[] = "wadozip: PS3.15 Annex E 2026d";
    const std::string earlier = deid_values_text(d, DCM_DeidentificationMethod);
    const bool again = earlier.find(name) != std::string::npos;

    deid_values_put(d, DCM_PatientIdentityRemoved, "YES");
    if (!again)
        deid_values_put(d, DCM_DeidentificationMethod,
                        earlier.empty() ? name : earlier + "\\" + name);
    record_methods(d, p);
    deid_values_put(d, DCM_LongitudinalTemporalInformationModified,
        dates_term(deid_values_text(d, DCM_LongitudinalTemporalInformationModified), p));
}

void deid_mark_clean_pixels(DcmDataset &d)
{
    record_method(d, clean_pixels);
}
