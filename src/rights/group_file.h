/* SPDX-License-Identifier: MIT */
/* A file of groups, as Apache's AuthGroupFile: lines "group: user user",
 * comments with #. */
#ifndef WADOZIP_RIGHTS_GROUP_FILE_H
#define WADOZIP_RIGHTS_GROUP_FILE_H

#include <stddef.h>

#include "base/err.h"

#define GROUP_FILE_MAX ((size_t)4 << 20) /* bytes */

/*
 * Call `each` for every group of a user. The name is not terminated. Fails with
 * ERR_CONFIG if the file cannot be read or is larger than GROUP_FILE_MAX.
 */
int group_file_each(const char *path, const char *user,
                    void (*each)(void *ctx, const char *group, size_t len), void *ctx,
                    struct err *e) MUST_CHECK;

#endif
