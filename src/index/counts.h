/* SPDX-License-Identifier: MIT */
/* The counts of a run. Every entry is counted exactly once. */
#ifndef WADOZIP_INDEX_COUNTS_H
#define WADOZIP_INDEX_COUNTS_H

#include <stdint.h>

#include "base/buf.h"
#include "catalog/writer.h"

struct counts {
    uint64_t files[WRITER_OUTCOMES]; /* WRITER_NEW: found, but not processed when the run ended */
    uint64_t links, specials;
    uint64_t bytes;                  /* of the files */
    uint64_t read, read_bytes;       /* files that were read, not just looked up, and their bytes */
};

/*
 * Write "551 files: 430 indexed, 20 unchanged, ..., 0 links". The parts add up
 * to the first number.
 */
void counts_write(const struct counts *t, struct buf *out);

/* Write the counts of --prune: "12 gone, 1 moved to a copy, 3 others
 * forgotten". */
void counts_write_pruned(const struct counts *t, struct buf *out);

/* Return whether any file was refused, in conflict, or not processed. */
bool counts_has_failures(const struct counts *t);

#endif
