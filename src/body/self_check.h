/* SPDX-License-Identifier: MIT */
/* Check the conditions for sending images besides the database, with the rights of
 * this process. */
#ifndef WADOZIP_BODY_SELF_CHECK_H
#define WADOZIP_BODY_SELF_CHECK_H

#include "conf/conf.h"

/* Receives one result: what was checked and, if it failed, why and what to do.
 */
typedef void self_check_report(void *ctx, bool good, const char *text);

/*
 * Check openat2(), a file beneath each root, a helper process, the spool folder
 * and the cache, and report each. With `make_cache` a missing cache folder is
 * made, as by the service.
 */
void self_check(const struct conf *c, bool make_cache, self_check_report *report, void *ctx);

#endif
