/* SPDX-License-Identifier: MIT */
/*
 * A body as pieces for another sender: the bytes around the members, and ranges
 * of the members' files, which are not opened here. Concatenated they equal the
 * output of body.h.
 */
#ifndef WADOZIP_BODY_FILE_RANGES_H
#define WADOZIP_BODY_FILE_RANGES_H

#include "base/sink.h"
#include "plan/plan_progress.h"

/*
 * Return whether nothing of the body has to be made: its length is known, and
 * no member is converted, deflated or a DICOMDIR.
 */
bool file_ranges_possible(const struct plan_progress *g);

/* Receives the bytes [from, end) of a member's file. */
typedef int file_ranges_file(void *ctx, const struct plan_member *m, uint64_t from, uint64_t end,
                             struct err *e);

/* Receivers of a part of a body. */
struct file_ranges_out {
    struct sink *bytes; /* the bytes around files; the caller flushes it */
    file_ranges_file *file;
    void *ctx;
};

/*
 * Split the bytes [first, end) of the body, in order, into bytes and ranges of
 * files. Fails with ERR_RANGE if they are not in the body.
 */
int file_ranges_of(const struct plan_progress *g, uint64_t first, uint64_t end,
                   const struct file_ranges_out *out, struct err *e) MUST_CHECK;

#endif
