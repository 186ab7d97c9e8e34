/* SPDX-License-Identifier: MIT */
#include "body/body.h"

#include "base/sha256.h"
#include "body/ahead.h"
#include "body/body_digest.h"
#include "body/send_deflated.h"
#include "body/send_part.h"
#include "body/splice.h"
#include "format/format.h"
#include "format/manifest.h"
#include "format/offsets.h"
#include "format/zip.h"

/* Send the parts of a de-identified member, or its data. */
static int send_parts(struct range_filter *w, struct content *f, size_t i,
                      const struct content_data *c, struct sha256 *d, struct err *e)
{
    struct content_data parts[SPLICE_PARTS] = {*c};
    size_t n = splices_member(f->plan, i) ? splice_parts(f, i, c, false, parts) : 1;

    for (size_t k = 0; k < n; k++)
        if (!range_filter_touches(w, parts[k].size))
            w->at += parts[k].size;
        else if (send_part_data(w, f, &f->plan->members[i], &parts[k], d, e))
            return -1;
    return 0;
}

/* Send the data of a member, with its digest if wanted. `to` is the last member
 * of the range. */
static int send_content(struct range_filter *w, struct content *f, size_t i, size_t to,
                        const struct content_data *c, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    bool lacks = body_digest_lacks(f->progress, i),
         deflated = plan_progress_fact(f->progress, m).deflated;
    bool wanted = lacks && range_filter_covers(w, c->size) && !deflated;
    uint8_t digest[SHA256_BYTES];
    struct sha256 d = {NULL};
    int rc = wanted ? sha256_open(&d, e) : 0;

    if (deflated && lacks)
        rc = body_digest_read(f, i, c->fd, c->size, true, e);
    if (rc == 0 && splices_member(f->plan, i) && splice_is_sent(f, i, w))
        rc = splice_open(f, i, to, e);
    if (rc == 0)
        rc = send_parts(w, f, i, c, &d, e);
    if (rc == 0 && wanted)
        rc = sha256_finish(&d, digest, e);
    sha256_close(&d);
    if (rc == 0 && wanted)
        manifest_set_digest(f->progress->manifest, i, digest);
    return rc;
}

/* Flush before waiting for a conversion, so that the client has everything
 * before it. */
static int open_content(struct range_filter *w, struct content *f, size_t i, size_t to,
                        struct content_data *c, struct err *e)
{
    bool ready = true;
    const struct range_part part = range_filter_part(w, UINT64_MAX);

    f->source.first_byte = part.from;
    f->source.end_byte = part.end;
    if (splices_member(f->plan, i)) { /* its pixel data lies elsewhere */
        f->source.first_byte = 0;
        f->source.end_byte = UINT64_MAX;
    }
    if (f->plan->members[i].source == PLAN_CONVERTED && content_ready(f, i, &ready, e))
        return -1;
    if (!ready && sink_flush(w->sink, e))
        return -1;
    return content_open(f, i, to, c, e);
}

/*
 * Send the values after member i's document, from its package. Its parts are
 * the last ones so far.
 */
static int body_send_parts(struct range_filter *w, struct content *f, size_t i,
                           struct content_data *c, struct err *e)
{
    const struct plan_progress *g = f->progress;
    size_t first = g->part_count;

    while (first > 0 && g->parts[first - 1].member == i)
        first--;
    for (size_t k = first; k < g->part_count; k++) {
        const struct plan_part *part = &g->parts[k];
        uint8_t head[FRAMING_HEAD_MAX];

        c->at += c->size;
        c->size = part->size;
        c->crc = part->crc;
        if (range_filter_put(w, head, zip_part_head(g, part, k - first + 1, head), e) ||
            send_part_data(w, f, &g->plan->members[i], c, &(struct sha256){NULL}, e))
            return -1;
    }
    return 0;
}

/*
 * Send one member: its head, then its data, as far as they are in the range.
 * `to` is the last member of the range.
 */
static int send_member(struct range_filter *w, struct content *f, size_t i, size_t to,
                       struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    struct content_data c = {.fd = -1};
    int result;

    struct plan_fact fact = plan_progress_fact(f->progress, m);

    if (fact.deflated && m->source != PLAN_CONVERTED)
        return send_deflated(w, f, i, to, e);
    if (!fact.known && open_content(w, f, i, to, &c, e))
        return -1;
    result = send_part_head(w, f, m, e);
    fact = plan_progress_fact(f->progress, m);
    if (result == 0 && !range_filter_touches(w, fact.stored_size) &&
        !range_filter_covers(w, fact.stored_size))
        w->at += fact.stored_size;
    else if (result == 0 && (c.fd >= 0 || (result = open_content(w, f, i, to, &c, e)) == 0))
        result = send_content(w, f, i, to, &c, e);
    if (result == 0 && plan_is_package(f->plan->options.content))
        result = body_send_parts(w, f, i, &c, e);
    content_done(f, &c);
    return result;
}

/* Find the first (none: the count) and the last member in a range, and the
 * offset of the first. */
