/* SPDX-License-Identifier: MIT */
/*
 * Threads that read pieces of files, compress them and return them in the order
 * of submission, through a bounded ring. Each piece is one block of a member
 * (base/deflate.h), so a large member is spread over the threads and never in
 * memory as a whole; small members share a job. Memory is allocated at opening:
 * about 1.3 MB per thread and 1.2 MB per slot. One thread owns the pool; the
 * others are internal.
 */
#ifndef WADOZIP_BODY_DEFLATE_POOL_H
#define WADOZIP_BODY_DEFLATE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DEFLATE_POOL_THREADS_MAX 16
#define DEFLATE_POOL_PIECES 32 /* of one job; together at most DEFLATE_BLOCK bytes */

struct deflate_pool_piece {
    int fd;          /* open until the job is dropped; not closed here */
    uint64_t offset; /* of the piece in the file */
    size_t len;
    bool last;       /* ends its member */
    uint64_t tag;    /* for the owner */
    uint32_t crc;    /* result: CRC-32 of the piece */
    size_t at, made; /* result: offset in the job's data, and size */
};

struct deflate_pool_job {
    struct deflate_pool_piece pieces[DEFLATE_POOL_PIECES];
    size_t count;
    size_t taken;   /* bytes of all pieces */
    uint8_t *data;
    /* result: error of the first piece that failed; ERR_DATA if a file is too
     * short */
    struct err err;
};

struct deflate_pool;

/* threads: 1 to DEFLATE_POOL_THREADS_MAX. deflate_pool_close() ends them at any
 * time. */
int deflate_pool_open(unsigned threads, struct deflate_pool **out, struct err *e) MUST_CHECK;
void deflate_pool_close(struct deflate_pool *p); /* null is allowed */

/* Return an empty job to fill, or null if all slots are in use.
 * deflate_pool_submit() starts it. */
struct deflate_pool_job *deflate_pool_begin(struct deflate_pool *p);
void deflate_pool_submit(struct deflate_pool *p);

/* Return whether the piece still fits into the job. */
bool deflate_pool_fits(const struct deflate_pool_job *j, size_t len);

/*
 * Wait for the oldest job that is not dropped; null if there is none. Valid
 * until deflate_pool_drop(), which frees its slot.
 */
struct deflate_pool_job *deflate_pool_take(struct deflate_pool *p);
void deflate_pool_drop(struct deflate_pool *p);

#endif
