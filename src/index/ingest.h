/* SPDX-License-Identifier: MIT */
/*
 * Index files: walk them in order, skip unchanged ones, describe the others in
 * parallel with wadozip-dicom, and write them in batches, one transaction each.
 */
#ifndef WADOZIP_INDEX_INGEST_H
#define WADOZIP_INDEX_INGEST_H

#include <signal.h>

#include "conf/conf.h"
#include "catalog/writer.h"
#include "index/counts.h"
#include "index/root_path.h"

/*
 * A batch ends when its files reach this size together, so that its transaction
 * does not wait long.
 */
#define INGEST_BATCH_BYTES ((uint64_t)1 << 30)

struct ingest_watch {
    /* Called for a file that was refused or is in conflict: label and reason
     * are printable, without a final full stop. */
    void (*trouble)(void *ctx, enum writer_outcome o, const char *label, const char *reason);
    void (*progress)(void *ctx, const struct counts *t); /* called often */
    void *ctx;
};

struct ingest_setup {
    const struct conf *conf;
    struct writer *writer;
    struct counts *counts;
    unsigned jobs;  /* helper processes; 0: use the setting */
    bool again;     /* examine also unchanged files that were not instances */
    const volatile sig_atomic_t *stop; /* not zero: end soon; committed batches are kept */
    struct ingest_watch watch;
};

struct ingest;

/* Copies the setup; what it points to must outlive ingest_close(). */
int ingest_open(const struct ingest_setup *s, struct ingest **out, struct err *e) MUST_CHECK;
void ingest_close(struct ingest *g); /* null is allowed */

/*
 * Index everything at a path. If *stop ends it, returns 0 and counts
 * unprocessed files as WRITER_NEW.
 */
int ingest_run(struct ingest *g, const struct root_path *p, struct err *e) MUST_CHECK;

#endif
