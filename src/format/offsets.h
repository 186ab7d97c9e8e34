/* SPDX-License-Identifier: MIT */
/*
 * Offsets of a plan's members in the body, once all sizes are known. Finding a
 * range costs the same anywhere, so a request with many ranges costs no more
 * than the plan.
 */
#ifndef WADOZIP_FORMAT_OFFSETS_H
#define WADOZIP_FORMAT_OFFSETS_H

#include "plan/plan_progress.h"

/* Set the length of a plan with at least one member, all of known size, and
 * record offsets. */
int offsets_measure(struct plan_progress *g, struct err *e) MUST_CHECK;

/*
 * Return the member whose head or data contains the byte at `offset` of the
 * body, and the offset of its head in *at. For a byte after all members return
 * their count and their end.
 */
size_t offsets_find(const struct plan_progress *g, uint64_t offset, uint64_t *at);

#endif
