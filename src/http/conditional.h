/* SPDX-License-Identifier: MIT */
/* Conditional requests (RFC 9110 13). Pure. */
#ifndef WADOZIP_HTTP_CONDITIONAL_H
#define WADOZIP_HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"

enum conditional_verdict {
    CONDITIONAL_SEND,
    CONDITIONAL_NOT_MODIFIED, /* 304 */
    CONDITIONAL_FAILED        /* 412 */
};

/*
 * Evaluate conditions in the order of RFC 9110 13.2.2, for GET and HEAD. `etag`
 * is strong, with its quotes, or null if the representation has none.
 * `modified` is in Unix seconds; 0 means unknown, and dates are ignored.
 */
enum conditional_verdict conditional_check(const struct request *r, const char *etag,
                                           int64_t modified);

/*
 * Return whether If-None-Match names the tag of this representation: 304 is
 * then correct even if it is not known whether the representation can be made.
 */
bool conditional_has(const struct request *r, const char *etag, int64_t modified);

/*
 * Return whether a Range applies: there is no If-Range, or it is our tag (RFC
 * 9110 13.1.5). Otherwise send the whole. A date never matches: it is not a
 * strong validator, because it shows neither removed instances nor other
 * compression.
 */
bool conditional_range(const struct request *r, const char *etag);

/*
 * Parse an HTTP date in any of the three forms (RFC 9110 5.6.7) to Unix
 * seconds. Returns false for other text.
 */
bool conditional_date_parse(const char *s, int64_t *seconds);

#define CONDITIONAL_DATE_MAX 32
/* Format an IMF-fixdate. */
void conditional_date_format(int64_t seconds, char out[CONDITIONAL_DATE_MAX]);

#endif
