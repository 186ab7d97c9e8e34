/* SPDX-License-Identifier: MIT */
/*
 * Everything beneath a folder, in a stable order: the names of each folder in byte order. Symbolic links are never
 * followed, not even in the folder's own path; what is no regular file or folder is told and left alone.
 */
#ifndef WADOZIP_INDEX_WALK_H
#define WADOZIP_INDEX_WALK_H

#include <stdint.h>

#include "base/err.h"

#define DATASET_WALK_DEPTH_MAX 128                    /* folders within folders; one descriptor each */
#define WALK_NAMES_MAX ((size_t)16 << 20)     /* names in one folder */
#define WALK_NAMES_BYTES ((size_t)1 << 30)    /* and their bytes */
#define WALK_PATH_MAX 4096                    /* bytes of a path with its NUL */

enum walk_kind {
    WALK_FILE,
    WALK_LINK,
    WALK_SPECIAL, /* socket, pipe, device */
    WALK_FAILED   /* cannot be looked at, or too deep: reason says why */
};

struct walk_entry {
    enum walk_kind kind;
    const char *path;   /* relative to the root; valid during the call */
    const char *reason; /* WALK_FAILED */
    uint64_t size;      /* WALK_FILE */
    int64_t mtime_ns;   /* WALK_FILE */
};

typedef int walk_visit(void *ctx, const struct walk_entry *w, struct err *e);

/*
 * Visits what lies at `path` ("" for the root itself) beneath the open folder root_fd: a file or a whole tree. A
 * `visit` that fails ends the walk with its error. ERR_DATA when there is nothing at `path`.
 */
int walk_run(int root_fd, const char *path, walk_visit *visit, void *ctx, struct err *e) MUST_CHECK;

/* 1 when a regular file lies at path beneath the root, 0 when none does, -1 when that cannot be told. */
int walk_exists(int root_fd, const char *path, struct err *e) MUST_CHECK;

#endif
