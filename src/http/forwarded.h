/* SPDX-License-Identifier: MIT */
/*
 * Client, scheme and host of a request before a proxy: Forwarded (RFC 7239), or
 * else X-Forwarded-For, -Proto, -Host and -Prefix. Pure. Only the last entry of
 * each field counts, which the nearest proxy wrote; earlier entries can come
 * from the client.
 */
#ifndef WADOZIP_HTTP_FORWARDED_H
#define WADOZIP_HTTP_FORWARDED_H

#include "http/request.h"

/*
 * Replace the client's address, scheme and host in `in` by those of the proxy,
 * if the request comes from an address in `trusted`, a list of networks
 * (base/net.h). Returns in *prefix the path before ours, or "". Ignores
 * malformed values. Strings are in the arena. Fails with ERR_MEMORY.
 */
int forwarded_apply(struct request_in *in, const char *trusted, struct mem *m, const char **prefix,
                    struct err *e) MUST_CHECK;

#endif
