/* SPDX-License-Identifier: MIT */
/* The space used in a cache's folder (cache.h), and eviction. */
#ifndef WADOZIP_BODY_CACHE_SPACE_H
#define WADOZIP_BODY_CACHE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CACHE_NAME_DIGITS 40 /* hexadecimal, then - and a letter of enum cache_entry */
#define CACHE_NAME_BUFFER (CACHE_NAME_DIGITS + 3)

/* The letter after the dash of an entry's name. */
enum cache_entry {
    CACHE_STORED = 's',
    CACHE_DEFLATED = 'd',
    /* last used at its access time: its modification time is part of it
     * (archive_cache.h) */
    CACHE_ARCHIVE = 'z',
    CACHE_UNFINISHED = 't' /* locked by the process that writes it; without a lock it is removed */
};

/*
 * The file `total` in the folder contains the sum of all entry sizes, 8 bytes
 * little endian, and its lock protects all changes. After a crash the sum can
 * only be too large; it is corrected by the next count.
 */
int cache_space_open(int folder, struct err *e) MUST_CHECK;

/*
 * Take the lock and account for an entry of that many bytes, removing the least
 * recently used ones if necessary. Returns false, without the lock, if there is
 * no space or the lock is busy for long. Otherwise call cache_space_done() when
 * the entry has its name, or (kept false) has not.
 */
bool cache_space_take(int folder, int total, uint64_t bytes, uint64_t limit);
void cache_space_done(int total, uint64_t bytes, bool kept);

/*
 * Account for an entry that was removed. If the lock is busy the sum stays too
 * large until the next count.
 */
void cache_space_return(int total, uint64_t bytes);

/* Return the bytes that can be added without removing an entry. */
uint64_t cache_space_free(int total, uint64_t limit);

#endif
