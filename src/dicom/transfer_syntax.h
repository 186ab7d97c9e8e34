/* SPDX-License-Identifier: MIT */
/* What the project knows of transfer syntaxes (PS3.5 10 and A, PS3.6 Table A-1). */
#ifndef WADOZIP_DICOM_TRANSFER_SYNTAX_H
#define WADOZIP_DICOM_TRANSFER_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#define TRANSFER_SYNTAX_IMPLICIT_LE "1.2.840.10008.1.2"
#define TRANSFER_SYNTAX_EXPLICIT_LE "1.2.840.10008.1.2.1"
#define TRANSFER_SYNTAX_ENCAPSULATED_LE "1.2.840.10008.1.2.1.98"
#define TRANSFER_SYNTAX_DEFLATED_LE "1.2.840.10008.1.2.1.99"
#define TRANSFER_SYNTAX_EXPLICIT_BE "1.2.840.10008.1.2.2"
#define TRANSFER_SYNTAX_JPEG_BASELINE "1.2.840.10008.1.2.4.50"
#define TRANSFER_SYNTAX_RLE "1.2.840.10008.1.2.5"
#define TRANSFER_SYNTAX_DEFLATED_FRAMES "1.2.840.10008.1.2.8.1"

struct transfer_syntax {
    const char *uid;
    const char *name;
    bool encapsulated; /* pixel data in fragments, already compressed */
    bool lossy;        /* may have lost information: kept as it is by default (PS3.18 8.7.3.4) */
    bool forbidden;    /* never over web services (PS3.18 8.7.3): implicit and big endian */
    bool decodable;    /* wadozip-dicom can turn it into Explicit VR Little Endian */
    bool target;       /* wadozip-dicom can make it on request */
};

#ifdef __cplusplus
extern "C" {
#endif

/* The row for a UID, or null where it is unknown. */
const struct transfer_syntax *transfer_syntax_find(const char *uid);

/* True when data sets in it are neither encapsulated nor deflated: the ones that shrink in an archive. */
bool transfer_syntax_is_native(const char *uid);

/*
 * The media type of compressed frames in it (PS3.18 Table 8.7.3-5); "application/octet-stream" if they are not compressed, or
 * in a way that has no media type of its own.
 */
const char *transfer_syntax_media_type(const char *uid);

/* Whether its pixel data is one video instead of frames. */
bool transfer_syntax_is_video(const char *uid);

/* All rows, for capabilities and the bodies of 406 answers. */
const struct transfer_syntax *transfer_syntax_all(size_t *count);

#ifdef __cplusplus
}
#endif

#endif
