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
 * In the order of RFC 9110 13.2.2, for GET and HEAD. `etag` strong and with its quotes, or null where the
 * representation has none; `modified` Unix seconds, or 0 where unknown: then dates are ignored.
 */
enum conditional_verdict conditional_check(const struct request *r, const char *etag, int64_t modified);

/*
 * Whether the client has this very representation, as If-None-Match names its tag: then 304 is right although nobody has
 * looked yet whether it can be made.
 */
bool conditional_has(const struct request *r, const char *etag, int64_t modified);

/*
 * Whether a Range may be honoured: no If-Range, or one that is our very tag (RFC 9110 13.1.5); else send the whole. A date
 * never counts: it is no strong validator, as it does not show that an instance was removed, or is compressed otherwise.
 */
bool conditional_range(const struct request *r, const char *etag);

/* An HTTP date of any of the three forms (RFC 9110 5.6.7) to Unix seconds; false when it is none. */
bool conditional_date_parse(const char *s, int64_t *seconds);

#define CONDITIONAL_DATE_MAX 32
/* IMF-fixdate. */
void conditional_date_format(int64_t seconds, char out[CONDITIONAL_DATE_MAX]);

#endif
