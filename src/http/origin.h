/* SPDX-License-Identifier: MIT */
/* The address of the service as seen by the client, for addresses in responses.
 * Pure. */
#ifndef WADOZIP_HTTP_ORIGIN_H
#define WADOZIP_HTTP_ORIGIN_H

#include "http/request_fields.h"

#define ORIGIN_HOST_MAX 262 /* a name (RFC 1035 2.3.4), a colon and a port */

/*
 * Return scheme and authority of the request (RFC 9110 7.1), such as
 * "http://localhost:8080", in the arena. Fails with ERR_REQUEST if the Host
 * field is not a valid host: it comes from the client and appears in responses.
 * Call forwarded_apply() first.
 */
int origin_find(const struct request_in *in, struct mem *m, const char **out,
                struct err *e) MUST_CHECK;

/*
 * Return whether s is a name or an address (IPv6 in brackets), with or without
 * a port (RFC 3986 3.2.2).
 */
bool origin_is_host(const char *s);

#endif
