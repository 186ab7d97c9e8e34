/* SPDX-License-Identifier: MIT */
/*
 * A body as pieces that somebody else sends: what stands around the members, as bytes, and ranges of the members' files,
 * of which none is opened here. Laid end to end they are, byte for byte, what body.h would send.
 */
#ifndef WADOZIP_BODY_FILE_RANGES_H
#define WADOZIP_BODY_FILE_RANGES_H

#include "base/sink.h"
#include "plan/plan.h"

/* Whether nothing of the body has to be made: its length is known, no member is converted or deflated or a DICOMDIR. */
bool file_ranges_possible(const struct plan *p);

/* The bytes from `first` to `last` of a member's file, inclusive. */
typedef int file_ranges_file(void *ctx, const struct plan_member *m, uint64_t first, uint64_t last, struct err *e);

/*
 * The bytes from `first` to `last` of the body, inclusive, in order: bytes go to the sink, which the caller flushes, and
 * ranges of files to `file`. ERR_RANGE for a part that there is not.
 */
int file_ranges_of(const struct plan *p, uint64_t first, uint64_t last, struct sink *bytes, file_ranges_file *file, void *ctx,
              struct err *e) MUST_CHECK;

#endif
