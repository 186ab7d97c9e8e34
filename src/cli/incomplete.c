/* SPDX-License-Identifier: MIT */
#include "cli/incomplete.h"

#include <inttypes.h>

struct showing {
    FILE *to;
    const char *lead;
    uint64_t most, count;
};

static void incomplete_show_study(void *ctx, const char *study, uint64_t refused,
                                  uint64_t conflicts)
{
    struct showing *s = ctx;

    if (++s->count > s->most)
        return;
    fprintf(s->to, "%s%s%s: %" PRIu64 " files refused, %" PRIu64 " in conflict\n", s->lead,
            *study ? "study " : "", *study ? study : "files of no known study", refused, conflicts);
}

int incomplete_show(struct writer *w, FILE *to, const char *lead, uint64_t most, struct err *e)
{
    struct showing s = {.to = to, .lead = lead, .most = most};

    if (writer_incomplete(w, incomplete_show_study, &s, e))
        return -1;
    if (s.count > most)
        fprintf(to, "%s%" PRIu64 " other studies; wadozip doctor names them all\n", lead,
                s.count - most);
    return 0;
}
