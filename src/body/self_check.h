/* SPDX-License-Identifier: MIT */
/* What whoever sends images needs besides the database, tried under the rights that this process has. */
#ifndef WADOZIP_BODY_SELF_CHECK_H
#define WADOZIP_BODY_SELF_CHECK_H

#include "base/conf.h"

/* One finding: what was tried, and if it is not good why and what to do. */
typedef void self_check_report(void *ctx, bool good, const char *text);

/*
 * Try openat2(), a file beneath each root, a helper process, the spool folder and the cache, and report each. With
 * `make_cache` a cache folder that is missing is made, as the service does.
 */
void self_check(const struct conf *c, bool make_cache, self_check_report *report, void *ctx);

#endif
