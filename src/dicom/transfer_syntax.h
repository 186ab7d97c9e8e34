/* SPDX-License-Identifier: MIT */
/* Properties of transfer syntaxes (PS3.5 10 and A, PS3.6 Table A-1). */
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
    bool lossy;        /* can have lost information: sent as stored by default (PS3.18 8.7.3.4) */
    bool forbidden;    /* not allowed in web services (PS3.18 8.7.3): Implicit VR and Big Endian */
    bool decodable;    /* wadozip-dicom can decode it to Explicit VR Little Endian */
    bool target;       /* wadozip-dicom can encode it */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Return the row of a UID, or null if the UID is unknown. */
const struct transfer_syntax *transfer_syntax_find(const char *uid);

/*
 * Return whether data sets in it are neither encapsulated nor deflated, so that
 * deflate makes them smaller.
 */
bool transfer_syntax_is_native(const char *uid);

/*
 * The media type of compressed frames in it (PS3.18 Table 8.7.3-5);
 * "application/octet-stream" if they are not compressed, or in a way that has
 * no media type of its own.
 */
const char *transfer_syntax_media_type(const char *uid);

/* Whether its pixel data is one video instead of frames. */
bool transfer_syntax_is_video(const char *uid);

/* Return all rows, for capabilities and the bodies of 406 responses. */
const struct transfer_syntax *transfer_syntax_all(size_t *count);

#ifdef __cplusplus
}
#endif

#endif
