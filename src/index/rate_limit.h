/* SPDX-License-Identifier: MIT */
/* A limit on the bytes that are read a second, kept on average from file to file. */
#ifndef WADOZIP_INDEX_RATE_LIMIT_H
#define WADOZIP_INDEX_RATE_LIMIT_H

#include <stdint.h>

struct rate_limit {
    uint64_t rate; /* bytes a second; 0: as fast as it goes */
    double due;    /* io_now seconds when the next file may be begun */
};

/* Milliseconds from `now` (io_now) until the next file may be begun; 0 when it may. */
int rate_limit_wait(const struct rate_limit *p, double now);

/* A file of so many bytes is begun. Time that was not used is not saved up. */
void rate_limit_take(struct rate_limit *p, uint64_t bytes, double now);

#endif
