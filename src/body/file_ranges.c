/* SPDX-License-Identifier: MIT */
#include "body/file_ranges.h"

#include "format/format.h"
#include "format/manifest.h"
#include "format/offsets.h"

bool file_ranges_possible(const struct plan_progress *g)
{
    const struct plan *p = g->plan;

    if (!g->length_known || p->dicomdir || (g->manifest && g->manifest->missing))
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (p->members[i].source != PLAN_FILE || plan_progress_fact(g, &p->members[i]).deflated)
            return false;
    return true;
}

/* Return the requested range of a member's data. */
static int give_file(struct range_filter *w, const struct plan_member *m, uint64_t size,
                     const struct file_ranges_out *out, struct err *e)
{
    const struct range_part part = range_filter_part(w, size);

    w->at += size;
    return part.from < part.end ? out->file(out->ctx, m, part.from, part.end, e) : 0;
}

int file_ranges_of(const struct plan_progress *g, uint64_t first, uint64_t end,
                   const struct file_ranges_out *out, struct err *e)
{
    const struct plan *p = g->plan;
    const struct framing *frame = format_of(p->options.framing);
    struct range_filter w = {.sink = out->bytes, .first = first, .end = end};
    uint8_t head[FRAMING_HEAD_MAX];
    size_t i;

    if (!file_ranges_possible(g) || first >= end || end > g->length)
        return err_set(e, ERR_RANGE, "bytes [%llu, %llu) are not pieces of files",
                       (unsigned long long)first, (unsigned long long)end);
    for (i = offsets_find(g, first, &w.at); i < p->count && w.at < w.end; i++) {
        const struct plan_member *m = &p->members[i];

        if (range_filter_put(&w, head, frame->head(g, m, head), e))
            return -1;
        if (w.at < w.end && give_file(&w, m, plan_progress_fact(g, m).stored_size, out, e))
            return -1;
    }
    return w.at < w.end ? frame->tail(g, &w, e) : 0;
}
