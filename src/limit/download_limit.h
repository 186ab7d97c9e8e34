/* SPDX-License-Identifier: MIT */
/* Count running downloads across processes. A small file has a record for each,
 * the client's number, and the downloading process holds a lock (fcntl) on its
 * record. The kernel releases the lock when the process ends, however it ends,
 * so nothing leaks. Taking a slot costs some system calls, together a few
 * microseconds. */
#ifndef WADOZIP_LIMIT_DOWNLOAD_LIMIT_H
#define WADOZIP_LIMIT_DOWNLOAD_LIMIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DOWNLOAD_LIMIT_MAX 8192 /* largest limit */

struct download_limit {
    uint64_t all, each;  /* limits in total and for one client; 0: no limit */
    int shared;          /* a pool's file, not owned; -1: the one in `spool` */
    const char *spool;   /* borrowed setting */
    char name[48];       /* of the file there */
    int fd;              /* of the file while a slot is held, else -1 */
    size_t held;
    uint64_t *table;
};

/* Create an anonymous file for a pool before it forks. Returns the descriptor,
 * or -1. */
int download_limit_share(struct err *e) MUST_CHECK;

/* Set limits. Without a pool (shared = -1) processes that use the same
 * `service` share a file of this account in the folder of the setting `spool`,
 * which is borrowed; fails as spool_named_file() if it cannot be used. The
 * file's name contains a checksum of `service`, which must hold no secrets.
 * Limits of 0 need no file. Always call download_limit_close(). */
struct download_limit_setup {
    uint64_t all, each;
    int shared;
    const char *spool, *service;
};
int download_limit_open(struct download_limit *s, const struct download_limit_setup *setup,
                        struct err *e) MUST_CHECK;
void download_limit_close(struct download_limit *s);

/* Take a slot for a client (number not 0). At most one is held at a time. Fails
 * with ERR_BUSY or ERR_TOO_MANY, with a message for the client, if a limit is
 * reached. */
int download_limit_take(struct download_limit *s, uint64_t client, struct err *e) MUST_CHECK;

/* Release the slot, if one is held. */
void download_limit_leave(struct download_limit *s);

static inline bool download_limit_held(const struct download_limit *s)
{
    return s->fd >= 0;
}

#endif
