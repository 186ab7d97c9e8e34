/* SPDX-License-Identifier: MIT */
/* Looks for files that the catalogue does not know. */
#ifndef WADOZIP_INDEX_UNKNOWN_FILES_H
#define WADOZIP_INDEX_UNKNOWN_FILES_H

#include "index/verify.h"

/*
 * Walks everything at a place and tells what is new there, what cannot be looked at, and files that were no instances
 * and have changed since. When *stop ends it: 0, and the tally as it was before.
 */
int unknown_files_run(const struct verify_setup *s, const struct root_path *place, struct err *e) MUST_CHECK;

#endif
