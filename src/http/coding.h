/* SPDX-License-Identifier: MIT */
/* Whether a body may be compressed on its way: the Accept-Encoding field (RFC 9110 12.5.3). Pure. */
#ifndef WADOZIP_HTTP_CODING_H
#define WADOZIP_HTTP_CODING_H

#include <stdbool.h>

/*
 * Whether a client takes gzip at least as gladly as the plain body. field: null if there is none, which means no. Members
 * that are malformed are ignored.
 */
bool coding_is_gzip(const char *field);

#endif
