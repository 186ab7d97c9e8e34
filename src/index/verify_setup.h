/* SPDX-License-Identifier: MIT */
/* How to verify, and whom to report to. */
#ifndef WADOZIP_INDEX_VERIFY_SETUP_H
#define WADOZIP_INDEX_VERIFY_SETUP_H

#include <signal.h>

#include "conf/conf.h"
#include "catalog/file_list.h"
#include "index/verify_result.h"

struct verify_watch {
    /* Called for a file that is not good, with its name and a printable
     * reason, in the order of paths. */
    void (*found)(void *ctx, enum verify_result f, const char *label, const char *reason);
    void (*progress)(void *ctx); /* called often */
    void (*reached)(void *ctx);  /* called often, when counts and position are consistent */
    void *ctx;
};

struct verify_setup {
    const struct conf *conf;
    struct file_list *file_list;
    struct verify_counts *counts;
    unsigned jobs; /* helper processes; 0: use the setting */
    uint64_t rate; /* bytes read per second, on average; 0: no limit */
    const volatile sig_atomic_t *stop; /* not zero: end soon */
    struct verify_watch watch;
};

#endif
