/* SPDX-License-Identifier: MIT */
#include "limit/rate_limit.h"

#include <limits.h>

int rate_limit_wait(const struct rate_limit *p, double now)
{
    double ms = (p->due - now) * 1000;

    if (p->rate == 0 || ms <= 0)
        return 0;
    return ms >= INT_MAX ? INT_MAX : (int)ms + 1;
}

void rate_limit_take(struct rate_limit *p, uint64_t bytes, double now)
{
    if (p->rate)
        p->due = (p->due > now ? p->due : now) + (double)bytes / (double)p->rate;
}
