/* SPDX-License-Identifier: MIT */
/* What the service needs, tried when it starts and by --check, with the account and in the unit that it really has. */
#ifndef WADOZIP_FCGI_START_CHECK_H
#define WADOZIP_FCGI_START_CHECK_H

#include "base/conf.h"
#include "base/err.h"

/* Try everything (archive/self_check.h) and the database. Logs each problem; returns how many there are. */
unsigned start_check(const struct conf *c);

/*
 * The same in a process of its own, as a root may hang: returns when that has ended, at the latest after
 * START_CHECK_SECONDS, when a warning is logged. SIGCHLD must be blocked. Returns how many problems there are as far as
 * is known.
 */
#define START_CHECK_SECONDS 10
unsigned start_check_aside(const struct conf *c);

#endif
