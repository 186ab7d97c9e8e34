/* SPDX-License-Identifier: MIT */
/* One SOP instance as a row of the catalogue. Strings are valid only while the
 * row is. */
#ifndef WADOZIP_DICOM_INSTANCE_H
#define WADOZIP_DICOM_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTANCE_NO_NUMBER INT32_MAX /* Series or Instance Number is absent: sorted last */

struct instance {
    const char *study_uid, *series_uid, *sop_uid;
    const char *study_date, *study_description; /* null unless several studies are requested */
    uint32_t patient_number, study_number; /* ordinals in a collection, from 1; else 0 */
    const char *sop_class, *transfer_syntax; /* transfer_syntax: "" if the file has none */
    const char *modality, *series_description; /* UTF-8, may be "" */
    int32_t series_number, number;
    uint32_t frames, rows, columns; /* 0 if absent */
    /* 0 if there is no pixel data; samples also of Float Pixel Data */
    uint32_t bits_allocated, samples;
    bool lossy;              /* Lossy Image Compression is 01 */
    bool part10;             /* has a preamble and a valid meta header: its own bytes are a PS3.10
                              * file */
    uint32_t conflicts;      /* files with this SOP Instance UID and other content; 0 unless
                              * requested */
    const char *root;        /* name of its root */
    /* relative to the root: bytes, no leading slash, no . or .. component */
    const char *path;
    uint64_t size;           /* bytes of the file */
    int64_t mtime_ns;
    uint32_t crc;            /* CRC-32 of the file */
    int64_t acquired;        /* YYYYMMDDhhmmss from the data (content, acquisition, series or study
                              * time), 0 if unknown */
    int64_t updated;         /* Unix seconds at which this content was indexed */
    int64_t removed;         /* Unix seconds at which an instance of the resource was last removed,
                              * 0 if never */
    /* deflated size of the file under the current compressor; 0: not known */
    uint64_t deflated_size;
    uint64_t default_size;   /* size in Explicit VR Little Endian, uncompressed, under the current
                              * codec version; 0: not known */
    bool conversion_failed;        /* the last conversion failed: try it before the status line */
    bool conversion_known;         /* size and CRC-32 of an earlier conversion
                                    * (dicom/conversion_rules.h) */
    uint64_t converted_size;
    uint32_t converted_crc;
    uint64_t converted_deflated;  /* under the current codec version; 0: not known */
    /* of the value of Pixel Data in the file; 0: none, not requested or not
     * known */
    uint64_t pixel_offset, pixel_length;
    uint32_t pixel_crc;                  /* CRC-32 of the same */
    /* deflated size of the same as a part of a stream (body/splice.h), under the
     * current compressor; 0: not known */
    uint64_t pixel_deflated;
    bool deflated_now; /* deflated sizes are of the current compressor */
    const unsigned char *keys; /* keys of its directory record (helper_result.keys); null: not
                                * requested or not known */
    size_t key_bytes;
    const unsigned char *sha256; /* of the file, INSTANCE_SHA256 bytes; null: not requested or not
                                  * known */
};

#define INSTANCE_SHA256 32
#define SOP_CLASS_PDF "1.2.840.10008.5.1.4.1.1.104.1" /* Encapsulated PDF Storage */

/* The uncompressed size of an instance whose file has this CRC-32. */
struct instance_size {
    const char *sop_uid;
    uint32_t crc;
    uint64_t size;
};

/* The SHA-256 of an instance whose file has this CRC-32. */
struct instance_digest {
    const char *sop_uid;
    uint32_t crc;
    const unsigned char *sha256;
};

#endif
