/* SPDX-License-Identifier: MIT */
/* A root in an object store, as store.h needs it: objects are read ahead, over
 * several connections, into anonymous files, whose modification time is set to
 * the object's s3_stamp(). Small objects lie in memory, large ones in the
 * spool. Paths are those beneath the root. One thread owns it. */
#ifndef WADOZIP_STORE_S3_ROOT_H
#define WADOZIP_STORE_S3_ROOT_H

#include "store/s3_fetch.h"
#include "store/s3_list.h"

#define S3_ROOT_AHEAD 64                          /* objects that are read ahead */
#define S3_ROOT_AHEAD_BYTES ((uint64_t)64 << 20)  /* and their bytes */
/* larger ones are streamed by parts, or lie in the spool */
#define S3_ROOT_SMALL ((uint64_t)16 << 20)

struct s3_root;

/* Sends nothing yet. c must outlive it. Fails with ERR_CONFIG for missing
 * credentials. */
int s3_root_open(const struct conf *c, const struct conf_root *r, struct s3_root **out,
                 struct err *e) MUST_CHECK;
void s3_root_close(struct s3_root *r); /* null is allowed */

/* Forget versions, and objects that were read ahead. */
void s3_root_forget(struct s3_root *r);

/* Return whether setting s3.NAME.check is trust: objects are compared with the
 * record while they are read. */
bool s3_root_trusts(const struct s3_root *r);

/* Add an object that will be checked; then find out size and identity of all
 * that were added (s3_check.h). */
int s3_root_expect(struct s3_root *r, const char *path, struct err *e) MUST_CHECK;
int s3_root_check(struct s3_root *r, struct err *e) MUST_CHECK;

/*
 * Return size and identity of an object: those of s3_root_check(), or by a
 * request of its own. Fails with ERR_DATA if it does not exist (sys: ENOENT).
 */
int s3_root_stat(struct s3_root *r, const char *path, struct s3_meta *meta,
                 struct err *e) MUST_CHECK;

/* Begin to read an object that will soon be opened. Returns false if there is
 * no room for it now. */
bool s3_root_ask(struct s3_root *r, const char *path, uint64_t size, int64_t mtime_ns);

/* Open a whole object. The caller owns *fd. Fails as s3_fetch_wait(). */
int s3_root_descriptor(struct s3_root *r, const char *path, int *fd, struct err *e) MUST_CHECK;

/* Open an object of a recorded version of which the wanted bytes are read once,
 * in ascending order. *fd is a sparse file: before each read call
 * s3_root_need(). One at a time: opening the next, or s3_root_stream_end(),
 * ends it. */
int s3_root_stream(struct s3_root *r, const struct s3_want *w, int *fd, struct err *e) MUST_CHECK;
int s3_root_need(struct s3_root *r, uint64_t from, uint64_t len, struct err *e) MUST_CHECK;
void s3_root_stream_end(struct s3_root *r);

/* Visit all objects beneath a folder (s3_list.h); or set *exists for an object
 * or a folder. */
int s3_root_walk(struct s3_root *r, const char *folder, s3_page_each *each, void *ctx,
                 struct err *e) MUST_CHECK;
int s3_root_exists(struct s3_root *r, const char *path, bool *exists, struct err *e) MUST_CHECK;

#endif
