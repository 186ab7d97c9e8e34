/* SPDX-License-Identifier: MIT */
/* Files of a batch that are opened and described by a pool of wadozip-dicom
 * processes. A file is known by its number in the caller's array, and its
 * descriptor stays open until describe_batch_close_file(), so that the caller
 * can compare the file after it was read. */
#ifndef WADOZIP_INDEX_DESCRIBE_BATCH_H
#define WADOZIP_INDEX_DESCRIBE_BATCH_H

#include <signal.h>

#include "conf/conf.h"
#include "helper/helper_pool.h"
#include "store/store.h"

struct describe_setup {
    const struct conf *conf;
    size_t room;   /* files in a batch, at most */
    unsigned jobs; /* helper processes; 0: use the setting */
    unsigned deflate; /* as in struct helper_setup */
    const volatile sig_atomic_t *stop; /* not zero: end soon; may be null */
};

struct describe_batch {
    struct helper_pool *pool;
    struct store *store;
    const volatile sig_atomic_t *stop;
    int *fds;    /* of the files; -1: not open */
    size_t room; /* of fds */
    size_t out;  /* jobs without a result */
};

/* Open the pool and the files beneath the roots. Call describe_batch_close()
 * also after an error. */
int describe_batch_open(struct describe_batch *b, const struct describe_setup *s,
                        struct err *e) MUST_CHECK;
void describe_batch_close(struct describe_batch *b);

/* Return whether *stop is set. */
bool describe_batch_is_stopped(const struct describe_batch *b);

struct describe_file {
    const char *root, *path;
    struct store_meta meta; /* of a file that was opened */
    struct err why;         /* why it was not */
};

/*
 * Open file `number` and read its size and time. Returns 1, or 0 if the file
 * cannot be opened, which is no error of the batch.
 */
int describe_batch_open_file(struct describe_batch *b, size_t number, struct describe_file *f,
                             struct err *e) MUST_CHECK;
void describe_batch_close_file(struct describe_batch *b, size_t number);

/* Submit a job for an open file if helper_pool_room() allows it. */
int describe_batch_submit(struct describe_batch *b, size_t number, enum helper_job_kind kind,
                          struct err *e) MUST_CHECK;

/* Wait for a result for at most ms milliseconds. Returns 1 and fills *r, whose
 * cookie is the number of an open file and whose descriptor the caller owns.
 * Returns 0 if the time is over or *stop is set: a result that arrives with
 * *stop may be caused by the signal. */
int describe_batch_next(struct describe_batch *b, int ms, struct helper_result *r,
                        struct err *e) MUST_CHECK;

/* Close all files and forget folders. Results that are missing never arrive. */
void describe_batch_end(struct describe_batch *b);

#endif
