/* SPDX-License-Identifier: MIT */
/*
 * Report changes beneath paths with inotify. Each folder has a watch. Events
 * are collected until nothing has happened for WATCH_QUIET_MS, at most for
 * WATCH_LATEST_MS, and returned as a batch. Changes by other machines to a
 * network file system are not seen.
 */
#ifndef WADOZIP_INDEX_WATCH_H
#define WADOZIP_INDEX_WATCH_H

#include "index/root_path.h"

#define WATCH_QUIET_MS 1000
#define WATCH_LATEST_MS 5000
#define WATCH_PENDING_MAX 20000  /* paths in a batch; more make it a batch of everything */
#define WATCH_SINGLE_MAX 16      /* files in one folder; more are reported as the folder */
#define WATCH_FOLDERS_MAX ((size_t)4 << 20)

struct watch;

struct watch_path {
    const struct root_path *place; /* the watched path that contains it */
    const char *path;          /* relative to the root: a file, or a folder with its content; may no
                                * longer exist */
};

struct watch_batch {
    bool everything; /* events were lost, or there were too many: index all paths again and call
                      * watch_add() for them */
    const struct watch_path *paths;
    size_t count;
};

/*
 * Open a watch, owned by the caller. Fails with ERR_SYSTEM if the kernel has no
 * inotify instance left.
 */
int watch_open(struct watch **out, struct err *e) MUST_CHECK;
void watch_close(struct watch *w); /* null is allowed */

/*
 * Watch the path, which must outlive w, and all folders beneath it. May be
 * repeated. Skips folders that cannot be read; the index reports them. Fails
 * with ERR_SYSTEM, naming the sysctl to raise, if the kernel allows no more
 * watches.
 */
int watch_add(struct watch *w, const struct root_path *p, struct err *e) MUST_CHECK;

/*
 * Wait for a batch for at most timeout_ms. Returns 1 and fills *b, valid until
 * the next call; 0 if time is over or a signal arrived; or -1 with ERR_SYSTEM,
 * or with ERR_AWAY if a watched file system was unmounted.
 */
int watch_next(struct watch *w, int timeout_ms, struct watch_batch *b, struct err *e) MUST_CHECK;

#endif
