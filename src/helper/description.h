/* SPDX-License-Identifier: MIT */
/* The description that wadozip-dicom returns of a file: plain data without
 * pointers, as sent between the processes. Valid C and C++. */
#ifndef WADOZIP_HELPER_DESCRIPTION_H
#define WADOZIP_HELPER_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "dicom/uid.h"
#include "helper/job_kind.h"

#define HELPER_TEXT_MAX 256   /* bytes of a descriptive field, UTF-8, cut at a character */
#define HELPER_REASON_MAX 255 /* bytes of a reason */
/* bytes of what is asked for: a transfer syntax, the path of an element, or an
 * address */
#define HELPER_TARGET_MAX 1023

/* bytes that a busy machine decodes and compresses */
#define HELPER_DECODED_A_SECOND ((uint64_t)2 << 20)
#define HELPER_SECONDS_MORE_MAX 3600

/* What a file turned out to be. */
enum helper_class {
    HELPER_INSTANCE, /* an instance with valid UIDs: the description is filled */
    HELPER_NOT_DICOM, /* does not look like DICOM at all */
    HELPER_DICOMDIR, /* a media directory (or its SOP class) */
    HELPER_REFUSED, /* looks like DICOM, the job cannot be done: reason says why; describe: its
                       study_uid, if that is legal */
    HELPER_FAILED, /* the child died or timed out on it: reason says how */
    HELPER_ABSENT, /* extract: there is no such element with a value of its own */
    HELPER_UNDECODABLE, /* extract, package: pixel data that cannot be uncompressed here */
    HELPER_RISK /* the pixels may show names, and the job's profile does not allow that */
};

/* Text fields are UTF-8. Control characters, and characters that cannot be
 * converted, are replaced by '?'. Absent values are "". */
struct helper_description {
    char study_uid[UID_MAX + 1], series_uid[UID_MAX + 1], sop_uid[UID_MAX + 1],
        sop_class[UID_MAX + 1];
    /* of the meta header if that is true, else as the data set was read */
    char transfer_syntax[UID_MAX + 1];
    char modality[17], study_date[17], study_time[17], study_id[65], accession[65];
    char patient_id[HELPER_TEXT_MAX + 1], patient_name[HELPER_TEXT_MAX + 1], patient_birth_date[17],
        patient_sex[17];
    char study_description[HELPER_TEXT_MAX + 1], series_description[HELPER_TEXT_MAX + 1];
    char referring_physician[HELPER_TEXT_MAX + 1], patient_issuer[65];
    char series_date[17], series_time[17], body_part[17], pps_date[17], pps_time[17];
    char sps_id[65], requested_id[65]; /* of the first item of the Request Attributes Sequence */
    int32_t series_number, number; /* INSTANCE_NO_NUMBER when absent or out of range */
    uint32_t frames, rows, columns; /* 0 where absent */
    /* 0 if there is no pixel data; samples also of Float Pixel Data */
    uint32_t bits_allocated, samples;
    bool lossy, part10;
    int64_t acquired; /* YYYYMMDDhhmmss or 0 */
    /* of the value of Pixel Data in the file; 0: none, or its place is not
     * certain */
    uint64_t pixel_offset, pixel_length;
    uint32_t pixel_crc;                  /* CRC-32 of the same */
    uint64_t pixel_deflated; /* deflated size of the same; 0: not requested or not native */
};

#endif
