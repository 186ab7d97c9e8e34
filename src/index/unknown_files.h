/* SPDX-License-Identifier: MIT */
/* Find files that are not in the catalogue. */
#ifndef WADOZIP_INDEX_UNKNOWN_FILES_H
#define WADOZIP_INDEX_UNKNOWN_FILES_H

#include "index/root_path.h"
#include "index/verify_setup.h"

/*
 * Walk everything at a path and report new files, paths that cannot be
 * examined, and files that were not instances and have changed. If *stop ends
 * it, returns 0 and restores the counts.
 */
int unknown_files_run(const struct verify_setup *s, const struct root_path *place,
                      struct err *e) MUST_CHECK;

#endif
