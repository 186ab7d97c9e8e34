/* SPDX-License-Identifier: MIT */
/*
 * The input of a DICOMDIR job (PS3.10 8, PS3.3 F): a memory file with one
 * struct dicomdir_study, followed for each series by a struct dicomdir_entry of
 * the series and one of each of its instances, each followed by its data. Plain
 * data, as it crosses the process boundary. Text is UTF-8, "" if absent. Valid
 * C and C++.
 */
#ifndef WADOZIP_HELPER_DICOMDIR_INPUT_H
#define WADOZIP_HELPER_DICOMDIR_INPUT_H

#include "helper/description.h"

#define DICOMDIR_FILE_ID_MAX 31  /* bytes of a File ID, its components separated by backslashes */
#define DICOMDIR_ORDINAL_MAX 9999999u /* number of series, and of instances in a series: a letter
                                       * and seven digits */

#define DICOMDIR_KEYS_MAX 131072 /* bytes of the encoded keys of one record */

struct dicomdir_study {
    char study_uid[UID_MAX + 1], study_date[17], study_time[17], study_id[65], accession[65];
    char patient_id[HELPER_TEXT_MAX + 1], patient_name[HELPER_TEXT_MAX + 1], patient_birth_date[17],
        patient_sex[17];
    char study_description[HELPER_TEXT_MAX + 1];
    int64_t acquired; /* of the first instance: YYYYMMDDhhmmss or 0 */
};

struct dicomdir_series {
    char series_uid[UID_MAX + 1], modality[17], series_description[HELPER_TEXT_MAX + 1];
    int32_t number; /* INSTANCE_NO_NUMBER if absent */
};

struct dicomdir_instance {
    char sop_class[UID_MAX + 1], sop_uid[UID_MAX + 1], transfer_syntax[UID_MAX + 1];
    char file_id[DICOMDIR_FILE_ID_MAX + 1];
    int32_t number; /* INSTANCE_NO_NUMBER if absent */
};

enum dicomdir_kind { DICOMDIR_SERIES = 1, DICOMDIR_INSTANCE = 2 };

/*
 * Precedes a series or an instance. The keys of its record follow an instance
 * (helper_result.keys).
 */
struct dicomdir_entry {
    uint32_t kind;
    uint32_t keys; /* bytes; 0 for a series */
};

#endif
