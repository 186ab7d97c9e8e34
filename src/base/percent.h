/* SPDX-License-Identifier: MIT */
/* Percent-encoding of one character (RFC 3986 2.1). Decoding is in base/uri.h.
 */
#ifndef WADOZIP_BASE_PERCENT_H
#define WADOZIP_BASE_PERCENT_H

#include <stddef.h>

#define PERCENT_MAX 3 /* bytes of an encoded character */

/*
 * Write the character itself if it is unreserved (RFC 3986 2.3) or occurs in
 * `kept`, else its escape in upper case. Returns the number of bytes, 1 or 3;
 * adds no NUL.
 */
size_t percent_encode(char out[PERCENT_MAX], char c, const char *kept);

#endif
