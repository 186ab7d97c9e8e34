/* SPDX-License-Identifier: MIT */
/*
 * Conversions that a response cannot wait for run in a separate process, which
 * outlives the request.
 */
#ifndef WADOZIP_FCGI_LATER_H
#define WADOZIP_FCGI_LATER_H

#include "fcgi/response.h"

#define LATER_WORDS 4 /* arguments of wadozip-fcgi --convert: study, series and instance UID ("" for all), target */

/*
 * Start the process, unless one works on the same request or the maximum is
 * running. Errors are logged.
 */
void later_start(struct response *a);

/* Convert what was requested and record it, in that process. */
int later_run(const struct conf *c, char *const words[LATER_WORDS], struct err *e) MUST_CHECK;

#endif
