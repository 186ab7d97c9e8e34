/*
 * What wadozip-dicom tells of a file: plain data without pointers, as it crosses the process boundary. Valid C and C++.
 */
#ifndef WADOZIP_DICOM_DESCRIPTION_H
#define WADOZIP_DICOM_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "dicom/duid.h"

#define PROC_TEXT_MAX 256   /* bytes of a descriptive field, UTF-8, cut at a character */
#define PROC_REASON_MAX 255 /* bytes of a reason */
#define PROC_TARGET_MAX 1023 /* bytes of what is asked for: a transfer syntax, the path of an element, or an address */

enum proc_kind {
    PROC_DESCRIBE,
    PROC_CONVERT, /* an instance to another transfer syntax */
    PROC_EXTRACT, /* the value of one element, uncompressed, as Explicit VR Little Endian has it */
    PROC_MEDIA,   /* the DICOMDIR of a File-set, which the file tells of (media.h) */
    PROC_METADATA_JSON, /* the data set without bulk data, as one object of PS3.18 F.2 */
    PROC_METADATA_XML,  /* the same as one document of PS3.19 A.1 */
    PROC_PACKAGE_JSON,  /* the same with its bulk data beside it (dicom/package.h) */
    PROC_PACKAGE_XML,
    PROC_MEASURE /* how long the instance is in Explicit VR Little Endian, uncompressed: only its header is read */
};

static inline bool proc_tells_metadata(enum proc_kind kind)
{
    return kind == PROC_METADATA_JSON || kind == PROC_METADATA_XML;
}

static inline bool proc_makes_package(enum proc_kind kind)
{
    return kind == PROC_PACKAGE_JSON || kind == PROC_PACKAGE_XML;
}

/* Whether a job of this kind makes a file. */
static inline bool proc_makes_file(enum proc_kind kind)
{
    return kind != PROC_DESCRIBE && kind != PROC_MEASURE;
}

/* Whether the result of a conversion to native pixel data is handed over deflated (base/deflate.h). */
enum proc_packing {
    PROC_PACK_NOTHING,
    PROC_PACK_TENTH, /* where that saves a tenth */
    PROC_PACK_ANY    /* where it becomes smaller */
};

/* What a file turned out to be. */
enum proc_class {
    PROC_INSTANCE,   /* an instance with valid UIDs: the description is filled */
    PROC_NOT_DICOM,  /* does not look like DICOM at all */
    PROC_DICOMDIR,   /* a media directory (or its SOP class) */
    PROC_REFUSED,    /* looks like DICOM, the job cannot be done: reason says why; describe: its study_uid, if that is legal */
    PROC_FAILED,     /* the child died or timed out on it: reason says how */
    PROC_ABSENT,     /* extract: there is no such element with a value of its own */
    PROC_UNDECODABLE /* extract, package: pixel data that cannot be uncompressed here */
};

/*
 * Text fields are UTF-8 whatever the file's character set; what cannot be converted, and control characters, are
 * replaced by '?'. "" where absent.
 */
struct proc_description {
    char study_uid[DUID_MAX + 1], series_uid[DUID_MAX + 1], sop_uid[DUID_MAX + 1], sop_class[DUID_MAX + 1];
    char transfer_syntax[DUID_MAX + 1]; /* of the meta header if that is true, else as the data set was read */
    char modality[17], study_date[17], study_time[17], study_id[65], accession[65];
    char patient_id[PROC_TEXT_MAX + 1], patient_name[PROC_TEXT_MAX + 1], patient_birth_date[17], patient_sex[17];
    char study_description[PROC_TEXT_MAX + 1], series_description[PROC_TEXT_MAX + 1];
    int32_t series_number, number; /* INSTANCE_NO_NUMBER when absent or out of range */
    uint32_t frames, rows, columns; /* 0 where absent */
    uint32_t bits_allocated, samples; /* 0 if there is no pixel data; samples also of Float Pixel Data */
    bool lossy, part10;
    int64_t acquired; /* YYYYMMDDhhmmss or 0 */
};

#endif
