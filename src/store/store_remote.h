/* SPDX-License-Identifier: MIT */
/* Functions of store.h that differ for roots in object storage. */
#ifndef WADOZIP_STORE_STORE_REMOTE_H
#define WADOZIP_STORE_STORE_REMOTE_H

#include "store/s3_root.h"
#include "store/store.h"

/* Return whether files of the folder are objects: they have no path, and
 * opening one takes a request. */
bool store_is_remote(const struct store *s, uint32_t folder);

/* Return whether files of the folder are compared with the record only while
 * they are read, not before the status line (setting s3.NAME.check). */
bool store_trusts(struct store *s, uint32_t folder);

/* Add an object that store_stat() will be called for; then find out size and
 * times of all that were added, in few round trips. For files they do nothing. */
int store_expect(struct store *s, uint32_t folder, const char *file, struct err *e) MUST_CHECK;
int store_check_expected(struct store *s, struct err *e) MUST_CHECK;

/* Begin to read an object that will be opened soon and should have the recorded
 * size and time. Returns false if there is no room for it now. Does nothing for
 * a file. */
bool store_ask(struct store *s, uint32_t folder, const char *file,
               const struct store_meta *recorded);

/* Return whether a file of this size is read by store_stream() if it is read
 * once. */
bool store_streams(const struct store *s, uint32_t folder, uint64_t size);

/* Open such a file for reading in ascending order. Call store_need() before
 * each read, and store_stream_end() after the last one. One at a time.
 * store_need() fails with ERR_DATA if the object is not as recorded. */
struct store_part {
    uint64_t size;
    uint64_t from, end; /* bytes that will be read: [from, end) */
    int64_t mtime_ns;
};
int store_stream(struct store *s, uint32_t folder, const char *file, const struct store_part *p,
                 int *fd, struct err *e) MUST_CHECK;
int store_need(struct store *s, uint64_t from, uint64_t len, struct err *e) MUST_CHECK;
void store_stream_end(struct store *s);

/* Return the objects of a root, or null with *e. Valid until store_close(). */
struct s3_root *store_objects(struct store *s, const char *root, struct err *e);

#endif
