/* SPDX-License-Identifier: MIT */
/* Copies of what a description says in bytes. What has no place in the arena is
 * left out: the next run looks again. */
#ifndef WADOZIP_INDEX_KEPT_BYTES_H
#define WADOZIP_INDEX_KEPT_BYTES_H

#include "base/mem.h"
#include "catalog/writer.h"

/* Keep the keys of the directory record. */
void kept_bytes_keys(struct mem *m, struct writer_file *f, const struct helper_result *r);

/* Keep the frame table, which came with the description or as a file of its
 * own. */
void kept_bytes_table(struct mem *m, struct writer_file *f, const struct helper_result *r);

#endif
