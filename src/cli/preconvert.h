/* SPDX-License-Identifier: MIT */
/*
 * Makes ahead what answers in the default form need: each instance that would be converted is,
 * once, by the machinery of the answers themselves (archive/content.h), and what it came out as is
 * learnt and, where conversion_cache is set, kept. What is learnt already is skipped, so that
 * another run goes on where one was interrupted.
 */
#ifndef WADOZIP_CLI_PRECONVERT_H
#define WADOZIP_CLI_PRECONVERT_H

#include <signal.h>

#include "base/conf.h"
#include "index/root_path.h"

struct preconvert_tally {
    uint64_t made, failed;
    uint64_t all; /* that may have to be made, of all places so far; 0 where nobody counted */
};

struct preconvert_setup {
    const struct conf *conf;
    struct preconvert_tally *counts;
    unsigned jobs; /* processes that convert; 0: as the settings say */
    bool count;    /* fill tally->all */
    const volatile sig_atomic_t *stop; /* not zero: end soon, what is learnt stays */
    void (*trouble)(void *ctx, const char *label, const char *reason); /* an instance that could not be made */
    void (*progress)(void *ctx);                                       /* often */
    void *ctx;
};

struct preconvert;

/*
 * The setup is copied. Ends with preconvert_close in any case. A folder that conversion_cache
 * cannot use is told as trouble and does without, ERR_CONFIG for one that it must not name.
 */
int preconvert_open(const struct preconvert_setup *s, struct preconvert **out, struct err *e) MUST_CHECK;
void preconvert_close(struct preconvert *p); /* null is allowed */

/* All studies that have files at the place. 0 also when *stop ended it. */
int preconvert_run(struct preconvert *p, const struct root_path *place, struct err *e) MUST_CHECK;

#endif
