/* SPDX-License-Identifier: MIT */
/* Which representation is sent: plans are made, in the order of preference, until one holds every instance. */
#ifndef WADOZIP_FCGI_NEGOTIATE_H
#define WADOZIP_FCGI_NEGOTIATE_H

#include "fcgi/response.h"

/*
 * Fills the answer's item, plan, listing and feed. ERR_NOT_ACCEPTABLE with the reason of the first alternative when none
 * can be made, or what the catalogue says (catalog_find).
 */
int negotiate_make(struct response *a, struct err *e) MUST_CHECK;

/* Open the pool of helpers unless it is open. */
int negotiate_start_helpers(struct serve *s, struct err *e) MUST_CHECK;

/* Before the status line: looks at every file that is to be sent, as content_check does, and starts the helpers it needs. */
int negotiate_check(struct response *a, struct err *e) MUST_CHECK;

#endif
