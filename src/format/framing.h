/* SPDX-License-Identifier: MIT */
/* A framing: the bytes before each member and after the last one. Both are
 * functions of the plan and its progress alone, so lengths are known before
 * anything is sent. */
#ifndef WADOZIP_FORMAT_FRAMING_H
#define WADOZIP_FORMAT_FRAMING_H

#include "format/range_filter.h"
#include "plan/plan_progress.h"

#define FRAMING_HEAD_MAX 1536

struct framing {
    /* Write the bytes before a member whose size and CRC-32 are known. Returns
     * their number. */
    size_t (*head)(const struct plan_progress *g, const struct plan_member *m,
                   uint8_t out[FRAMING_HEAD_MAX]);
    /* Return their number, and in *record the bytes after the last member
     * for one whose head is at `offset`. */
    size_t (*measure)(const struct plan_progress *g, const struct plan_member *m, uint64_t offset,
                      size_t *record);
    /* Pass the bytes after the last member through the range filter; w->at
     * is their offset in the body. */
    int (*tail)(const struct plan_progress *g, struct range_filter *w, struct err *e);
};

#endif
