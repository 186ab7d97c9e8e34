/* SPDX-License-Identifier: MIT */
/*
 * The catalogue as a list of files, for comparing it with what lies beneath the roots. The connection is read-only,
 * whatever rights the account has; nothing is kept but a page of rows.
 */
#ifndef WADOZIP_CATALOG_FILE_LIST_H
#define WADOZIP_CATALOG_FILE_LIST_H

#include "catalog/writer.h"

/* A file that holds an instance, or is a copy of one or in conflict with one. Strings are valid during the call. */
struct file_list_file {
    const char *root, *path;
    uint64_t size;
    int64_t mtime_ns;
    uint32_t crc;
    const char *study_uid, *series_uid; /* "" unless the file is the instance's own */
    const char *sop_uid;
};

typedef int file_list_each(void *ctx, const struct file_list_file *f, struct err *e);

struct file_list;

int file_list_open(const char *conninfo, struct file_list **out, struct err *e) MUST_CHECK;
void file_list_close(struct file_list *v); /* null is allowed */

/* Connects and checks the schema; see catalog_check. */
int file_list_check(struct file_list *v, struct err *e) MUST_CHECK;

/*
 * Files at or beneath `path` ("" for the whole root) that sort behind `after` ("" for the first), at most `limit`, in
 * byte order.
 */
int file_list_beneath(struct file_list *v, const char *root, const char *path, const char *after, unsigned limit,
                      file_list_each *each, void *ctx, struct err *e) MUST_CHECK;

/* The instances' files of a study that sort behind (after_root, after), "" for the first, by root and path. */
int file_list_of_study(struct file_list *v, const char *study_uid, const char *after_root, const char *after,
                       unsigned limit, file_list_each *each, void *ctx, struct err *e) MUST_CHECK;

/* How many files, and of how many bytes, the two above would give from the beginning. */
int file_list_count_beneath(struct file_list *v, const char *root, const char *path, uint64_t *files, uint64_t *bytes,
                            struct err *e) MUST_CHECK;
int file_list_count_study(struct file_list *v, const char *study_uid, uint64_t *files, uint64_t *bytes,
                          struct err *e) MUST_CHECK;

/*
 * Studies with instances at or beneath `path` that may have to be converted for an answer in the
 * default form, and of which nobody has learnt yet what that is, of a codec version
 * (helper_pool_codec_version): those whose UIDs sort behind `after` ("" for the first), at most
 * `limit`, in the order of their UIDs. And how many such instances there are, some of which are
 * sent as they are.
 */
int file_list_unconverted(struct file_list *v, const char *root, const char *path, uint32_t codec_version, const char *after,
                     unsigned limit, int (*each)(void *ctx, const char *study_uid, struct err *e), void *ctx,
                     struct err *e) MUST_CHECK;
int file_list_count_unconverted(struct file_list *v, const char *root, const char *path,
                                uint32_t codec_version, uint64_t *count, struct err *e) MUST_CHECK;

/*
 * Calls `each` with the numbers, rising, of those files that the catalogue does not know at all, or (was_other) knows
 * as no instance and with another size or time. Of the files only path, size and time are looked at.
 */
int file_list_unknown(struct file_list *v, const char *root, const struct writer_file *files, size_t count,
                      void (*each)(void *ctx, size_t file, bool was_other), void *ctx, struct err *e) MUST_CHECK;

#endif
