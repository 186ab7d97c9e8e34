/* SPDX-License-Identifier: MIT */
/* Check files on threads while the catalogue still returns rows: that each
 * exists, is a regular file, is readable, and has the recorded size and time.
 * On a network file system a check takes long but no processor time, so threads
 * are added on demand, up to STAT_POOL_THREADS. One thread owns the pool. */
#ifndef WADOZIP_STORE_STAT_POOL_H
#define WADOZIP_STORE_STAT_POOL_H

#include "store/store.h"

#define STAT_POOL_THREADS 8
#define STAT_POOL_NONE UINT64_MAX

struct stat_pool;

/* conf must outlive the pool. Starts no thread yet. Fails with ERR_MEMORY. */
int stat_pool_open(const struct conf *conf, struct stat_pool **out, struct err *e) MUST_CHECK;
void stat_pool_close(struct stat_pool *s); /* null is allowed; waits for running checks */

/* Submit a check. `folder` and `file` are as returned by store_name(named),
 * `number` is the caller's. Waits while the queue is full. Runs synchronously
 * if no thread can be created. */
void stat_pool_ask(struct stat_pool *s, const struct store *named, uint32_t folder,
                   const char *file, uint64_t number, const struct store_meta *recorded);

/* Wait for all checks. Returns the lowest number submitted since the last call
 * whose file could not be checked or differs from the record, STAT_POOL_NONE if
 * there is no such file. Forgets folders like store_forget(). */
uint64_t stat_pool_settle(struct stat_pool *s);

#endif
