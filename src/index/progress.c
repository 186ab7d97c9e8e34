/* SPDX-License-Identifier: MIT */
#include "index/progress.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"

#define INTERVAL 0.2   /* seconds */
#define EARLY 1.0      /* no estimate before this time */
#define LEFT_MAX 359999 /* 99:59:59 */

void progress_open(struct progress *p, bool quiet)
{
    *p = (struct progress){.on = !quiet && isatty(STDERR_FILENO), .begun = io_now()};
}

bool progress_due(struct progress *p)
{
    double now;

    if (!p->on || (now = io_now()) - p->last < INTERVAL)
        return false;
    p->last = now;
    return true;
}

void progress_draw(struct progress *p, const char *format, ...)
{
    char text[PROGRESS_WIDTH_MAX], line[PROGRESS_WIDTH_MAX + 8];
    struct winsize size = {0};
    va_list args;
    int n, width = 80;

    if (!p->on)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        width = size.ws_col < PROGRESS_WIDTH_MAX ? size.ws_col : PROGRESS_WIDTH_MAX;
    n = snprintf(line, sizeof line, "\r%.*s\033[K", width - 1, text);
    p->drawn = io_write(STDERR_FILENO, line, (size_t)n) == 0;
}

void progress_clear(struct progress *p)
{
    if (p->drawn)
        p->on = io_write(STDERR_FILENO, "\r\033[K", 4) == 0;
    p->drawn = false;
}

double progress_seconds(const struct progress *p)
{
    return io_now() - p->begun;
}

const char *progress_left(double done, double seconds, char out[PROGRESS_TIME_MAX])
{
    double left = done > 0 && done < 1 && seconds >= EARLY ? seconds * (1 - done) / done : -1;
    unsigned s = left >= 0 && left < LEFT_MAX ? (unsigned)(left + 0.5) : 0;

    if (left < 0 || left >= LEFT_MAX)
        out[0] = '\0';
    else if (s >= 3600)
        snprintf(out, PROGRESS_TIME_MAX, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, PROGRESS_TIME_MAX, "%u:%02u", s / 60, s % 60);
    return out;
}
