/* SPDX-License-Identifier: MIT */
/*
 * Choose the representation: make plans in order of preference until one
 * contains every instance.
 */
#ifndef WADOZIP_RESPOND_NEGOTIATE_H
#define WADOZIP_RESPOND_NEGOTIATE_H

#include "respond/response.h"

/*
 * Fill item, plan, manifest and content of the response. Fails with
 * ERR_NOT_ACCEPTABLE and the reason of the first alternative if none is
 * possible, and with the errors of catalog_find().
 */
int negotiate_make(struct response *a, struct err *e) MUST_CHECK;

/*
 * Check every file to be sent before the status line, as content_check(), and
 * start helper processes if needed.
 */
int negotiate_check(struct response *a, struct err *e) MUST_CHECK;

#endif
