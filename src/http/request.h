/* SPDX-License-Identifier: MIT */
/* A request, understood: resource, method, representation, conditions. Pure: text in, verdict out. */
#ifndef WADOZIP_HTTP_REQUEST_H
#define WADOZIP_HTTP_REQUEST_H

#include "http/request_fields.h"

/*
 * Strings of *out point into `in` or into the arena. The path is taken from REQUEST_URI (percent-decoded once), else
 * from SCRIPT_NAME and PATH_INFO; the resource begins at its first segment "studies" behind SCRIPT_NAME, whatever
 * stands before. A trailing slash is allowed. Fails with ERR_REQUEST (malformed UID, encoding or parameter; a
 * parameter that is not offered), ERR_NOT_FOUND (no such resource), ERR_METHOD, ERR_URI_TOO_LONG or what accept_parse
 * gives.
 */
int request_parse(const struct request_in *in, struct mem *m, struct request *out, struct err *e) MUST_CHECK;

#endif
