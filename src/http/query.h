/* SPDX-License-Identifier: MIT */
/*
 * Query parameters (PS3.18 8.3): one table of those that are known, with what they may hold. Unknown ones are ignored,
 * as the standard has it; `anonymize` is known in order to be refused. Pure.
 */
#ifndef WADOZIP_HTTP_QUERY_H
#define WADOZIP_HTTP_QUERY_H

#include "http/request_fields.h"

#define QUERY_PARAMETERS_MAX 64 /* of one request */
#define QUERY_FILENAME_MAX 100  /* characters of a cleaned filename */

/*
 * Reads the raw query into *out (names, filename) and the alternatives of all accept parameters, joined by commas, into
 * *accept: null where there is none. Keys and values are split at & and the first =, then decoded once; + is a plus.
 */
int query_parse(const char *raw, struct mem *m, struct request *out, const char **accept, struct err *e) MUST_CHECK;

/* For capabilities: what is offered, each with its values and a sentence. */
struct query_parameter {
    const char *name, *values, *help;
    enum query_use { QUERY_ANY, QUERY_ARCHIVES, QUERY_IMAGES } use; /* QUERY_IMAGES: of rendered images */
};

/* The i-th of them, from 0; null behind the last. */
const struct query_parameter *query_parameter(size_t i);

#endif
