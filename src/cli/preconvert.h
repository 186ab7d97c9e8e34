/* SPDX-License-Identifier: MIT */
/*
 * Convert in advance what default responses need. Each instance that would be
 * converted is converted once, by the code that serves responses
 * (body/content.h). Its size is recorded, and, if conversion_cache is set, the
 * result is kept. Skips recorded conversions, so another run continues after an
 * interruption.
 */
#ifndef WADOZIP_CLI_PRECONVERT_H
#define WADOZIP_CLI_PRECONVERT_H

#include <signal.h>

#include "conf/conf.h"
#include "index/root_path.h"

struct preconvert_tally {
    uint64_t made, failed;
    uint64_t all; /* conversions that may be needed at all paths so far; 0 if not counted */
};

struct preconvert_setup {
    const struct conf *conf;
    struct preconvert_tally *counts;
    unsigned jobs; /* helper processes; 0: use the setting */
    bool count;    /* fill tally->all */
    const volatile sig_atomic_t *stop; /* not zero: end soon; recorded facts are kept */
    /* an instance that could not be converted */
    void (*trouble)(void *ctx, const char *label, const char *reason);
    void (*progress)(void *ctx);                                       /* called often */
    void *ctx;
};

struct preconvert;

/*
 * Copies the setup. Always call preconvert_close(). A conversion_cache that
 * cannot be used is reported as trouble and not used; fails with ERR_CONFIG if
 * it is not allowed at all.
 */
int preconvert_open(const struct preconvert_setup *s, struct preconvert **out,
                    struct err *e) MUST_CHECK;
void preconvert_close(struct preconvert *p); /* null is allowed */

/* Convert all studies with files at the path. Returns 0 also if *stop ended it.
 */
int preconvert_run(struct preconvert *p, const struct root_path *place, struct err *e) MUST_CHECK;

#endif
