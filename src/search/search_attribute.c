/* SPDX-License-Identifier: MIT */
#include "search/search_attribute.h"

#include <ctype.h>
#include <string.h>

#define REQUEST_SEQUENCE 0x00400275u
#define STUDY SEARCH_STUDIES
#define SERIES SEARCH_SERIES
#define INSTANCE SEARCH_INSTANCES

/* PS3.18 Tables 10.6.1-5 and 10.6.3-3 to 10.6.3-5, and further attributes that
 * viewers request. */
static const struct search_definition definitions[SEARCH_ATTRIBUTES] = {
    [SEARCH_CHARACTER_SET] = {0, 0x00080005, "SpecificCharacterSet", "CS", STUDY, SEARCH_RETURNED,
                              true, false},
    [SEARCH_SOP_CLASS] = {0, 0x00080016, "SOPClassUID", "UI", INSTANCE, SEARCH_UIDS, true, false},
    [SEARCH_SOP_UID] = {0, 0x00080018, "SOPInstanceUID", "UI", INSTANCE, SEARCH_UIDS, true, false},
    [SEARCH_STUDY_DATE] = {0, 0x00080020, "StudyDate", "DA", STUDY, SEARCH_DATES, true, false},
    [SEARCH_SERIES_DATE] = {0, 0x00080021, "SeriesDate", "DA", SERIES, SEARCH_DATES, false, true},
    [SEARCH_STUDY_TIME] = {0, 0x00080030, "StudyTime", "TM", STUDY, SEARCH_TIMES, true, false},
    [SEARCH_SERIES_TIME] = {0, 0x00080031, "SeriesTime", "TM", SERIES, SEARCH_TIMES, false, true},
    [SEARCH_ACCESSION] = {0, 0x00080050, "AccessionNumber", "SH", STUDY, SEARCH_TEXT, true, false},
    [SEARCH_AVAILABILITY] = {0, 0x00080056, "InstanceAvailability", "CS", STUDY, SEARCH_RETURNED,
                             true, false},
    [SEARCH_MODALITY] = {0, 0x00080060, "Modality", "CS", SERIES, SEARCH_CODES, true, false},
    [SEARCH_MODALITIES] = {0, 0x00080061, "ModalitiesInStudy", "CS", STUDY, SEARCH_CODES, true,
                           false},
    [SEARCH_REFERRING] = {0, 0x00080090, "ReferringPhysicianName", "PN", STUDY, SEARCH_NAME, true,
                          false},
    [SEARCH_STUDY_DESCRIPTION] = {0, 0x00081030, "StudyDescription", "LO", STUDY, SEARCH_TEXT,
                                  false, true},
    [SEARCH_SERIES_DESCRIPTION] = {0, 0x0008103E, "SeriesDescription", "LO", SERIES, SEARCH_TEXT,
                                   true, true},
    [SEARCH_RETRIEVE_URL] = {0, 0x00081190, "RetrieveURL", "UR", STUDY, SEARCH_RETURNED, true,
                             false},
    [SEARCH_PATIENT_NAME] = {0, 0x00100010, "PatientName", "PN", STUDY, SEARCH_NAME, true, false},
    [SEARCH_PATIENT_ID] = {0, 0x00100020, "PatientID", "LO", STUDY, SEARCH_TEXT, true, false},
    [SEARCH_PATIENT_ISSUER] = {0, 0x00100021, "IssuerOfPatientID", "LO", STUDY, SEARCH_TEXT, false,
                               true},
    [SEARCH_BIRTH_DATE] = {0, 0x00100030, "PatientBirthDate", "DA", STUDY, SEARCH_DATES, true,
                           false},
    [SEARCH_SEX] = {0, 0x00100040, "PatientSex", "CS", STUDY, SEARCH_CODES, true, false},
    [SEARCH_BODY_PART] = {0, 0x00180015, "BodyPartExamined", "CS", SERIES, SEARCH_CODES, false,
                          true},
    [SEARCH_STUDY_UID] = {0, 0x0020000D, "StudyInstanceUID", "UI", STUDY, SEARCH_UIDS, true, false},
    [SEARCH_SERIES_UID] = {0, 0x0020000E, "SeriesInstanceUID", "UI", SERIES, SEARCH_UIDS, true,
                           false},
    [SEARCH_STUDY_ID] = {0, 0x00200010, "StudyID", "SH", STUDY, SEARCH_TEXT, true, false},
    [SEARCH_SERIES_NUMBER] = {0, 0x00200011, "SeriesNumber", "IS", SERIES, SEARCH_NUMBERS, true,
                              false},
    [SEARCH_NUMBER] = {0, 0x00200013, "InstanceNumber", "IS", INSTANCE, SEARCH_NUMBERS, true,
                       false},
    [SEARCH_STUDY_SERIES] = {0, 0x00201206, "NumberOfStudyRelatedSeries", "IS", STUDY,
                             SEARCH_RETURNED, true, false},
    [SEARCH_STUDY_INSTANCES] = {0, 0x00201208, "NumberOfStudyRelatedInstances", "IS", STUDY,
                                SEARCH_RETURNED, true, false},
    [SEARCH_SERIES_INSTANCES] = {0, 0x00201209, "NumberOfSeriesRelatedInstances", "IS", SERIES,
                                 SEARCH_RETURNED, true, false},
    [SEARCH_FRAMES] = {0, 0x00280008, "NumberOfFrames", "IS", INSTANCE, SEARCH_RETURNED, true,
                       true},
    [SEARCH_ROWS] = {0, 0x00280010, "Rows", "US", INSTANCE, SEARCH_RETURNED, true, true},
    [SEARCH_COLUMNS] = {0, 0x00280011, "Columns", "US", INSTANCE, SEARCH_RETURNED, true, true},
    [SEARCH_BITS] = {0, 0x00280100, "BitsAllocated", "US", INSTANCE, SEARCH_RETURNED, true, true},
    [SEARCH_PPS_DATE] = {0, 0x00400244, "PerformedProcedureStepStartDate", "DA", SERIES,
                         SEARCH_DATES, true, true},
    [SEARCH_PPS_TIME] = {0, 0x00400245, "PerformedProcedureStepStartTime", "TM", SERIES,
                         SEARCH_TIMES, true, true},
    [SEARCH_SPS_ID] = {REQUEST_SEQUENCE, 0x00400009, "ScheduledProcedureStepID", "SH", SERIES,
                       SEARCH_TEXT, true, true},
    [SEARCH_REQUESTED_ID] = {REQUEST_SEQUENCE, 0x00401001, "RequestedProcedureID", "SH", SERIES,
                             SEARCH_TEXT, true, true},
};

