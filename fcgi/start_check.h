/* SPDX-License-Identifier: MIT */
/*
 * Check what the service needs, at start and with --check, with the account and
 * unit in which it runs.
 */
#ifndef WADOZIP_FCGI_START_CHECK_H
#define WADOZIP_FCGI_START_CHECK_H

#include "conf/conf.h"
#include "base/err.h"

/*
 * Check everything (body/self_check.h) and the database. Logs each problem.
 * Returns their number.
 */
unsigned start_check(const struct conf *c);

/*
 * The same in a separate process, because a root may hang. Returns when that
 * process has ended, at the latest after START_CHECK_SECONDS, with a warning in
 * the log. SIGCHLD must be blocked. Returns the number of problems known so
 * far.
 */
#define START_CHECK_SECONDS 10
unsigned start_check_aside(const struct conf *c);

#endif
