/*
 * How many downloads are under way, counted across processes that need not know each other. A small file has a record for
 * each, the client's number, and the process that it belongs to holds a lock (fcntl) on it. The lock is what counts: it
 * ends with its process, however that ends, so that nothing leaks and nothing is left to be cleaned up. A turn costs some
 * system calls, together a few microseconds.
 */
#ifndef WADOZIP_BASE_SLOTS_H
#define WADOZIP_BASE_SLOTS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SLOTS_MAX 8192 /* most downloads that can be counted */

struct slots {
    uint64_t all, each;  /* most downloads, in all and of one client; 0: no limit */
    int shared;          /* a pool's file, not owned; -1: the one at `path` */
    char path[PATH_MAX];
    int fd;              /* of the file while a slot is held, else -1 */
    size_t held;
    uint64_t *table;
};

/* A file without a name for a pool, made before it forks: the descriptor, or -1. */
int slots_share(struct err *e) MUST_CHECK;

/*
 * Fills all, each and shared as given. Without a pool (-1) there is a file in `folder`, of this account's own, that all who
 * name the same `service` share: ERR_CONFIG when it cannot be had. Limits of 0 need none. slots_close in any case. A part
 * of what `service` says could be told from the file's name: no secrets.
 */
struct slots_setup {
    uint64_t all, each;
    int shared;
    const char *folder, *service;
};
int slots_open(struct slots *s, const struct slots_setup *setup, struct err *e) MUST_CHECK;
void slots_close(struct slots *s);

/*
 * Takes a slot for a client, whose number is not 0; at most one is held at a time. ERR_BUSY and ERR_TOO_MANY when a limit
 * is reached, with words for the requester.
 */
int slots_take(struct slots *s, uint64_t client, struct err *e) MUST_CHECK;

/* Gives it back; does nothing when none is held. */
void slots_leave(struct slots *s);

static inline bool slots_held(const struct slots *s)
{
    return s->fd >= 0;
}

#endif
