/* SPDX-License-Identifier: MIT */
/* Percent-encoding (RFC 3986 2.1). Pure. */
#ifndef WADOZIP_HTTP_URI_H
#define WADOZIP_HTTP_URI_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/*
 * The len bytes at s, decoded once, as a string of the arena; null with ERR_REQUEST for an escape that is not two
 * hexadecimal digits and for control characters, escaped or not (%00 among them), naming `what` is meant.
 */
char *uri_decode(struct mem *m, const char *s, size_t len, const char *what, struct err *e) MUST_CHECK;

/* The opposite for a path that a web server has decoded: slashes stay, all but unreserved characters are escaped. */
char *uri_encode_path(struct mem *m, const char *s, struct err *e) MUST_CHECK;

/* Where the encoded path goes on behind the decoded `prefix`, at a slash or its end; null where it begins otherwise. */
const char *uri_skip(const char *path, const char *prefix);

#endif
