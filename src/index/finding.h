/* What a verification finds out about a file, and the account of a run: every file is counted exactly once. */
#ifndef WADOZIP_INDEX_FINDING_H
#define WADOZIP_INDEX_FINDING_H

#include <stdint.h>

#include "base/buf.h"

/* The words of finding_name are what operators' scripts look for. */
enum finding {
    FINDING_GOOD,
    FINDING_TOUCHED,    /* only its time is not the recorded one */
    FINDING_CHANGED,    /* other size, or other time and content: to be indexed again */
    FINDING_DAMAGED,    /* other content with the recorded size and time, or not what the catalogue says it is */
    FINDING_MISSING,
    FINDING_UNREADABLE, /* cannot be opened or read: nothing is known of its content */
    FINDING_NEW,        /* beneath a PATH and not in the catalogue */
    FINDINGS
};

struct finding_tally {
    uint64_t files[FINDINGS];
    uint64_t bytes; /* of the files that were read */
};

const char *finding_name(enum finding f);

/* "551 files: 549 good, 1 changed, ...": the parts add up to the number at the front. */
void finding_write(const struct finding_tally *t, struct buf *out);

uint64_t finding_total(const struct finding_tally *t);

/* Whether any file is other than good. */
bool finding_has_trouble(const struct finding_tally *t);

#endif
