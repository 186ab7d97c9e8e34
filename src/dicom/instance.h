/* SPDX-License-Identifier: MIT */
/* One SOP instance as the catalogue knows it. Strings belong to the row and are valid only as long as it is. */
#ifndef WADOZIP_DICOM_INSTANCE_H
#define WADOZIP_DICOM_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTANCE_NO_NUMBER INT32_MAX /* Series or Instance Number absent: sorts last */

struct instance {
    const char *study_uid, *series_uid, *sop_uid;
    const char *study_date, *study_description; /* null unless several studies are asked for */
    const char *sop_class, *transfer_syntax; /* transfer_syntax "" where the file does not tell */
    const char *modality, *series_description; /* UTF-8, may be "" */
    int32_t series_number, number;
    uint32_t frames, rows, columns; /* 0 where absent */
    uint32_t bits_allocated, samples; /* 0 if there is no pixel data; samples also of Float Pixel Data */
    bool lossy;              /* Lossy Image Compression is 01 */
    bool part10;             /* preamble and a usable meta header: its own bytes are a PS3.10 file */
    uint32_t conflicts;      /* files with this SOP Instance UID and other content; 0 unless asked for */
    const char *root;        /* name of the root that it lies beneath */
    const char *path;        /* relative to the root: bytes, no leading slash, no . or .. component */
    uint64_t size;           /* bytes of the file */
    int64_t mtime_ns;
    uint32_t crc;            /* CRC-32 of the file */
    int64_t acquired;        /* YYYYMMDDhhmmss of the data (content, acquisition, series or study time), 0 if unknown */
    int64_t updated;         /* Unix seconds when this content came into the catalogue */
    int64_t removed;         /* Unix seconds when an instance was last removed from what is asked for, 0 if never */
    uint64_t deflated_size;  /* of the file under the compressor in use, 0 where not known */
    uint64_t default_size;   /* in Explicit VR Little Endian, uncompressed, by the codec version in use; 0: not known */
    bool conversion_failed;        /* the last attempt at the form failed: try it before anything is promised */
    bool conversion_known;         /* what a converted form (dicom/conversion_rules.h) came out as, when it was made before */
    uint64_t converted_size;
    uint32_t converted_crc;
    uint64_t converted_deflated;  /* by the codec version in use; 0: not known */
    const unsigned char *keys; /* of its directory record (helper_result.keys); null: not asked for, or not known */
    size_t key_bytes;
    const unsigned char *sha256; /* of the file, INSTANCE_SHA256 bytes; null: not asked for, or not known */
};

#define INSTANCE_SHA256 32
#define SOP_CLASS_PDF "1.2.840.10008.5.1.4.1.1.104.1" /* Encapsulated PDF Storage */

/* Size in the default form of an instance whose file has this CRC-32. */
struct instance_size {
    const char *sop_uid;
    uint32_t crc;
    uint64_t size;
};

/* SHA-256 of an instance's file that has this CRC-32. */
struct instance_digest {
    const char *sop_uid;
    uint32_t crc;
    const unsigned char *sha256;
};

#endif
