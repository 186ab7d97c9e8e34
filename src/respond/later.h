/* SPDX-License-Identifier: MIT */
/*
 * Conversions that a response cannot wait for run in a separate process, which
 * outlives the request.
 */
#ifndef WADOZIP_RESPOND_LATER_H
#define WADOZIP_RESPOND_LATER_H

#include "respond/response.h"

/*
 * Start the process, unless one works on the same request or the maximum is
 * running. Returns whether a process works on the request. Errors are logged.
 */
bool later_start(const struct response *a);

/*
 * In that process: convert the items of the list on standard input
 * (later_list.h) to a transfer syntax and record the results.
 */
int later_run(const struct conf *c, const char *target, struct err *e) MUST_CHECK;

#endif
