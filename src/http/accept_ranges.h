/* SPDX-License-Identifier: MIT */
/*
 * The list of media ranges that decides on a representation: the Accept header
 * field, or the query parameter accept, which alone counts if it is present
 * (PS3.18 8.3.3.1). Pure.
 */
#ifndef WADOZIP_HTTP_ACCEPT_RANGES_H
#define WADOZIP_HTTP_ACCEPT_RANGES_H

#include "base/err.h"
#include "http/media_type.h"

#define ACCEPT_HEADER_MAX 8192 /* longer lists are rejected */
#define ACCEPT_RANGES_MAX 64   /* media ranges in one list */

struct accept_ranges {
    const char *at;
    enum media_type_source source;
    size_t count; /* items so far */
};

/*
 * Begin a list. `header` is null if absent, which means any type; `query` is
 * the decoded parameter or null. Fails with ERR_REQUEST if either is too long.
 */
int accept_ranges_begin(const char *header, const char *query, struct accept_ranges *out,
                        struct err *e) MUST_CHECK;

/* Return 1 and the next range, 0 at the end. Skips malformed ranges of a header
 * (PS3.18 8.7.7). Fails with ERR_REQUEST if there are too many, and if the
 * query parameter contains a malformed range or a wildcard other than any type
 * (PS3.18 8.3.3.1). */
int accept_ranges_next(struct accept_ranges *l, struct media_type_range *out,
                       struct err *e) MUST_CHECK;

/* Report a malformed query parameter. Always returns -1. */
int accept_ranges_bad_query(struct err *e);

/*
 * Choose among offers as media_type_choose(). Sets *chosen to its index, -1 if
 * none is acceptable. Fails as the functions above.
 */
int accept_ranges_choose(const char *header, const char *query,
                         const struct media_type_offer *offers, size_t count, int *chosen,
                         struct err *e) MUST_CHECK;

#endif
