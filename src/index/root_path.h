/* SPDX-License-Identifier: MIT */
/* Resolve a PATH argument: its root, and its path in that root. */
#ifndef WADOZIP_INDEX_ROOT_PATH_H
#define WADOZIP_INDEX_ROOT_PATH_H

#include <limits.h>

#include "conf/conf.h"

struct root_path {
    const struct conf_root *root; /* of the settings that it was found in */
    int root_fd;                  /* the root, open for reading; -1 if it is in object storage */
    struct store *store;          /* only for these, as is */
    struct s3_root *objects;      /* of one thread, with lists of its own */
    char path[PATH_MAX];          /* relative to the root, "" for the root itself */
    bool exists;
};

/* Resolve links in `given` and in the roots' own paths. Fails with ERR_REQUEST
 * if the result is not beneath a root, with ERR_AWAY if the root cannot be
 * opened. A path that does not exist is resolved by its existing part. In
 * object storage `given` is s3://BUCKET/PREFIX or longer. */
int root_path_open(const struct conf *c, const char *given, struct root_path *p,
                   struct err *e) MUST_CHECK;
void root_path_close(struct root_path *p);

/* Return whether everything beneath `inner` is also beneath `outer`. */
bool root_path_covers(const struct root_path *outer, const struct root_path *inner);

/*
 * Write "root:path" in printable characters, with other bytes and backslashes
 * as \xNN. Returns out.
 */
#define ROOT_PATH_LABEL_MAX (4 * PATH_MAX + CONF_ROOT_NAME_MAX + 2)
const char *root_path_label(const char *root, const char *path, char out[ROOT_PATH_LABEL_MAX]);

#endif
