/* SPDX-License-Identifier: MIT */
/*
 * A framing: the bytes before each member and after the last one. Both are functions of the plan alone, so lengths are known
 * before anything is sent.
 */
#ifndef WADOZIP_FORMAT_FRAMING_H
#define WADOZIP_FORMAT_FRAMING_H

#include "format/range_filter.h"
#include "plan/plan.h"

#define FRAMING_HEAD_MAX 1536

struct framing {
    /* Puts what stands in front of a member whose size and CRC are known; returns the number of bytes. */
    size_t (*head)(const struct plan *p, const struct plan_member *m, uint8_t out[FRAMING_HEAD_MAX]);
    /* How many that is, and *record: bytes behind the last member that stand for one whose head lies at `offset`. */
    size_t (*measure)(const struct plan *p, const struct plan_member *m, uint64_t offset, size_t *record);
    /* Passes what stands behind the last member through the window; w->at is its offset in the body. */
    int (*tail)(const struct plan *p, struct range_filter *w, struct err *e);
};

#endif
