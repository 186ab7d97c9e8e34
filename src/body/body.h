/* SPDX-License-Identifier: MIT */
/*
 * Sends the body of an answer, whole or in part, in the framing that the plan has: zip.c, multipart.c or the single
 * instance alone. The only thing that ever writes an end record is success.
 */
#ifndef WADOZIP_BODY_BODY_H
#define WADOZIP_BODY_BODY_H

#include "base/sink.h"
#include "body/content.h"
#include "plan/plan.h"

/*
 * Before the status line: waits for the first of the converted members that the bytes from `first` to `last` (UINT64_MAX:
 * to the end) need, and for those that failed the last time, so that a conversion that fails is told there: ERR_HELPER.
 * 0 at once where they need none.
 */
int body_begin(const struct plan *p, struct content *f, uint64_t first, uint64_t last, struct err *e) MUST_CHECK;

/*
 * Sends the bytes from `first` to `last` of the body, inclusive, touching only the members that lie there. A member
 * that is sent whole is compared with its CRC-32 on the way: ERR_DATA and the caller must break the answer off. The
 * caller flushes the sink.
 */
int body_send_range(const struct plan *p, struct content *f, uint64_t first, uint64_t last, struct sink *s,
                    struct err *e) MUST_CHECK;

/* Sends all of it; also when the length is not known yet, offsets then being counted on the way. */
int body_send(struct plan *p, struct content *f, struct sink *s, struct err *e) MUST_CHECK;

#endif