const struct search_definition *search_definition(enum search_attribute a)
{
    return &definitions[a];
}

bool search_attribute_is_tag(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isxdigit((unsigned char)s[i]))
            return false;
    return len == 8;
}

static bool names_tag(const char *s, size_t len, uint32_t tag, const char *keyword)
{
    if (search_attribute_is_tag(s, len)) {
        uint32_t value = 0;

        for (size_t i = 0; i < len; i++)
            value = value << 4 |
                    (uint32_t)(isdigit((unsigned char)s[i]) ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
        return value == tag;
    }
    return len == strlen(keyword) && memcmp(s, keyword, len) == 0;
}

enum search_attribute search_attribute_find(const char *name, size_t len, bool whole_sequence,
                                            unsigned from)
{
    const char *dot = memchr(name, '.', len);

    for (unsigned i = from; i < SEARCH_ATTRIBUTES; i++) {
        const struct search_definition *d = &definitions[i];
        size_t head = dot ? (size_t)(dot - name) : len;
        bool inside =
            d->sequence && names_tag(name, head, d->sequence, "RequestAttributesSequence");

        if (d->sequence ? inside && (dot ? names_tag(dot + 1, len - head - 1, d->tag, d->keyword)
                                         : whole_sequence)
                        : !dot && names_tag(name, len, d->tag, d->keyword))
            return (enum search_attribute)i;
    }
    return SEARCH_ATTRIBUTES;
}
