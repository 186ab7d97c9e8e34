/* SPDX-License-Identifier: MIT */
#include "format/offsets.h"

#include <stdlib.h>

#include "format/format.h"
#include "plan/plan_marks.h"

static int make_marks(struct plan_progress *g, struct err *e)
{
    size_t count = (g->plan->count + PLAN_MARK_STRIDE - 1) / PLAN_MARK_STRIDE;
    struct plan_mark *marks = realloc(g->marks, count * sizeof *marks);

    if (!marks)
        return err_set(e, ERR_MEMORY, "no memory left to note where instances lie");
    g->marks = marks;
    g->mark_count = count;
    return 0;
}

int offsets_measure(struct plan_progress *g, struct err *e)
{
    const struct plan *p = g->plan;
    const struct framing *frame = format_of(p->options.framing);
    /* nothing is selected */
    struct range_filter w = {.first = RANGE_FILTER_OPEN, .end = RANGE_FILTER_OPEN};
    struct plan_mark at = {0, 0};

    if (make_marks(g, e))
        return -1;
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_member *m = &p->members[i];
        size_t record;

        if (i % PLAN_MARK_STRIDE == 0)
            g->marks[i / PLAN_MARK_STRIDE] = at;
        at.body += frame->measure(g, m, at.body, &record) + plan_progress_fact(g, m).stored_size;
        at.record += record;
    }
    w.at = at.body;
    if (frame->tail(g, &w, e))
        return -1;
    g->length = w.at;
    g->length_known = true;
    return 0;
}

size_t offsets_find(const struct plan_progress *g, uint64_t offset, uint64_t *at)
{
    const struct plan *p = g->plan;
    const struct framing *frame = format_of(p->options.framing);
    struct plan_mark mark;
    size_t record;

    for (size_t i = plan_mark_before(g, offset, false, &mark); i < p->count; i++) {
        const struct plan_member *m = &p->members[i];
        uint64_t size =
            frame->measure(g, m, mark.body, &record) + plan_progress_fact(g, m).stored_size;

        *at = mark.body;
        if (offset - mark.body < size)
            return i;
        mark.body += size;
    }
    *at = mark.body;
    return p->count;
}