static void locate(const struct plan_progress *g, struct range_filter *w, size_t *from, size_t *to)
{
    uint64_t at;

    *from = offsets_find(g, w->first, &w->at);
    *to = offsets_find(g, w->end - 1, &at);
    if (*to == g->plan->count)
        (*to)--;
}

/*
 * Return the first converted member, from `from` on, whose data is in the
 * range, or that a manifest in it needs.
 */
static size_t first_converted(const struct plan_progress *g, struct range_filter *w, size_t from,
                              size_t to)
{
    const struct plan *p = g->plan;
    size_t record;

    for (size_t i = from; i <= to && i < p->count; i++) {
        const struct plan_member *m = &p->members[i];
        const struct plan_fact fact = plan_progress_fact(g, m);

        w->at += format_of(p->options.framing)->measure(g, m, w->at, &record);
        if (m->source == PLAN_CONVERTED &&
            (!fact.known || range_filter_touches(w, fact.stored_size)))
            return i;
        w->at += fact.stored_size;
    }
    for (size_t i = 0; g->manifest && w->at < w->end && i < p->count; i++)
        if (p->members[i].source == PLAN_CONVERTED && body_digest_lacks(g, i))
            return i;
    return p->count;
}

/* Make the header of the first member whose data is in the range, so that an
 * error becomes a status. */
static int begin_spliced(struct content *f, struct range_filter *w, size_t from, size_t to,
                         struct err *e)
{
    const struct plan_progress *g = f->progress;
    size_t record;

    for (size_t i = from; i <= to && i < g->plan->count; i++) {
        uint64_t size = plan_progress_fact(g, &g->plan->members[i]).stored_size;

        w->at +=
            format_of(g->plan->options.framing)->measure(g, &g->plan->members[i], w->at, &record);
        if (range_filter_touches(w, size))
            return splices_member(g->plan, i) && splice_is_sent(f, i, w) ? splice_open(f, i, to, e)
                                                                         : 0;
        w->at += size;
    }
    return 0;
}

/* Return whether the range extends to the bytes after the last member. */
static bool reaches_tail(const struct plan_progress *g, const struct range_filter *w)
{
    uint64_t at;

    return w->end == RANGE_FILTER_OPEN || offsets_find(g, w->end - 1, &at) == g->plan->count;
}

/* Return whether the tail contains the CRC-32s of all members. */
static bool has_records(const struct plan *p)
{
    return p->options.framing == PLAN_ZIP;
}

/* Try members whose last conversion failed before the status line. */
static int try_retry_first(const struct plan *p, struct content *f, struct err *e)
{
    for (size_t i = 0; i < p->retry_first_count; i++) {
        struct content_data c = {.fd = -1};
        int rc = content_open(f, p->retry_first[i], p->retry_first[i], &c, e);

        content_done(f, &c);
        if (rc)
            return -1;
    }
    return 0;
}

int body_begin(struct content *f, uint64_t first, uint64_t end, struct err *e)
{
    const struct plan_progress *g = f->progress;
    const struct plan *p = f->plan;
    struct range_filter w = {.first = first, .end = end};
    size_t from = 0, to = p->count - 1, i;

    if (g->length_known)
        locate(g, &w, &from, &to);
    if (p->options.profile &&
        begin_spliced(f, &(struct range_filter){.at = w.at, .first = first, .end = end}, from, to,
                      e))
        return -1;
    if (reaches_tail(g, &w) &&
        (try_retry_first(p, f, e) || (has_records(p) && ahead_make(f, from, true, e))))
        return -1;
    i = first_converted(g, &w, from, to);
    return i < p->count ? content_begin(f, i, to > i ? to : i, e) : 0;
}

static int send_window(struct range_filter *w, struct content *f, size_t from, size_t to,
                       struct err *e)
{
    f->source.last = to;
    for (size_t i = from; i <= to && i < f->plan->count; i++)
        if (send_member(w, f, i, to, e))
            return -1;
    if (w->at >= w->end)
        return 0;
    return body_digest_all(f, e) ? -1
                                 : format_of(f->plan->options.framing)->tail(f->progress, w, e);
}

int body_send_range(struct content *f, uint64_t first, uint64_t end, struct sink *s, struct err *e)
{
    const struct plan_progress *g = f->progress;
    struct range_filter w = {.sink = s, .first = first, .end = end};
    size_t from, to;

    if (!g->length_known || first >= end || end > g->length)
        return err_set(e, ERR_RANGE, "bytes [%llu, %llu) are not a part of the answer",
                       (unsigned long long)first, (unsigned long long)end);
    locate(g, &w, &from, &to);
    return send_window(&w, f, from, to, e);
}

int body_send(struct content *f, struct sink *s, struct err *e)
{
    const struct plan_progress *g = f->progress;
    struct range_filter w = {.sink = s, .end = RANGE_FILTER_OPEN};

    if (send_window(&w, f, 0, g->plan->count - 1, e))
        return -1;
    if (g->length_known && w.at != g->length)
        return err_set(e, ERR_SYSTEM, "the answer came out as %llu bytes, not the %llu announced",
                       (unsigned long long)w.at, (unsigned long long)g->length);
    return 0;
}
