/* SPDX-License-Identifier: MIT */
/*
 * Deflating ahead of what is being sent: threads that read pieces of files, compress them and give them back in the order
 * in which they were asked for, through a ring of bounded size. Each piece is one block of a member (base/deflate.h), so a
 * large member is spread over the threads and never held whole; small members share a job. Memory is fixed at opening:
 * about 1.3 MB a thread and 1.2 MB a slot. One thread owns the press; the others are its own.
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
    uint64_t tag;    /* the owner's */
    uint32_t crc;    /* result: CRC-32 of the piece */
    size_t at, made; /* result: where in the job's data, and how many bytes */
};

struct deflate_pool_job {
    struct deflate_pool_piece pieces[DEFLATE_POOL_PIECES];
    size_t count;
    size_t taken;   /* bytes of all pieces */
    uint8_t *data;
    struct err err; /* result: of the first piece that failed; ERR_DATA when a file ends early */
};

struct deflate_pool;

/* threads: 1 to DEFLATE_POOL_THREADS_MAX. The threads end with deflate_pool_close, whatever is under way. */
int deflate_pool_open(unsigned threads, struct deflate_pool **out, struct err *e) MUST_CHECK;
void deflate_pool_close(struct deflate_pool *p); /* null is allowed */

/* An empty job to fill, or null while all slots are in use; then deflate_pool_submit sends it off. */
struct deflate_pool_job *deflate_pool_begin(struct deflate_pool *p);
void deflate_pool_submit(struct deflate_pool *p);

/* True when the piece still fits into the job. */
bool deflate_pool_fits(const struct deflate_pool_job *j, size_t len);

/* Waits for the oldest job that is not dropped, null when there is none. Valid until
 * deflate_pool_drop, which frees its slot. */
struct deflate_pool_job *deflate_pool_take(struct deflate_pool *p);
void deflate_pool_drop(struct deflate_pool *p);

#endif
