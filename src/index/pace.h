/* A limit on the bytes that are read a second, kept on average from file to file. */
#ifndef WADOZIP_INDEX_PACE_H
#define WADOZIP_INDEX_PACE_H

#include <stdint.h>

struct pace {
    uint64_t rate; /* bytes a second; 0: as fast as it goes */
    double due;    /* io_now seconds when the next file may be begun */
};

/* Milliseconds from `now` (io_now) until the next file may be begun; 0 when it may. */
int pace_wait(const struct pace *p, double now);

/* A file of so many bytes is begun. Time that was not used is not saved up. */
void pace_take(struct pace *p, uint64_t bytes, double now);

#endif
