/* SPDX-License-Identifier: MIT */
/* Percent-encoding of one character (RFC 3986 2.1). base/uri.h has whole paths. */
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

/*
 * Decode the character at s, of which `left` bytes exist, at least one. Returns
 * the number of bytes read, 1 or 3; 0 for an invalid escape.
 */
size_t percent_decode(const char *s, size_t left, char *out);

#endif
