/* SPDX-License-Identifier: MIT */
/* Count the work of a run in a separate thread, to estimate the time left. */
#ifndef WADOZIP_INDEX_PRECOUNT_H
#define WADOZIP_INDEX_PRECOUNT_H

#include "index/root_path.h"

struct precount;

/*
 * Start counting. The root paths stay open and belong to the caller; they must
 * outlive precount_close(). Returns null if no thread can be created; then
 * there is no estimate.
 */
struct precount *precount_open(const struct root_path *places, size_t n);
void precount_close(struct precount *c); /* null is allowed */

/* Return the count so far; true if it is complete. */
bool precount_get(struct precount *c, uint64_t *files, uint64_t *bytes);

#endif
