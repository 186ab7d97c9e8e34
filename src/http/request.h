/* SPDX-License-Identifier: MIT */
/* A parsed request: resource, method, representation, conditions. Pure. */
#ifndef WADOZIP_HTTP_REQUEST_H
#define WADOZIP_HTTP_REQUEST_H

#include "http/request_fields.h"

/*
 * Parse a request. Strings of *out point into `in` or into the arena. The path
 * comes from REQUEST_URI (percent-decoded once), else from SCRIPT_NAME and
 * PATH_INFO. The resource starts at the first segment "studies" after
 * SCRIPT_NAME; a trailing slash is allowed. Fails with ERR_REQUEST (malformed
 * UID, encoding or parameter; a parameter that is not offered), ERR_NOT_FOUND
 * (no such resource), ERR_METHOD, ERR_URI_TOO_LONG, and with the errors of
 * accept_parse().
 */
int request_parse(const struct request_in *in, struct mem *m, struct request *out,
                  struct err *e) MUST_CHECK;

#endif
