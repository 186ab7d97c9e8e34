/* SPDX-License-Identifier: MIT */
/* `wadozip index --watch`: index everything once, then changes. */
#ifndef WADOZIP_CLI_FOLLOW_H
#define WADOZIP_CLI_FOLLOW_H

#include <signal.h>

#include "index/ingest.h"
#include "index/root_path.h"

struct follow {
    const struct root_path *places;
    size_t count;
    struct ingest *ingest;
    struct writer *writer;
    struct counts *counts;                /* added to; `done` may reset it */
    bool prune, force;                  /* remove missing files; also if a root is empty */
    const volatile sig_atomic_t *stop;
    int (*everything)(void *ctx, struct err *e); /* index all places */
    void (*done)(void *ctx);            /* after everything, and after each batch */
    void *ctx;
};

/*
 * Watch the paths, index everything, then each batch of changes. Reports
 * readiness to systemd if requested. Returns 0 after *stop was set. Any error
 * ends it: the supervisor restarts it, and nothing is missed because everything
 * is indexed first.
 */
int follow_run(const struct follow *f, struct err *e) MUST_CHECK;

#endif
