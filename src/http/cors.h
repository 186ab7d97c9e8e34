/* SPDX-License-Identifier: MIT */
/*
 * Pages of other origins that may read responses (Fetch, "CORS protocol"): the
 * setting cors. Pure.
 */
#ifndef WADOZIP_HTTP_CORS_H
#define WADOZIP_HTTP_CORS_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Append the header fields that every response has, including errors. `allowed`
 * is the setting: "none", "*" or origins separated by blanks; `origin` is the
 * Origin field or null. A listed origin may send credentials and is named in
 * the response; with "*" credentials are not allowed.
 */
void cors_fields(const char *allowed, const char *origin, struct buf *out);

/*
 * Return whether a request is an allowed preflight: OPTIONS with
 * Access-Control-Request-Method. It has no credentials.
 */
bool cors_is_preflight(const char *allowed, const char *method, const char *origin,
                       const char *wished_method);

/* Append the response to a preflight without the fields of cors_fields(). */
void cors_preflight(struct buf *out);

#endif
