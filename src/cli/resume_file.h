/* SPDX-License-Identifier: MIT */
/*
 * The position of an interrupted verification, stored in a file so that another
 * run can continue.
 */
#ifndef WADOZIP_CLI_RESUME_FILE_H
#define WADOZIP_CLI_RESUME_FILE_H

#include "conf/conf.h"
#include "index/verify.h"

#define RESUME_FILE_MAX ((size_t)32 << 20) /* bytes of such a file */

struct resume_file {
    uint64_t item; /* index of the PATH or study of the command */
    struct verify_position at;
    struct verify_counts counts;
};

/*
 * Read the file at `path`; *there is false if it does not exist. Fails with
 * ERR_REQUEST if it was written for another `scope` (the text of what is
 * verified) or is malformed.
 */
int resume_file_load(const char *path, const char *scope, struct resume_file *b, bool *there,
                     struct err *e) MUST_CHECK;

/* Replace the whole file. */
int resume_file_save(const struct conf *c, const char *path, const char *scope,
                     const struct resume_file *b, struct err *e) MUST_CHECK;

#endif
