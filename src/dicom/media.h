/*
 * A File-set as wadozip-dicom is told of it, to make its DICOMDIR (PS3.10 8, PS3.3 F): a memory file with one struct
 * media_study and behind it, for each series, a struct media_entry of the series and one of each of its instances, with
 * what it says behind it. Plain data as it crosses the process boundary; text is UTF-8, "" where absent. Valid C and C++.
 */
#ifndef WADOZIP_DICOM_MEDIA_H
#define WADOZIP_DICOM_MEDIA_H

#include "dicom/description.h"

#define MEDIA_FILE_ID_MAX 31  /* bytes of a File ID, its components separated by backslashes */
#define MEDIA_ORDINAL_MAX 9999999u /* of series, and of instances in a series: seven digits behind a letter */

#define MEDIA_KEYS_MAX 131072 /* bytes of the encoded keys of one record */

struct media_study {
    char study_uid[DUID_MAX + 1], study_date[17], study_time[17], study_id[65], accession[65];
    char patient_id[PROC_TEXT_MAX + 1], patient_name[PROC_TEXT_MAX + 1], patient_birth_date[17], patient_sex[17];
    char study_description[PROC_TEXT_MAX + 1];
    int64_t acquired; /* of the first instance: YYYYMMDDhhmmss or 0 */
};

struct media_series {
    char series_uid[DUID_MAX + 1], modality[17], series_description[PROC_TEXT_MAX + 1];
    int32_t number; /* INSTANCE_NO_NUMBER when absent */
};

struct media_instance {
    char sop_class[DUID_MAX + 1], sop_uid[DUID_MAX + 1], transfer_syntax[DUID_MAX + 1];
    char file_id[MEDIA_FILE_ID_MAX + 1];
    int32_t number; /* INSTANCE_NO_NUMBER when absent */
};

enum media_kind { MEDIA_SERIES = 1, MEDIA_INSTANCE = 2 };

/* In front of a series or an instance. Behind an instance follow the keys of its record (proc_result.keys). */
struct media_entry {
    uint32_t kind;
    uint32_t keys; /* bytes; 0 for a series */
};

#endif
