/* SPDX-License-Identifier: MIT */
/* One line on a terminal that is redrawn. Does nothing if standard error is not
 * a terminal. */
#ifndef WADOZIP_INDEX_PROGRESS_H
#define WADOZIP_INDEX_PROGRESS_H

#include <stdint.h>

#include "base/err.h"

#define PROGRESS_WIDTH_MAX 512

struct progress {
    bool on;
    bool drawn;    /* a line is on the screen */
    double begun;  /* seconds of io_now() */
    double last;   /* time of the last drawing */
};

void progress_open(struct progress *p, bool quiet);

/* Return whether it is time to draw, a few times per second. */
bool progress_due(struct progress *p);

/* Draw the line, truncated to the terminal's width. */
void progress_draw(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Clear the line, before other output and at the end. */
void progress_clear(struct progress *p);

/* Return the seconds since progress_open(). */
double progress_seconds(const struct progress *p);

/*
 * Format the estimated time left, if the fraction `done` (0 to 1) took
 * `seconds`, as "1:02:03" or "4:05"; "" if it is too early.
 */
#define PROGRESS_TIME_MAX 24
const char *progress_left(double done, double seconds, char out[PROGRESS_TIME_MAX]);

#endif
