/* SPDX-License-Identifier: MIT */
#include "format/offsets.h"

#include <stdlib.h>

#include "format/format.h"
#include "plan/plan_marks.h"

static int make_marks(struct plan *p, struct err *e)
{
    size_t count = (p->count + PLAN_MARK_STRIDE - 1) / PLAN_MARK_STRIDE;
    struct plan_mark *marks = realloc(p->marks, count * sizeof *marks);

    if (!marks)
        return err_set(e, ERR_MEMORY, "no memory left to note where instances lie");
    p->marks = marks;
    p->mark_count = count;
    return 0;
}

int offsets_measure(struct plan *p, struct err *e)
{
    const struct framing *frame = format_of(p->options.framing);
    /* nothing is selected */
    struct range_filter w = {.first = RANGE_FILTER_OPEN, .end = RANGE_FILTER_OPEN};
    struct plan_mark at = {0, 0};

    if (make_marks(p, e))
        return -1;
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_member *m = &p->members[i];
        size_t record;

        if (i % PLAN_MARK_STRIDE == 0)
            p->marks[i / PLAN_MARK_STRIDE] = at;
        at.body += frame->measure(p, m, at.body, &record) + m->stored_size;
        at.record += record;
    }
    w.at = at.body;
    if (frame->tail(p, &w, e))
        return -1;
    p->length = w.at;
    p->length_known = true;
    return 0;
}

size_t offsets_find(const struct plan *p, uint64_t offset, uint64_t *at)
{
    const struct framing *frame = format_of(p->options.framing);
    struct plan_mark mark;
    size_t record;

    for (size_t i = plan_mark_before(p, offset, false, &mark); i < p->count; i++) {
        uint64_t size = frame->measure(p, &p->members[i], mark.body, &record) + p->members[i].stored_size;

        *at = mark.body;
        if (offset - mark.body < size)
            return i;
        mark.body += size;
    }
    *at = mark.body;
    return p->count;
}
