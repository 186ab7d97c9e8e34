/* SPDX-License-Identifier: MIT */
#include "plan/plan_marks.h"

static uint64_t offset_of_mark(const struct plan_mark *mark, bool of_record)
{
    return of_record ? mark->record : mark->body;
}

size_t plan_mark_before(const struct plan_progress *g, uint64_t offset, bool of_record,
                        struct plan_mark *mark)
{
    size_t low = 0, high = g->mark_count;

    *mark = (struct plan_mark){0, 0};
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (offset_of_mark(&g->marks[middle], of_record) <= offset)
            low = middle;
        else
            high = middle;
    }
    if (g->mark_count)
        *mark = g->marks[low];
    return low * PLAN_MARK_STRIDE;
}
