/* SPDX-License-Identifier: MIT */
/*
 * Changes beneath places as they happen, by inotify. Folders are watched one by one; events are gathered until nothing
 * has happened for WATCH_QUIET_MS, at most WATCH_LATEST_MS, and given as a batch. Changes that other machines make to a
 * network file system are not seen.
 */
#ifndef WADOZIP_INDEX_WATCH_H
#define WADOZIP_INDEX_WATCH_H

#include "index/root_path.h"

#define WATCH_QUIET_MS 1000
#define WATCH_LATEST_MS 5000
#define WATCH_PENDING_MAX 20000  /* paths in a batch; more are one batch of everything */
#define WATCH_SINGLE_MAX 16      /* files of one folder; more are given as the folder */
#define WATCH_FOLDERS_MAX ((size_t)4 << 20)

struct watch;

struct watch_path {
    const struct root_path *place; /* the one that it lies beneath */
    const char *path;          /* relative to the root: a file, or a folder with all that is in it; may be gone */
};

struct watch_batch {
    bool everything; /* events were lost, or too many came: look at all places again; watch_add them anew */
    const struct watch_path *paths;
    size_t count;
};

/* *out is the caller's. ERR_SYSTEM if the kernel has no inotify instance left. */
int watch_open(struct watch **out, struct err *e) MUST_CHECK;
void watch_close(struct watch *w); /* null is allowed */

/*
 * Watch the place, which must outlive w, and all folders beneath it; again is harmless. A folder that cannot be read is
 * left out, as the index reports it. ERR_SYSTEM, with the sysctl to raise, if the kernel allows no more watches.
 */
int watch_add(struct watch *w, const struct root_path *p, struct err *e) MUST_CHECK;

/*
 * Wait for a batch at most timeout_ms. Returns 1 and fills *b, valid until the next call, or 0 if time is over or a
 * signal came, or -1: ERR_SYSTEM, or ERR_AWAY if a file system that is watched was unmounted.
 */
int watch_next(struct watch *w, int timeout_ms, struct watch_batch *b, struct err *e) MUST_CHECK;

#endif
