/* SPDX-License-Identifier: MIT */
/* Limit the bytes read or sent per second, averaged over pieces: files, or
 * writes. */
#ifndef WADOZIP_LIMIT_RATE_LIMIT_H
#define WADOZIP_LIMIT_RATE_LIMIT_H

#include <stdint.h>

struct rate_limit {
    uint64_t rate; /* bytes per second; 0: no limit */
    double due;    /* time of io_now() at which the next piece may start */
};

/* Return the milliseconds from `now` (io_now()) until the next piece may start.
 */
int rate_limit_wait(const struct rate_limit *p, double now);

/* Account for a piece that starts now. Unused time is not saved. */
void rate_limit_take(struct rate_limit *p, uint64_t bytes, double now);

#endif
