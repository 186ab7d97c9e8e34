/* SPDX-License-Identifier: MIT */
/* Conversions that an answer could not wait for, made by a process of their own that outlives the request. */
#ifndef WADOZIP_FCGI_LATER_H
#define WADOZIP_FCGI_LATER_H

#include "fcgi/response.h"

#define LATER_WORDS 4 /* arguments of wadozip-fcgi --convert: study, series and instance UID ("" for all), target */

/* Start it, unless one is at work on the same, or as many as there may be are at work. Failures are logged. */
void later_start(struct response *a);

/* That process: convert what is asked for and record it. */
int later_run(const struct conf *c, char *const words[LATER_WORDS], struct err *e) MUST_CHECK;

#endif
