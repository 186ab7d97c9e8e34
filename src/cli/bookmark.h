/* Where a verification was when it ended, in a file, so that another run can go on from there. */
#ifndef WADOZIP_CLI_BOOKMARK_H
#define WADOZIP_CLI_BOOKMARK_H

#include "base/conf.h"
#include "index/verify.h"

#define BOOKMARK_MAX ((size_t)32 << 20) /* bytes of such a file */

struct bookmark {
    uint64_t item; /* which PATH or study of the command, from 0 */
    struct verify_position at;
    struct finding_tally tally;
};

/*
 * Reads the file at `path`; *there is false when it does not exist. ERR_REQUEST when it was written for another
 * `scope`, the text that says what is verified, or is no such file.
 */
int bookmark_load(const char *path, const char *scope, struct bookmark *b, bool *there, struct err *e) MUST_CHECK;

/* Replaces the file as a whole. */
int bookmark_save(const struct conf *c, const char *path, const char *scope, const struct bookmark *b,
                  struct err *e) MUST_CHECK;

#endif
