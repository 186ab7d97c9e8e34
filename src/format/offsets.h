/* SPDX-License-Identifier: MIT */
/*
 * Where the members of a plan lie in the body, once it is known how long they are. A range is found at the same cost wherever
 * it lies, so that a request of many of them costs no more than the plan.
 */
#ifndef WADOZIP_FORMAT_OFFSETS_H
#define WADOZIP_FORMAT_OFFSETS_H

#include "plan/plan.h"

/* Sets the length of a plan that has at least one member, all of them known, and notes where they lie. */
int offsets_measure(struct plan *p, struct err *e) MUST_CHECK;

/*
 * The member whose head or data hold the byte at `offset` of the body, and where its head begins; for a byte after all
 * members their count, and where they end.
 */
size_t offsets_find(const struct plan *p, uint64_t offset, uint64_t *at);

#endif
