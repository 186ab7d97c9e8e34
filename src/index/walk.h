/* SPDX-License-Identifier: MIT */
/*
 * Walk everything beneath a folder in a stable order: the names of each folder
 * in byte order. Never follows symbolic links, not even in the folder's own
 * path. Other file types are reported and skipped.
 */
#ifndef WADOZIP_INDEX_WALK_H
#define WADOZIP_INDEX_WALK_H

#include <stdint.h>

#include "base/err.h"

#define DATASET_WALK_DEPTH_MAX 128                    /* nested folders; one descriptor each */
#define WALK_PATH_MAX 4096                    /* bytes of a path with its NUL */

enum walk_kind {
    WALK_FILE,
    WALK_LINK,
    WALK_SPECIAL, /* socket, pipe, device */
    WALK_FAILED   /* cannot be read, or too deep: reason says why */
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
 * Visit the file or tree at `path` ("" for the root itself) beneath the open
 * folder root_fd. If `visit` fails, the walk ends with its error. Fails with
 * ERR_DATA if `path` does not exist.
 */
int walk_run(int root_fd, const char *path, walk_visit *visit, void *ctx, struct err *e) MUST_CHECK;

/*
 * Return 1 if a regular file exists at path beneath the root, 0 if not, -1 if
 * that cannot be determined.
 */
int walk_exists(int root_fd, const char *path, struct err *e) MUST_CHECK;

#endif
