/* SPDX-License-Identifier: MIT */
/*
 * Fill the free space of conversion_cache with the archives of default
 * responses to studies (body/archive_cache.h). Removes nothing from the cache:
 * what was downloaded lately is worth more.
 */
#ifndef WADOZIP_CLI_KEEP_ARCHIVES_H
#define WADOZIP_CLI_KEEP_ARCHIVES_H

#include <signal.h>

#include "conf/conf.h"
#include "index/root_path.h"

struct keep_archives_setup {
    const struct conf *conf;
    const volatile sig_atomic_t *stop; /* not zero: end soon */
    /* a study whose archive cannot be made */
    void (*trouble)(void *ctx, const char *study_uid, const char *reason);
    void *ctx;
};

/*
 * Keep the archives of studies with files at the path, in the order of UIDs,
 * until one does not fit. *kept is increased. Does nothing without a cache.
 * Also returns 0 if *stop ended it.
 */
int keep_archives(const struct keep_archives_setup *setup, const struct root_path *place,
                  uint64_t *kept, struct err *e) MUST_CHECK;

#endif
