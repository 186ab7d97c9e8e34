/* SPDX-License-Identifier: MIT */
/* Check whether a file has changed since it was described. */
#ifndef WADOZIP_INDEX_UNCHANGED_H
#define WADOZIP_INDEX_UNCHANGED_H

#include "catalog/writer.h"

/*
 * Compare size and time of an open file, and the CRC-32 that was read, with the
 * record *f. `sha256` (null: not wanted) receives the SHA-256 of an instance's
 * file, which is read again; *f then refers to it. Returns false if the file
 * has changed or cannot be read.
 */
bool unchanged_file(int fd, struct writer_file *f, const struct helper_result *r,
                    unsigned char *sha256);

#endif
