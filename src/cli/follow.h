/* SPDX-License-Identifier: MIT */
/* `wadozip index --watch`: everything once, then what changes. */
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
    struct counts *counts;                /* counted into; `done` may empty it */
    bool prune, force;                  /* take out what is gone; also if a root is empty */
    const volatile sig_atomic_t *stop;
    int (*everything)(void *ctx, struct err *e); /* index all places */
    void (*done)(void *ctx);            /* after everything, and after each batch */
    void *ctx;
};

/*
 * Watch the places, index everything, then each batch of changes; report readiness to systemd if it asks for that.
 * Returns 0 when *stop ends it. Any error ends it: its supervisor starts it again, and nothing is missed, as everything
 * is indexed first.
 */
int follow_run(const struct follow *f, struct err *e) MUST_CHECK;

#endif
