/* SPDX-License-Identifier: MIT */
/* Whether a file is still the one that was described. */
#ifndef WADOZIP_INDEX_UNCHANGED_H
#define WADOZIP_INDEX_UNCHANGED_H

#include "catalog/writer.h"

/*
 * Compares size and time of an open file, and what was read of it, with what is recorded in *f. `sha256` (null: not wanted):
 * that of an instance's file, read once more, goes there and into *f. False when it is not the same any more, or cannot be
 * read.
 */
bool unchanged_file(int fd, struct writer_file *f, const struct helper_result *r, unsigned char *sha256);

#endif
