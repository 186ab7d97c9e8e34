/* SPDX-License-Identifier: MIT */
/*
 * The path of a request and the resource that it names (PS3.18 Tables 10.4.1-1
 * and 10.6.1-1). Pure.
 */
#ifndef WADOZIP_HTTP_REQUEST_PATH_H
#define WADOZIP_HTTP_REQUEST_PATH_H

#include "http/request_fields.h"

/*
 * Fill the fields of *out that depend on the path: level, UIDs, element,
 * metadata, archive, base. Sets *searched to the level of a search resource,
 * else to SEARCH_NOTHING. Needs out->method. Fails as request_parse().
 */
int request_path_parse(const struct request_in *in, struct mem *m, struct request *out,
                       enum search_level *searched, struct err *e) MUST_CHECK;

/* Fails with ERR_URI_TOO_LONG if s has more than REQUEST_URI_MAX bytes; null is
 * allowed. */
int request_path_length(const char *s, struct err *e) MUST_CHECK;

#endif
