#include "index/pace.h"

#include <limits.h>

int pace_wait(const struct pace *p, double now)
{
    double ms = (p->due - now) * 1000;

    if (p->rate == 0 || ms <= 0)
        return 0;
    return ms >= INT_MAX ? INT_MAX : (int)ms + 1;
}

void pace_take(struct pace *p, uint64_t bytes, double now)
{
    if (p->rate)
        p->due = (p->due > now ? p->due : now) + (double)bytes / (double)p->rate;
}
