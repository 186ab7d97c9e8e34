/* SPDX-License-Identifier: MIT */
/* Tokens, passcodes and message authentication codes. */
#ifndef WADOZIP_BASE_SECRET_H
#define WADOZIP_BASE_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define SECRET_TOKEN 43         /* characters of a token: 256 bits as base64url (RFC 4648 5) */
#define SECRET_PASSCODE_MIN 6   /* bytes of a passcode */
#define SECRET_PASSCODE_MAX 64
/* characters of a passcode's hash with NUL: 16 bytes of salt, 32 of scrypt */
#define SECRET_HASH 97
#define SECRET_MAC 33           /* characters of a code with NUL */
#define SECRET_CHOSEN 15 /* characters of a chosen passcode with NUL: 12 of 32, in groups of four */

/* Make a random token. Fails with ERR_SYSTEM. */
int secret_token(char out[SECRET_TOKEN + 1], struct err *e) MUST_CHECK;

/* Return whether the len characters at s can be a token. */
bool secret_is_token(const char *s, size_t len);

/* Choose a random passcode of 60 bits that can be read out. Fails with
 * ERR_SYSTEM. */
int secret_choose(char out[SECRET_CHOSEN], struct err *e) MUST_CHECK;

/* Hash a passcode with a new salt (scrypt, RFC 7914: 32 MiB of memory, about
 * 0.1 s). Fails with ERR_SYSTEM or ERR_MEMORY. */
int secret_hash(const char *passcode, char out[SECRET_HASH], struct err *e) MUST_CHECK;

/* Compare a passcode with a hash in constant time. Fails with ERR_DATA if the
 * hash is malformed, or as secret_hash(). */
int secret_matches(const char *passcode, const char *hash, bool *matches, struct err *e) MUST_CHECK;

/* Compute a code of 128 bits over text: HMAC-SHA-256 (RFC 2104), in hexadecimal
 * digits. Fails with ERR_SYSTEM. */
int secret_mac(const char *key, const char *text, char out[SECRET_MAC], struct err *e) MUST_CHECK;

/* Compare two strings of the same length in constant time. */
bool secret_equal(const char *a, const char *b);

#endif
