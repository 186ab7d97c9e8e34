/* SPDX-License-Identifier: MIT */
/* Pages of other origins that may read answers (Fetch, "CORS protocol"): the setting cors. Pure. */
#ifndef WADOZIP_HTTP_CORS_H
#define WADOZIP_HTTP_CORS_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Append the header fields that every answer has, errors too. `allowed` is the setting: "none", "*" or origins parted by
 * blanks; `origin` the request's Origin field or null. A listed origin may send credentials and gets its own name back; with
 * "*" none is needed, and none may be sent.
 */
void cors_fields(const char *allowed, const char *origin, struct buf *out);

/*
 * Whether it is a preflight of a page that may ask: an OPTIONS request with the field Access-Control-Request-Method. It bears
 * no credentials.
 */
bool cors_is_preflight(const char *allowed, const char *method, const char *origin, const char *wished_method);

/* Append the answer to a preflight, the fields of cors_fields() not included. */
void cors_preflight(struct buf *out);

#endif
