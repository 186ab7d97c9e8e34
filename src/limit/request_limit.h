/* SPDX-License-Identifier: MIT */
/* Limit the requests a minute of a client or a user across processes. A small
 * file has a bucket (token_bucket.h) for each that asked within the last
 * minute, in rows by a hash of its number. Each request locks (fcntl) and
 * rewrites one row, some microseconds; the kernel releases the lock of a
 * process that ends. If a row is full, the bucket that lacks least is
 * forgotten, so many addresses at once loosen the limit and never refuse
 * others. */
#ifndef WADOZIP_LIMIT_REQUEST_LIMIT_H
#define WADOZIP_LIMIT_REQUEST_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct request_limit {
    int shared;        /* a pool's file, not owned; -1: the one in `spool` */
    const char *spool; /* borrowed setting */
    char name[48];     /* of the file there */
};

/* Create an anonymous file for a pool before it forks. Returns the descriptor,
 * or -1. */
int request_limit_share(struct err *e) MUST_CHECK;

/* Without a pool (shared = -1) processes that use the same `service` share a
 * file of this account in the folder `spool` (spool_named_file()). Nothing has
 * to be closed. */
void request_limit_open(struct request_limit *s, int shared, const char *spool,
                        const char *service);

/* Count a request of somebody (a number, not 0) who may make `most` a minute,
 * on average, in bursts of as many; 0: no limit. now: io_now(). Returns 0, or
 * the seconds after which to try again, at least 1; then *first says whether
 * the request before was let in. Returns -1 if the file cannot be used. */
int request_limit_take(const struct request_limit *s, uint64_t number, uint64_t most, double now,
                       bool *first, struct err *e) MUST_CHECK;

/* Return the number of a name, never 0; not that of any client address
 * (http/client_key.h). */
uint64_t request_limit_number(const char *name);

#endif
