/* SPDX-License-Identifier: MIT */
/*
 * A new file that appears under its name only when it is complete. Standard
 * output ("-"), devices and pipes are written directly.
 */
#ifndef WADOZIP_CLI_NEW_FILE_H
#define WADOZIP_CLI_NEW_FILE_H

#include <limits.h>

#include "conf/conf.h"

struct new_file {
    int fd;
    bool temporary; /* temp will be renamed to path */
    char path[PATH_MAX], temp[PATH_MAX];
};

/* Fails with ERR_REQUEST beneath a root: nothing is ever written there. */
int new_file_open(const struct conf *c, const char *path, struct new_file *o,
                  struct err *e) MUST_CHECK;

/* Flush the file to the disk and rename it. */
int new_file_keep(struct new_file *o, struct err *e) MUST_CHECK;

/* Always call this. Removes the temporary file unless new_file_keep()
 * succeeded. */
void new_file_close(struct new_file *o);

#endif
