/* SPDX-License-Identifier: MIT */
/* Keep folders that are written to outside all roots. */
#ifndef WADOZIP_STORE_WRITE_GUARD_H
#define WADOZIP_STORE_WRITE_GUARD_H

#include "conf/conf.h"

/* Check that the folder at `path`, the value of `setting`, may be written to.
 * It need not exist yet. Fails with ERR_CONFIG if the path is not absolute, or
 * is a root or beneath one after resolving links, with ERR_SYSTEM if its parent
 * does not exist. */
int write_guard_check(const struct conf *c, const char *setting, const char *path,
                      struct err *e) MUST_CHECK;

/* The same for the folders of all settings. A missing folder is not an error
 * here. */
int write_guard_check_all(const struct conf *c, struct err *e) MUST_CHECK;

#endif
