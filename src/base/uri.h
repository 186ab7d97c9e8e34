/* SPDX-License-Identifier: MIT */
/* Percent-encoding (RFC 3986 2.1). Pure. */
#ifndef WADOZIP_BASE_URI_H
#define WADOZIP_BASE_URI_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/*
 * Return the len bytes at s, decoded once, in the arena. Returns null with
 * ERR_REQUEST, naming `what`, for an escape that is not two hexadecimal digits
 * and for control characters, escaped or not (also %00).
 */
char *uri_decode(struct mem *m, const char *s, size_t len, const char *what,
                 struct err *e) MUST_CHECK;

/*
 * Encode a path that a web server has decoded: slashes stay, other reserved
 * characters are escaped.
 */
char *uri_encode_path(struct mem *m, const char *s, struct err *e) MUST_CHECK;

/*
 * Return the rest of the encoded path after the decoded `prefix`, at a slash or
 * its end; null if the path does not start with it.
 */
const char *uri_skip(const char *path, const char *prefix);

#endif
