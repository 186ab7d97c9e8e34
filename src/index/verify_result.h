/* SPDX-License-Identifier: MIT */
/* What a verification finds out about a file, and the account of a run: every file is counted exactly once. */
#ifndef WADOZIP_INDEX_VERIFY_RESULT_H
#define WADOZIP_INDEX_VERIFY_RESULT_H

#include <stdint.h>

#include "base/buf.h"

/* The words of verify_result_name are what operators' scripts look for. */
enum verify_result {
    VERIFY_RESULT_GOOD,
    VERIFY_RESULT_TOUCHED,    /* only its time is not the recorded one */
    VERIFY_RESULT_CHANGED,    /* other size, or other time and content: to be indexed again */
    VERIFY_RESULT_DAMAGED,    /* other content with the recorded size and time, or not what the catalogue says it is */
    VERIFY_RESULT_MISSING,
    VERIFY_RESULT_UNREADABLE, /* cannot be opened or read: nothing is known of its content */
    VERIFY_RESULT_NEW,        /* beneath a PATH and not in the catalogue */
    FINDINGS
};

struct verify_counts {
    uint64_t files[FINDINGS];
    uint64_t bytes; /* of the files that were read */
};

const char *verify_result_name(enum verify_result f);

/* "551 files: 549 good, 1 changed, ...": the parts add up to the number at the front. */
void verify_result_write(const struct verify_counts *t, struct buf *out);

uint64_t verify_result_total(const struct verify_counts *t);

/* Whether any file is other than good. */
bool verify_result_has_trouble(const struct verify_counts *t);

#endif
