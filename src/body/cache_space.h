/* SPDX-License-Identifier: MIT */
/* How much lies in a cache's folder (cache.h), and what goes when it is too much. */
#ifndef WADOZIP_BODY_CACHE_SPACE_H
#define WADOZIP_BODY_CACHE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CACHE_NAME_DIGITS 40 /* hexadecimal, then - and s (stored) or d (deflated) */
#define CACHE_NAME_BUFFER (CACHE_NAME_DIGITS + 3)

/*
 * The file `total` in the folder holds the sum of all entries' sizes, as 8 bytes little endian, and its lock the right to
 * change anything: a sum that is wrong after a crash is too large, and corrected when entries are counted again.
 */
int cache_space_open(int folder, struct err *e) MUST_CHECK;

/*
 * Takes the lock and counts in an entry of so many bytes, removing least recently used ones where the limit asks for it.
 * False, and the lock is free, when there is no room or somebody else holds the lock for long. Else cache_space_done, when
 * the entry has its name, or (kept false) has not.
 */
bool cache_space_take(int folder, int total, uint64_t bytes, uint64_t limit);
void cache_space_done(int total, uint64_t bytes, bool kept);

#endif
