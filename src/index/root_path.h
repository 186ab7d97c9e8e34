/* SPDX-License-Identifier: MIT */
/* Where a PATH that an operator gives lies: beneath which root, and at which path there. */
#ifndef WADOZIP_INDEX_ROOT_PATH_H
#define WADOZIP_INDEX_ROOT_PATH_H

#include <limits.h>

#include "base/conf.h"

struct root_path {
    const struct conf_root *root; /* of the settings that it was found in */
    int root_fd;                  /* the root, open for reading; root_path_close closes it */
    char path[PATH_MAX];          /* relative to the root, "" for the root itself */
    bool exists;
};

/*
 * Links in `given` and in the roots' own paths are resolved; what then lies beneath no root is refused with
 * ERR_REQUEST. A path that does not exist is found by what exists of it. ERR_AWAY when the root cannot be opened.
 */
int root_path_open(const struct conf *c, const char *given, struct root_path *p, struct err *e) MUST_CHECK;
void root_path_close(struct root_path *p);

/* Whether everything beneath `inner` is beneath `outer`, too. */
bool root_path_covers(const struct root_path *outer, const struct root_path *inner);

/*
 * "root:path" in printable characters: other bytes, and backslashes, as \xNN, for names may hold anything. Returns out.
 */
#define ROOT_PATH_LABEL_MAX (4 * PATH_MAX + CONF_ROOT_NAME_MAX + 2)
const char *root_path_label(const char *root, const char *path, char out[ROOT_PATH_LABEL_MAX]);

#endif
