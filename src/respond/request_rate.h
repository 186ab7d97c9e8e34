/* SPDX-License-Identifier: MIT */
/* The limits of requests a minute (max_requests_per_client,
 * max_requests_per_user). */
#ifndef WADOZIP_RESPOND_REQUEST_RATE_H
#define WADOZIP_RESPOND_REQUEST_RATE_H

#include "respond/response.h"

/* Count a request for its client and its user. OPTIONS is free: it asks nothing
 * of the database. Fails with ERR_TOO_MANY, sets the time for Retry-After, and
 * parses the request for the audit, which records the first refusal after a
 * request that was let in: so a flood does not become one of records.
 * If the counter cannot be used the request is served and the log has a
 * warning. */
int request_rate_check(struct response *a, const struct request_in *in, struct err *e) MUST_CHECK;

#endif
