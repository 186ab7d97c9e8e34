/* SPDX-License-Identifier: MIT */
/*
 * Files into the catalogue: walked in order, those that are unchanged skipped, the others described by wadozip-dicom
 * children side by side and written in batches, one transaction each.
 */
#ifndef WADOZIP_INDEX_INGEST_H
#define WADOZIP_INDEX_INGEST_H

#include <signal.h>

#include "base/conf.h"
#include "catalog/writer.h"
#include "index/counts.h"
#include "index/root_path.h"

/* A batch ends early when its files together are as large as this, so that its transaction does not wait for long. */
#define INGEST_BATCH_BYTES ((uint64_t)1 << 30)

struct ingest_watch {
    /* A file that was refused or is in conflict: both in printable characters, without a final full stop. */
    void (*trouble)(void *ctx, enum writer_outcome o, const char *label, const char *reason);
    void (*progress)(void *ctx, const struct counts *t); /* often */
    void *ctx;
};

struct ingest_setup {
    const struct conf *conf;
    struct writer *writer;
    struct counts *counts;
    unsigned jobs;  /* children; 0: as the settings say */
    bool again;     /* look also at unchanged files that were no instances before */
    const volatile sig_atomic_t *stop; /* not zero: end soon, what is committed stays */
    struct ingest_watch watch;
};

struct ingest;

/* The setup is copied, what it points to is used until ingest_close. */
int ingest_open(const struct ingest_setup *s, struct ingest **out, struct err *e) MUST_CHECK;
void ingest_close(struct ingest *g); /* null is allowed */

/* Takes in everything at a place. When *stop ends it: 0, and what was not dealt with is counted as WRITER_NEW. */
int ingest_run(struct ingest *g, const struct root_path *p, struct err *e) MUST_CHECK;

#endif
