/* SPDX-License-Identifier: MIT */
#include "body/send_deflated.h"

#include "body/body_digest.h"
#include "body/send_part.h"
#include "body/splice.h"

static void learn_deflated(struct content *f, const struct plan_member *m, uint64_t size)
{
    if (f->learn.deflated)
        f->learn.deflated(f->learn.ctx, f->plan, m, size);
}

/* Send compressed bytes of a file. */
static int send_stream(struct range_filter *w, struct content *f, size_t i, struct err *e)
{
    bool wrong = false;
    int result = deflate_stream_send(f->pack, i, w, &wrong, e);

    if (wrong && content_is_unchanged(f, i)) /* else the recorded size is right, but for another
                                              * content */
        learn_deflated(f, &f->plan->members[i], 0);
    return result;
}

/* Send the deflated pixel data of a de-identified member. None of it is
 * compressed for a range that begins later. */
static int send_pixels(struct range_filter *w, struct content *f, size_t i, size_t to,
                       uint64_t size, struct err *e)
{
    if (w->at + size <= w->first) {
        w->at += size;
        return 0;
    }
    return deflate_stream_ready(f->pack, i, to, e) ? -1 : send_stream(w, f, i, e);
}

static int send_splice(struct range_filter *w, struct content *f, size_t i, size_t to,
                       struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    struct content_data parts[SPLICE_PARTS];
    size_t n;

    if (!f->splices.of)
        return err_set(e, ERR_SYSTEM, "the size of the header of %s is not known",
                       file_source_label(&f->source, m));
    if (send_part_head(w, f, m, e))
        return -1;
    if (range_filter_touches(w, plan_progress_fact(f->progress, m).stored_size) &&
        body_digest_lacks(f->progress, i) && body_digest_member(f, i, e))
        return -1;
    if (splice_is_sent(f, i, w) && splice_open(f, i, to, e))
        return -1;
    n = splice_parts(f, i, &(struct content_data){.fd = -1}, false, parts);
    for (size_t k = 0; k < n; k++)
        if (parts[k].deflate) {
            if (send_pixels(w, f, i, to, parts[k].size, e))
                return -1;
        } else if (!range_filter_touches(w, parts[k].size)) {
            w->at += parts[k].size;
        } else if (send_part_data(w, f, m, &parts[k], &(struct sha256){NULL}, e)) {
            return -1;
        }
    return 0;
}

int send_deflated(struct range_filter *w, struct content *f, size_t i, size_t to, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    bool known = plan_progress_fact(f->progress, m).known;
    uint64_t size;
    int result;

    if (!f->pack && deflate_stream_open(f->progress, &f->source, f->threads, &f->pack, e))
        return -1;
    if (splices_member(f->plan, i))
        return send_splice(w, f, i, to, e);
    if (deflate_stream_ready(f->pack, i, to, e) || send_part_head(w, f, m, e))
        return -1;
    size = plan_progress_fact(f->progress, m).stored_size;
    if (range_filter_touches(w, size) && body_digest_lacks(f->progress, i) &&
        body_digest_member(f, i, e))
        return -1;
    result = send_stream(w, f, i, e);
    if (!known && result == 0)
        learn_deflated(f, m, size);
    return result;
}
