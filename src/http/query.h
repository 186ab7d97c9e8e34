/* SPDX-License-Identifier: MIT */
/* Query parameters (PS3.18 8.3): one table of the known ones and their values.
 * Unknown ones are ignored, as PS3.18 requires; `anonymize` and `deidentify`
 * are known only to be refused. Pure. */
#ifndef WADOZIP_HTTP_QUERY_H
#define WADOZIP_HTTP_QUERY_H

#include "http/request_fields.h"

#define QUERY_PARAMETERS_MAX 64 /* in one request */
#define QUERY_FILENAME_MAX 100  /* characters of a cleaned filename */

/*
 * Parse the raw query into *out, and the alternatives of all accept parameters,
 * joined by commas, into *accept (null if there is none). Keys and values are
 * split at & and the first =, then decoded once. + is a plus.
 */
int query_parse(const char *raw, struct mem *m, struct request *out, const char **accept,
                struct err *e) MUST_CHECK;

/* An offered parameter for capabilities: its values and a sentence. */
struct query_parameter {
    const char *name, *values, *help;
    /* QUERY_IMAGES: of rendered images */
    enum query_use { QUERY_ANY, QUERY_ARCHIVES, QUERY_IMAGES } use;
};

/* Return row i, from 0; null after the last. */
const struct query_parameter *query_parameter(size_t i);

#endif
