/* SPDX-License-Identifier: MIT */
/* Counts, in a thread of its own, what a run will meet, so that the time left can be told. */
#ifndef WADOZIP_INDEX_PRECOUNT_H
#define WADOZIP_INDEX_PRECOUNT_H

#include "index/root_path.h"

struct precount;

/* The places stay open and the caller's until precount_close. Null when no thread can be had: then nothing is foretold. */
struct precount *precount_open(const struct root_path *places, size_t n);
void precount_close(struct precount *c); /* null is allowed */

/* What has been counted so far; true when that is all. */
bool precount_get(struct precount *c, uint64_t *files, uint64_t *bytes);

#endif
