/* SPDX-License-Identifier: MIT */
/*
 * Offsets of some members of a measured plan, so that an offset in the body is
 * found without starting from member 0.
 */
#ifndef WADOZIP_PLAN_PLAN_MARKS_H
#define WADOZIP_PLAN_PLAN_MARKS_H

#include "plan/plan_progress.h"

#define PLAN_MARK_STRIDE 256 /* members per mark: 16 bytes each */

/*
 * Find the last mark at or before `offset` of the body, or of the records after
 * the last member. Returns the index of its member, or 0 if there are no marks
 * (the plan was not measured).
 */
size_t plan_mark_before(const struct plan_progress *g, uint64_t offset, bool of_record,
                        struct plan_mark *mark);

#endif
