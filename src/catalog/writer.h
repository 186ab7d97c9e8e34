/* SPDX-License-Identifier: MIT */
/*
 * Writes of the operator's command to the catalogue. Every call is a
 * transaction. Several indexers can run at once: batches of new files wait only
 * for batches of the same studies, all others for each other (advisory locks).
 */
#ifndef WADOZIP_CATALOG_WRITER_H
#define WADOZIP_CATALOG_WRITER_H

#include "base/err.h"
#include "catalog/writer_file.h"
#include "catalog/writer_outcome.h"

/* Paths of one root. */
struct writer_paths {
    const char *root;
    const char *const *paths;
    size_t count;
};

/* What must be recorded of an instance besides its directory record keys,
 * default size and frame table. */
struct writer_needs {
    const char *compressor; /* whose deflated size; null: none */
    bool pixels;            /* also that of the pixel data */
    bool sha256;
};

/*
 * The verdict on a file. `kept_root`, `kept_path`: the indexed file that has a
 * copy's or conflict's UID, else "".
 */
struct writer_verdict {
    size_t file; /* its number in the call */
    enum writer_outcome outcome;
    const char *reason, *kept_root, *kept_path;
};

typedef void writer_each(void *ctx, const struct writer_verdict *v);

struct writer;

int writer_open(const char *conninfo, struct writer **out, struct err *e) MUST_CHECK;
void writer_close(struct writer *w); /* null is allowed */

/* Connect and check the schema; see catalog_check(). */
int writer_check(struct writer *w, struct err *e) MUST_CHECK;

/*
 * Call `each` for every file that is in the catalogue with this size and time
 * and, if it is an instance, with all that is needed of it.
 */
int writer_known(struct writer *w, const struct writer_batch *b, const struct writer_needs *needs,
                 writer_each *each, void *ctx, struct err *e) MUST_CHECK;

/* Record a batch in its order. One verdict for each file, in any order. Text
 * and UIDs are checked again. */
int writer_ingest(struct writer *w, const struct writer_batch *b, writer_each *each, void *ctx,
                  struct err *e) MUST_CHECK;

/* Remove files that no longer exist. A verdict for each that was known. */
int writer_vanish(struct writer *w, const struct writer_paths *p, writer_each *each, void *ctx,
                  struct err *e) MUST_CHECK;

/* Known paths beneath `folder` ("": the root) that sort after `after` ("": from
 * the first), at most `limit`. */
struct writer_page {
    const char *root, *folder, *after;
    unsigned limit;
};

/* Call `each` for every path of the page, in byte order. */
int writer_beneath(struct writer *w, const struct writer_page *page,
                   int (*each)(void *ctx, const char *path, struct err *e), void *ctx,
                   struct err *e) MUST_CHECK;

/* Remove a study regardless of its files. Fails with ERR_NOT_FOUND if there is
 * no such study. */
int writer_forget(struct writer *w, const char *study_uid, uint64_t *instances,
                  struct err *e) MUST_CHECK;

/* Called for every study with refused or conflicting files; study "": files of
 * no known study. */
typedef void writer_study(void *ctx, const char *study, uint64_t refused, uint64_t conflicts);
int writer_incomplete(struct writer *w, writer_study *each, void *ctx, struct err *e) MUST_CHECK;

/* Flush everything that was written: batches are committed without waiting for
 * the disk. */
int writer_sync(struct writer *w, struct err *e) MUST_CHECK;

#endif
