/*
 * A file that appears under its name only when it is complete. Standard output ("-"), devices and pipes are written as
 * they are.
 */
#ifndef WADOZIP_CLI_OUTPUT_H
#define WADOZIP_CLI_OUTPUT_H

#include <limits.h>

#include "base/conf.h"

struct output {
    int fd;
    bool temporary; /* temp is to be renamed to path */
    char path[PATH_MAX], temp[PATH_MAX];
};

/* ERR_REQUEST beneath a root: nothing is ever written there. */
int output_open(const struct conf *c, const char *path, struct output *o, struct err *e) MUST_CHECK;

/* Success: to the disk, and under its name. */
int output_keep(struct output *o, struct err *e) MUST_CHECK;

/* The end in any case; what was not kept is removed. */
void output_close(struct output *o);

#endif
