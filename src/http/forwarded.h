/* SPDX-License-Identifier: MIT */
/*
 * Where a request came from and was sent to before a proxy passed it on: Forwarded (RFC 7239), or else X-Forwarded-For,
 * -Proto and -Host, and X-Forwarded-Prefix. Pure. Only the last entry of each field counts, which the nearest proxy wrote;
 * entries before it may be the client's own.
 */
#ifndef WADOZIP_HTTP_FORWARDED_H
#define WADOZIP_HTTP_FORWARDED_H

#include "http/request.h"

/*
 * Put the proxy's word for the client's address, scheme and host in place of what `in` has, if `trusted`, a list of networks
 * (base/net.h), has the address that the request came from; and return the path in front of ours, "" for none, in *prefix.
 * Values that are not well-formed are ignored. Strings are in the arena. Fails with ERR_MEMORY.
 */
int forwarded_apply(struct request_in *in, const char *trusted, struct mem *m, const char **prefix, struct err *e) MUST_CHECK;

#endif
