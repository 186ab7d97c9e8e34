/* SPDX-License-Identifier: MIT */
/* Where a request was sent to, for addresses that an answer holds. Pure. */
#ifndef WADOZIP_HTTP_ORIGIN_H
#define WADOZIP_HTTP_ORIGIN_H

#include "http/request_fields.h"

#define ORIGIN_HOST_MAX 262 /* a name (RFC 1035 2.3.4), a colon and a port */

/*
 * Scheme and authority of the request's address (RFC 9110 7.1), "http://localhost:8080", in the arena. ERR_REQUEST for a Host
 * field that is no host: it comes from the client and goes into what others may be shown. What a proxy has changed
 * must have been put right by forwarded_apply() before.
 */
int origin_find(const struct request_in *in, struct mem *m, const char **out, struct err *e) MUST_CHECK;

/* Whether s is a name or an address, in brackets if it is IPv6, with or without a port (RFC 3986 3.2.2). */
bool origin_is_host(const char *s);

#endif
