/* SPDX-License-Identifier: MIT */
/* The account of a run: every entry that was met is counted exactly once. */
#ifndef WADOZIP_INDEX_COUNTS_H
#define WADOZIP_INDEX_COUNTS_H

#include <stdint.h>

#include "base/buf.h"
#include "catalog/writer.h"

struct counts {
    uint64_t files[WRITER_OUTCOMES]; /* WRITER_NEW: met, and not yet dealt with when the run ended */
    uint64_t links, specials;
    uint64_t bytes;                  /* of the files */
    uint64_t read, read_bytes;       /* files that were not just looked up, and their bytes */
};

/* "551 files: 430 indexed, 20 unchanged, ..., 0 links": the parts add up to the number at the front. */
void counts_write(const struct counts *t, struct buf *out);

/* What --prune did: "12 gone, 1 moved to a copy, 3 others forgotten". */
void counts_write_pruned(const struct counts *t, struct buf *out);

/* Whether any file was refused or in conflict, or left over. */
bool counts_has_failures(const struct counts *t);

#endif
