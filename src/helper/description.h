/* SPDX-License-Identifier: MIT */
/*
 * The description that wadozip-dicom returns of a file: plain data without pointers, as sent between the processes. Valid C
 * and C++.
 */
#ifndef WADOZIP_HELPER_DESCRIPTION_H
#define WADOZIP_HELPER_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "dicom/uid.h"

#define HELPER_TEXT_MAX 256   /* bytes of a descriptive field, UTF-8, cut at a character */
#define HELPER_REASON_MAX 255 /* bytes of a reason */
#define HELPER_TARGET_MAX 1023 /* bytes of what is asked for: a transfer syntax, the path of an element, or an address */

#define HELPER_DECODED_A_SECOND ((uint64_t)2 << 20) /* bytes that a busy machine decodes or compresses, and it does both */
#define HELPER_SECONDS_MORE_MAX 3600

enum helper_job_kind {
    HELPER_DESCRIBE,
    HELPER_CONVERT, /* an instance to another transfer syntax */
    HELPER_EXTRACT, /* the value of one element, uncompressed, as Explicit VR Little Endian has it */
    HELPER_MAKE_DICOMDIR,   /* the DICOMDIR of a File-set; the file lists its members (dicomdir_writer.h) */
    HELPER_METADATA_JSON, /* the data set without bulk data, as one object of PS3.18 F.2 */
    HELPER_METADATA_XML,  /* the same as one document of PS3.19 A.1 */
    HELPER_PACKAGE_JSON,  /* the same with its bulk data beside it (dicom/metadata_zip.h) */
    HELPER_PACKAGE_XML,
    HELPER_FRAMES,      /* uncompressed frames, one after the other; those that the list of numbers names */
    HELPER_RENDER,      /* an image of a frame (helper/render_target.h) */
    HELPER_FRAME_TABLE, /* where the frames lie (dicom/frame_table.h) */
    HELPER_DEIDENTIFY, /* the instance de-identified; the profile is the target (base/deid_options.h) */
    HELPER_MEASURE /* how long the instance is in Explicit VR Little Endian, uncompressed: only its header is read */
};

static inline bool helper_job_is_metadata(enum helper_job_kind kind)
{
    return kind == HELPER_METADATA_JSON || kind == HELPER_METADATA_XML;
}

static inline bool helper_job_is_package(enum helper_job_kind kind)
{
    return kind == HELPER_PACKAGE_JSON || kind == HELPER_PACKAGE_XML;
}

/* Whether a job of this kind makes a file. */
static inline bool helper_job_makes_file(enum helper_job_kind kind)
{
    return kind != HELPER_DESCRIBE && kind != HELPER_MEASURE;
}

/* Whether the result of a conversion to native pixel data is handed over deflated (base/deflate.h). */
enum helper_packing {
    HELPER_PACK_NOTHING,
    HELPER_PACK_TENTH, /* if that saves a tenth */
    HELPER_PACK_ANY,   /* if that makes it smaller */
    HELPER_PACK_MEASURE /* not, but report the deflated size */
};

/* Whether a second file is needed, for the deflated result. */
static inline bool helper_packs(enum helper_packing packing)
{
    return packing == HELPER_PACK_TENTH || packing == HELPER_PACK_ANY;
}

/* What a file turned out to be. */
enum helper_class {
    HELPER_INSTANCE, /* an instance with valid UIDs: the description is filled */
    HELPER_NOT_DICOM, /* does not look like DICOM at all */
    HELPER_DICOMDIR, /* a media directory (or its SOP class) */
    HELPER_REFUSED, /* looks like DICOM, the job cannot be done: reason says why; describe: its
                       study_uid, if that is legal */
    HELPER_FAILED, /* the child died or timed out on it: reason says how */
    HELPER_ABSENT, /* extract: there is no such element with a value of its own */
    HELPER_UNDECODABLE /* extract, package: pixel data that cannot be uncompressed here */
};

/*
 * Text fields are UTF-8. Control characters, and characters that cannot be converted, are replaced by '?'. Absent values
 * are "".
 */
struct helper_description {
    char study_uid[UID_MAX + 1], series_uid[UID_MAX + 1], sop_uid[UID_MAX + 1], sop_class[UID_MAX + 1];
    char transfer_syntax[UID_MAX + 1]; /* of the meta header if that is true, else as the data set was read */
    char modality[17], study_date[17], study_time[17], study_id[65], accession[65];
    char patient_id[HELPER_TEXT_MAX + 1], patient_name[HELPER_TEXT_MAX + 1], patient_birth_date[17], patient_sex[17];
    char study_description[HELPER_TEXT_MAX + 1], series_description[HELPER_TEXT_MAX + 1];
    char referring_physician[HELPER_TEXT_MAX + 1], patient_issuer[65];
    char series_date[17], series_time[17], body_part[17], pps_date[17], pps_time[17];
    char sps_id[65], requested_id[65]; /* of the first item of the Request Attributes Sequence */
    int32_t series_number, number; /* INSTANCE_NO_NUMBER when absent or out of range */
    uint32_t frames, rows, columns; /* 0 where absent */
    uint32_t bits_allocated, samples; /* 0 if there is no pixel data; samples also of Float Pixel Data */
    bool lossy, part10;
    int64_t acquired; /* YYYYMMDDhhmmss or 0 */
    uint64_t pixel_offset, pixel_length; /* of the value of Pixel Data in the file; 0: none, or its place is not certain */
    uint32_t pixel_crc;                  /* CRC-32 of the same */
};

#endif
