/* SPDX-License-Identifier: MIT */
/* Whether a response may be compressed: the Accept-Encoding field (RFC 9110
 * 12.5.3). Pure. */
#ifndef WADOZIP_HTTP_CODING_H
#define WADOZIP_HTTP_CODING_H

#include <stdbool.h>

/*
 * Return whether a client prefers gzip, or accepts it as much as identity.
 * field: null if absent, which means no. Ignores malformed items.
 */
bool coding_is_gzip(const char *field);

#endif
