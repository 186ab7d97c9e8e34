/* SPDX-License-Identifier: MIT */
/*
 * A file that appears under its name only when it is complete. Standard output ("-"), devices and pipes are written as
 * they are.
 */
#ifndef WADOZIP_CLI_NEW_FILE_H
#define WADOZIP_CLI_NEW_FILE_H

#include <limits.h>

#include "base/conf.h"

struct new_file {
    int fd;
    bool temporary; /* temp is to be renamed to path */
    char path[PATH_MAX], temp[PATH_MAX];
};

/* ERR_REQUEST beneath a root: nothing is ever written there. */
int new_file_open(const struct conf *c, const char *path, struct new_file *o, struct err *e) MUST_CHECK;

/* Success: to the disk, and under its name. */
int new_file_keep(struct new_file *o, struct err *e) MUST_CHECK;

/* The end in any case; what was not kept is removed. */
void new_file_close(struct new_file *o);

#endif
