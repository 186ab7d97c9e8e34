/* SPDX-License-Identifier: MIT */
#include "format/offsets.h"

#include <stdlib.h>

#include "format/format.h"

/* Every so many members their places are noted: 16 bytes for each, and no range needs a look at more in front of it. */
#define STRIDE 256

static int make_marks(struct plan *p, struct err *e)
{
    size_t count = (p->count + STRIDE - 1) / STRIDE;
    struct plan_mark *marks = realloc(p->marks, count * sizeof *marks);

    if (!marks)
        return err_set(e, ERR_MEMORY, "no memory left to note where instances lie");
    p->marks = marks;
    p->mark_count = count;
    return 0;
}

int offsets_measure(struct plan *p, struct err *e)
{
    const struct format *frame = format_of(p->options.framing);
    struct range_filter w = {.first = RANGE_FILTER_OPEN, .end = RANGE_FILTER_OPEN}; /* nothing is asked for */
    struct plan_mark at = {0, 0};

    if (make_marks(p, e))
        return -1;
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_member *m = &p->members[i];
        size_t record;

        if (i % STRIDE == 0)
            p->marks[i / STRIDE] = at;
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

static uint64_t offsets_offset_of_mark(const struct plan_mark *mark, bool of_record)
{
    return of_record ? mark->record : mark->body;
}

/* The last mark that does not lie behind `offset`. */
static size_t mark_before(const struct plan *p, uint64_t offset, bool of_record, struct plan_mark *mark)
{
    size_t low = 0, high = p->mark_count;

    *mark = (struct plan_mark){0, 0};
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (offsets_offset_of_mark(&p->marks[middle], of_record) <= offset)
            low = middle;
        else
            high = middle;
    }
    if (p->mark_count)
        *mark = p->marks[low];
    return low * STRIDE;
}

size_t offsets_find(const struct plan *p, uint64_t offset, uint64_t *at)
{
    const struct format *frame = format_of(p->options.framing);
    struct plan_mark mark;
    size_t record;

    for (size_t i = mark_before(p, offset, false, &mark); i < p->count; i++) {
        uint64_t size = frame->measure(p, &p->members[i], mark.body, &record) + p->members[i].stored_size;

        *at = mark.body;
        if (offset - mark.body < size)
            return i;
        mark.body += size;
    }
    *at = mark.body;
    return p->count;
}

size_t offsets_find_record(const struct plan *p, uint64_t offset, struct plan_mark *mark)
{
    return mark_before(p, offset, true, mark);
}
