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
        if (p->members[i].source == PLAN_CONVERTED || plan_progress_fact(g, &p->members[i]).deflated)
            return false;
    return true;
}

/* Return the requested range of a member's data. */
static int give_file(struct range_filter *w, const struct plan_member *m, uint64_t size, const struct file_ranges_out *out,
                     struct err *e)
{
    uint64_t from = w->first > w->at ? w->first - w->at : 0;
    uint64_t to = w->end - w->at < size ? w->end - w->at : size;
    bool asked = range_filter_touches(w, size);

    w->at += size;
    return asked ? out->file(out->ctx, m, from, to - 1, e) : 0;
}

int file_ranges_of(const struct plan_progress *g, uint64_t first, uint64_t last, const struct file_ranges_out *out,
                   struct err *e)
{
    const struct plan *p = g->plan;
    const struct framing *frame = format_of(p->options.framing);
    struct range_filter w = {.sink = out->bytes, .first = first, .end = last + 1};
    uint8_t head[FRAMING_HEAD_MAX];
    size_t i;

    if (!file_ranges_possible(g) || first > last || last >= g->length)
        return err_set(e, ERR_RANGE, "bytes %llu to %llu are not pieces of files", (unsigned long long)first,
                       (unsigned long long)last);
    for (i = offsets_find(g, first, &w.at); i < p->count && w.at < w.end; i++) {
        const struct plan_member *m = &p->members[i];

        if (range_filter_put(&w, head, frame->head(g, m, head), e))
            return -1;
        if (w.at < w.end && give_file(&w, m, plan_progress_fact(g, m).stored_size, out, e))
            return -1;
    }
    return w.at < w.end ? frame->tail(g, &w, e) : 0;
}
