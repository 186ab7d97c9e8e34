/* SPDX-License-Identifier: MIT */
/* The state of a store, for the files of this folder. */
#ifndef WADOZIP_STORE_STORE_STATE_H
#define WADOZIP_STORE_STORE_STATE_H

#include <limits.h>

#include "store/folder_table.h"
#include "store/s3_root.h"

#define OPEN_FOLDERS 64 /* descriptors of open folders */
#define LABEL_MAX (CONF_ROOT_NAME_MAX + 2 + PATH_MAX + NAME_MAX)
#define NO_FOLDER UINT32_MAX

struct root {
    const struct conf_root *conf;
    struct s3_root *s3; /* opened when first used; null for a folder tree */
    char *name, *path;
    /* -1 until needed; closed at the end of a request, so that a remounted root
     * is found again */
    int fd;
};

struct open_folder {
    uint32_t folder;
    int fd;
};

struct store {
    struct root roots[CONF_ROOTS_MAX];
    size_t root_count;
    struct folder_table folders;
    struct open_folder open[OPEN_FOLDERS];
    size_t hand; /* entry of `open` to replace next, round robin */
    size_t last; /* the entry used last */
    char label[LABEL_MAX];
    const struct conf *conf;
    struct s3_root *streaming; /* the root of store_stream(), or null */
    char path[2 * PATH_MAX + NAME_MAX + 3];
};

#endif
