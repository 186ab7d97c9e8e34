/* SPDX-License-Identifier: MIT */
/* Read objects ahead while files before them are described. */
#ifndef WADOZIP_INDEX_READ_AHEAD_H
#define WADOZIP_INDEX_READ_AHEAD_H

#include "catalog/writer_file.h"
#include "store/store.h"

/* Begin to read a file of a root in object storage. Returns false if there is
 * no room for it now. */
bool read_ahead(struct store *s, const char *root, const struct writer_file *f);

#endif
