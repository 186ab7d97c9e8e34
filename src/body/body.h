/* SPDX-License-Identifier: MIT */
/* Send the body of a response, whole or in part, in the plan's framing. The
 * plan is const; everything discovered goes to f->progress. The end record is
 * written only on success. */
#ifndef WADOZIP_BODY_BODY_H
#define WADOZIP_BODY_BODY_H

#include "base/sink.h"
#include "body/content.h"
#include "plan/plan.h"

/*
 * Before the status line: wait for the first converted member that the bytes
 * [first, end) (RANGE_FILTER_OPEN: to the end) need, and for those that failed
 * before, so that an error becomes a status. Fails with ERR_HELPER. Returns at
 * once if they need none.
 */
int body_begin(struct content *f, uint64_t first, uint64_t end, struct err *e) MUST_CHECK;

/* Send the bytes [first, end) of the body, using only members in that range. A
 * member that is sent whole is compared with its CRC-32; on ERR_DATA the caller
 * must abort the response. The caller flushes the sink. */
int body_send_range(struct content *f, uint64_t first, uint64_t end, struct sink *s,
                    struct err *e) MUST_CHECK;

/* Send the whole body, also if the length is not known yet; offsets are then
 * counted. */
int body_send(struct content *f, struct sink *s, struct err *e) MUST_CHECK;

#endif
