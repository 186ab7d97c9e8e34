/* SPDX-License-Identifier: MIT */
/* A limit on requests a minute as a token bucket. The state of a bucket is one
 * number: the time at which it is full again. A bucket that has been full is as
 * one never used. Pure. */
#ifndef WADOZIP_LIMIT_TOKEN_BUCKET_H
#define WADOZIP_LIMIT_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#define TOKEN_BUCKET_WINDOW 60000000000u /* nanoseconds in which an empty bucket fills */

/* Take a token from a bucket of `size` tokens (not 0). full_at and now:
 * nanoseconds of one clock. A full_at that this clock cannot have made, of a
 * machine before it was restarted, counts as a full bucket. Returns 0, or the
 * nanoseconds until a token is there; then the bucket is as it was. */
uint64_t token_bucket_take(uint64_t size, uint64_t *full_at, uint64_t now);

/* Return whether the bucket is full. */
bool token_bucket_is_full(uint64_t full_at, uint64_t now);

#endif
