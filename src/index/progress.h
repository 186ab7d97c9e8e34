/* SPDX-License-Identifier: MIT */
/* One line on a terminal that is drawn again and again. Nothing at all where standard error is no terminal. */
#ifndef WADOZIP_INDEX_PROGRESS_H
#define WADOZIP_INDEX_PROGRESS_H

#include <stdint.h>

#include "base/err.h"

#define PROGRESS_WIDTH_MAX 512

struct progress {
    bool on;
    bool drawn;    /* there is a line on the screen */
    double begun;  /* seconds of io_now */
    double last;   /* when it was drawn */
};

void progress_open(struct progress *p, bool quiet);

/* Whether it is time to draw: a few times a second. */
bool progress_due(struct progress *p);

/* Draws the line, cut to the terminal's width. */
void progress_draw(struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the line off the screen, before other output and at the end. */
void progress_clear(struct progress *p);

/* Seconds since progress_open. */
double progress_seconds(const struct progress *p);

/*
 * Seconds that are left when the share `done` (0 to 1) took `seconds`, as "1:02:03" or "4:05"; "" when it is too early.
 */
#define PROGRESS_TIME_MAX 24
const char *progress_left(double done, double seconds, char out[PROGRESS_TIME_MAX]);

#endif
