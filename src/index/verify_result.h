/* SPDX-License-Identifier: MIT */
/*
 * The result of a verification for a file, and the counts of a run. Every file
 * is counted exactly once.
 */
#ifndef WADOZIP_INDEX_VERIFY_RESULT_H
#define WADOZIP_INDEX_VERIFY_RESULT_H

#include <stdint.h>

#include "base/buf.h"

/* Scripts depend on the words of verify_result_name(). */
enum verify_result {
    VERIFY_RESULT_GOOD,
    VERIFY_RESULT_TOUCHED,    /* only its modification time differs */
    VERIFY_RESULT_CHANGED,    /* other size, or other time and content: index it again */
    VERIFY_RESULT_DAMAGED,    /* other content with the recorded size and time, or other UIDs */
    VERIFY_RESULT_MISSING,
    VERIFY_RESULT_UNREADABLE, /* cannot be opened or read: its content is unknown */
    VERIFY_RESULT_NEW,        /* beneath a PATH and not in the catalogue */
    FINDINGS
};

struct verify_counts {
    uint64_t files[FINDINGS];
    uint64_t bytes; /* of the files that were read */
};

const char *verify_result_name(enum verify_result f);

/* Write "551 files: 549 good, 1 changed, ...". The parts add up to the first
 * number. */
void verify_result_write(const struct verify_counts *t, struct buf *out);

uint64_t verify_result_total(const struct verify_counts *t);

/* Return whether any file is not good. */
bool verify_result_has_trouble(const struct verify_counts *t);

#endif
