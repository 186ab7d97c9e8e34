/*
 * Count running downloads across processes. A small file has a record for each, the
 * client's number, and the downloading process holds a lock (fcntl) on its record. The
 * kernel releases the lock when the process ends, however it ends, so nothing leaks.
 * Taking a slot costs some system calls, together a few microseconds.
 */
#ifndef WADOZIP_BASE_SLOTS_H
#define WADOZIP_BASE_SLOTS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SLOTS_MAX 8192 /* largest limit */

struct slots {
    uint64_t all, each;  /* limits in total and for one client; 0: no limit */
    int shared;          /* a pool's file, not owned; -1: the one at `path` */
    char path[PATH_MAX];
    int fd;              /* of the file while a slot is held, else -1 */
    size_t held;
    uint64_t *table;
};

/* Create an anonymous file for a pool before it forks. Returns the descriptor, or -1. */
int slots_share(struct err *e) MUST_CHECK;

/*
 * Set limits. Without a pool (shared = -1) processes that use the same `service` share
 * a file of this account in `folder`; fails with ERR_CONFIG if it cannot be used. The
 * file's name contains a checksum of `service`, which must hold no secrets. Limits of 0
 * need no file. Always call slots_close().
 */
struct slots_setup {
    uint64_t all, each;
    int shared;
    const char *folder, *service;
};
int slots_open(struct slots *s, const struct slots_setup *setup, struct err *e) MUST_CHECK;
void slots_close(struct slots *s);

/*
 * Take a slot for a client (number not 0). At most one is held at a time. Fails with
 * ERR_BUSY or ERR_TOO_MANY, with a message for the client, if a limit is reached.
 */
int slots_take(struct slots *s, uint64_t client, struct err *e) MUST_CHECK;

/* Release the slot, if one is held. */
void slots_leave(struct slots *s);

static inline bool slots_held(const struct slots *s)
{
    return s->fd >= 0;
}

#endif
