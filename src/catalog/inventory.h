/*
 * The catalogue as a list of files, for comparing it with what lies beneath the roots. The connection is read-only,
 * whatever rights the account has; nothing is kept but a page of rows.
 */
#ifndef WADOZIP_CATALOG_INVENTORY_H
#define WADOZIP_CATALOG_INVENTORY_H

#include "catalog/writer.h"

/* A file that holds an instance, or is a copy of one or in conflict with one. Strings are valid during the call. */
struct inventory_file {
    const char *root, *path;
    uint64_t size;
    int64_t mtime_ns;
    uint32_t crc;
    const char *study_uid, *series_uid; /* "" unless the file is the instance's own */
    const char *sop_uid;
};

typedef int inventory_each(void *ctx, const struct inventory_file *f, struct err *e);

struct inventory;

int inventory_open(const char *conninfo, struct inventory **out, struct err *e) MUST_CHECK;
void inventory_close(struct inventory *v); /* null is allowed */

/* Connects and checks the schema; see catalog_check. */
int inventory_check(struct inventory *v, struct err *e) MUST_CHECK;

/*
 * Files at or beneath `path` ("" for the whole root) that sort behind `after` ("" for the first), at most `limit`, in
 * byte order.
 */
int inventory_beneath(struct inventory *v, const char *root, const char *path, const char *after, unsigned limit,
                      inventory_each *each, void *ctx, struct err *e) MUST_CHECK;

/* The instances' files of a study that sort behind (after_root, after), "" for the first, by root and path. */
int inventory_of_study(struct inventory *v, const char *study_uid, const char *after_root, const char *after,
                       unsigned limit, inventory_each *each, void *ctx, struct err *e) MUST_CHECK;

/* How many files, and of how many bytes, the two above would give from the beginning. */
int inventory_count_beneath(struct inventory *v, const char *root, const char *path, uint64_t *files, uint64_t *bytes,
                            struct err *e) MUST_CHECK;
int inventory_count_study(struct inventory *v, const char *study_uid, uint64_t *files, uint64_t *bytes,
                          struct err *e) MUST_CHECK;

/*
 * Studies with instances at or beneath `path` that may have to be converted for an answer in the default form, and of which
 * nobody has learnt yet what that is, by a recipe (proc_recipe): those whose UIDs sort behind `after` ("" for the first),
 * at most `limit`, in the order of their UIDs. And how many such instances there are, some of which are sent as they are.
 */
int inventory_unmade(struct inventory *v, const char *root, const char *path, uint32_t recipe, const char *after,
                     unsigned limit, int (*each)(void *ctx, const char *study_uid, struct err *e), void *ctx,
                     struct err *e) MUST_CHECK;
int inventory_count_unmade(struct inventory *v, const char *root, const char *path, uint32_t recipe, uint64_t *count,
                           struct err *e) MUST_CHECK;

/*
 * Calls `each` with the numbers, rising, of those files that the catalogue does not know at all, or (was_other) knows
 * as no instance and with another size or time. Of the files only path, size and time are looked at.
 */
int inventory_unknown(struct inventory *v, const char *root, const struct writer_file *files, size_t count,
                      void (*each)(void *ctx, size_t file, bool was_other), void *ctx, struct err *e) MUST_CHECK;

#endif
