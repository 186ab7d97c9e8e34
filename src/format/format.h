/* SPDX-License-Identifier: MIT */
/*
 * What surrounds the members' data in a framing: some bytes in front of each member and some behind the last. Both are
 * functions of the plan alone, so lengths are known before anything is sent.
 */
#ifndef WADOZIP_FORMAT_FORMAT_H
#define WADOZIP_FORMAT_FORMAT_H

#include "format/range_filter.h"
#include "plan/plan.h"

#define FORMAT_HEAD_MAX 1536

struct format {
    /* Puts what stands in front of a member whose size and CRC are known; returns the number of bytes. */
    size_t (*head)(const struct plan *p, const struct plan_member *m, uint8_t out[FORMAT_HEAD_MAX]);
    /* How many that is, and *record: bytes behind the last member that stand for one whose head lies at `offset`. */
    size_t (*measure)(const struct plan *p, const struct plan_member *m, uint64_t offset, size_t *record);
    /* Passes what stands behind the last member through the window; w->at is its offset in the body. */
    int (*tail)(const struct plan *p, struct range_filter *w, struct err *e);
};

const struct format *format_of(enum plan_framing framing);

#endif
