/* SPDX-License-Identifier: MIT */
/* Where a verification was when it ended, in a file, so that another run can go on from there. */
#ifndef WADOZIP_CLI_RESUME_FILE_H
#define WADOZIP_CLI_RESUME_FILE_H

#include "base/conf.h"
#include "index/verify.h"

#define RESUME_FILE_MAX ((size_t)32 << 20) /* bytes of such a file */

struct resume_file {
    uint64_t item; /* which PATH or study of the command, from 0 */
    struct verify_position at;
    struct verify_counts counts;
};

/*
 * Reads the file at `path`; *there is false when it does not exist. ERR_REQUEST when it was written for another
 * `scope`, the text that says what is verified, or is no such file.
 */
int resume_file_load(const char *path, const char *scope, struct resume_file *b, bool *there, struct err *e) MUST_CHECK;

/* Replaces the file as a whole. */
int resume_file_save(const struct conf *c, const char *path, const char *scope, const struct resume_file *b,
                  struct err *e) MUST_CHECK;

#endif
