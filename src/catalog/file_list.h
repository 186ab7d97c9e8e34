/* SPDX-License-Identifier: MIT */
/*
 * The catalogue as a list of files, to compare it with the files in the roots.
 * The session is read-only, regardless of the account's rights. Only one page
 * of rows is in memory.
 */
#ifndef WADOZIP_CATALOG_FILE_LIST_H
#define WADOZIP_CATALOG_FILE_LIST_H

#include "catalog/writer_file.h"

/*
 * A file that is an instance, a copy of one, or in conflict with one. Strings
 * are valid during the call.
 */
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

/* Connect and check the schema; see catalog_check(). */
int file_list_check(struct file_list *v, struct err *e) MUST_CHECK;

/* What lies at or beneath `path` ("": in the whole root) and sorts after
 * `after` ("": from the first), at most `limit`. */
struct file_list_page {
    const char *root, *path, *after;
    unsigned limit;
};

/* Call `each` for every file of the page, in byte order. */
int file_list_beneath(struct file_list *v, const struct file_list_page *page, file_list_each *each,
                      void *ctx, struct err *e) MUST_CHECK;

/* The same for the files of a study's instances, by root and path: after (root,
 * after) of the page, whose path is unused. */
int file_list_of_study(struct file_list *v, const char *study_uid,
                       const struct file_list_page *page, file_list_each *each, void *ctx,
                       struct err *e) MUST_CHECK;

/* Count the files, and their bytes, that the two functions above would list
 * from the beginning. */
int file_list_count_beneath(struct file_list *v, const char *root, const char *path,
                            uint64_t *files, uint64_t *bytes, struct err *e) MUST_CHECK;
int file_list_count_study(struct file_list *v, const char *study_uid, uint64_t *files,
                          uint64_t *bytes, struct err *e) MUST_CHECK;

/*
 * Call `each` for every study of the page, in the order of UIDs (`after` is a
 * UID), that has an instance which may have to be converted to the default
 * transfer syntax and for which no conversion by this codec version
 * (helper_pool_codec_version) is recorded. The second function counts such
 * instances, of which some are sent as stored.
 */
int file_list_unconverted(struct file_list *v, const struct file_list_page *page,
                          uint32_t codec_version,
                          int (*each)(void *ctx, const char *study_uid, struct err *e), void *ctx,
                          struct err *e) MUST_CHECK;
int file_list_count_unconverted(struct file_list *v, const char *root, const char *path,
                                uint32_t codec_version, uint64_t *count, struct err *e) MUST_CHECK;

/*
 * Call `each` for every study of the page, as file_list_unconverted(), that has
 * an instance which is converted or deflated in a default response. Some of
 * them are sent as stored.
 */
int file_list_computed(struct file_list *v, const struct file_list_page *page,
                       int (*each)(void *ctx, const char *study_uid, struct err *e), void *ctx,
                       struct err *e) MUST_CHECK;

/*
 * Call `each` with the numbers, increasing, of files that the catalogue does
 * not contain, or (was_other) contains as not an instance and with another size
 * or time. Uses only path, size and time of the files.
 */
int file_list_unknown(struct file_list *v, const struct writer_batch *b,
                      void (*each)(void *ctx, size_t file, bool was_other), void *ctx,
                      struct err *e) MUST_CHECK;

#endif
