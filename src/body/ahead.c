/* SPDX-License-Identifier: MIT */
#include "body/ahead.h"

#include <string.h>

#include "base/io.h"
#include "dicom/transfer_syntax.h"
#include "format/finish.h"

#define BATCH 256 /* sizes that are recorded at once */

struct measuring {
    struct content *content;
    size_t next, out;        /* next member; jobs in the pool */
    uint64_t held;           /* bytes of objects that these hold */
    uint32_t measured[BATCH];  /* members */
    size_t count;
};

static void learn(struct measuring *m)
{
    const struct content *f = m->content;

    if (m->count && f->learn.sizes)
        f->learn.sizes(f->learn.ctx, f->progress, m->measured, m->count);
    m->count = 0;
}

/* Submit as many jobs as the pool takes. */
static int submit(struct measuring *m, struct err *e)
{
    struct content *f = m->content;

    for (; m->next < f->plan->count && helper_pool_room(f->pool) > 0; m->next++) {
        const struct plan_member *member = &f->plan->members[m->next];
        const struct helper_order order = {.kind = HELPER_MEASURE,
                                           .profile = plan_profile(&f->plan->options),
                                           .cookie = f->tag | m->next};
        int fd;

        if (member->source != PLAN_CONVERTED || plan_progress_sized(f->progress, member))
            continue;
        if (!file_source_enter(&f->source, m->next, &m->held))
            break;
        if (file_source_open_alone(&f->source, m->next, &fd, e) ||
            helper_pool_order(f->pool, fd, &order, e))
            return -1;
        m->out++;
    }
    return 0;
}

/* Results can include those of an earlier request that ended early. */
static int take(struct measuring *m, struct err *e)
{
    struct content *f = m->content;
    struct helper_result r = {.fd = -1};
    int n = helper_pool_next(f->pool, content_timeout(f), &r, e);
    size_t i = (size_t)(r.cookie & UINT32_MAX);
    struct plan_fact *fact;

    if (n < 0)
        return -1;
    if (n == 0)
        return err_set(e, f->deadline ? ERR_LATER : ERR_HELPER,
                       "the sizes of instances were not measured in time");
    io_close(&r.fd);
    if (r.kind != HELPER_MEASURE || (r.cookie & ~(uint64_t)UINT32_MAX) != f->tag ||
        i >= f->plan->count)
        return 0;
    m->out--;
    file_source_leave(&f->source, i, &m->held);
    if (r.class != HELPER_INSTANCE || r.default_size == 0)
        return 0;
    fact = plan_progress_edit(f->progress, &f->plan->members[i], e);
    if (!fact)
        return -1;
    fact->size = fact->stored_size = r.default_size;
    m->measured[m->count++] = (uint32_t)i;
    if (m->count == BATCH)
        learn(m);
    return 0;
}

int ahead_measure(struct content *f, struct err *e)
{
    struct measuring m = {.content = f};
    int rc = 0;

    if (f->plan->options.content != PLAN_INSTANCES ||
        strcmp(conversion_rules_target(&f->plan->options.wish), TRANSFER_SYNTAX_EXPLICIT_LE) != 0 ||
        !f->pool)
        return 0;
    do
        rc = submit(&m, e) || (m.out && take(&m, e)) ? -1 : 0;
    while (rc == 0 && (m.out || m.next < f->plan->count));
    learn(&m);
    return rc;
}

static bool lacks_deflated_size(const struct content *f, const struct plan_member *m)
{
    const struct plan_fact fact = plan_progress_fact(f->progress, m);

    if (m->source == PLAN_SPLICED)
        return fact.deflated && !fact.known && !fact.deflated_size;
    return fact.deflated && m->source != PLAN_CONVERTED && !fact.known;
}

/* The size of a spliced member follows from its header. */
static void store_it(const struct plan_member *m, struct plan_fact *fact)
{
    fact->deflated = false;
    fact->known = m->source != PLAN_SPLICED;
    fact->stored_size = fact->known ? m->file_size : 0;
}

/* Record a measured size of pixel data. A later plan stores the member if it
 * does not become smaller; so does this one. */
static void take_pixels(struct content *f, size_t i, struct plan_fact *fact)
{
    const struct plan_member *m = &f->plan->members[i];

    if (f->learn.deflated)
        f->learn.deflated(f->learn.ctx, f->plan, m, fact->deflated_size);
    if (!plan_pays(f->plan, f->plan->pixels[i].length, fact->deflated_size))
        store_it(m, fact);
}

static bool is_over(const struct content *f)
{
    return f->deadline && io_now() >= f->deadline;
}

static int deflate_all(struct content *f, struct deflate_stream *k, struct err *e)
{
    for (size_t i = 0; i < f->plan->count; i++) {
        const struct plan_member *m = &f->plan->members[i];
        struct plan_fact *fact;

        if (!lacks_deflated_size(f, m))
            continue;
        fact = plan_progress_edit(f->progress, m, e);
        if (!fact)
            return -1;
        if (is_over(f)) {
            store_it(m, fact);
            continue;
        }
        if (deflate_stream_measure(k, i, e))
            return -1;
        if (m->source == PLAN_SPLICED)
            take_pixels(f, i, fact);
        else if (f->learn.deflated)
            f->learn.deflated(f->learn.ctx, f->plan, m, fact->stored_size);
    }
    return 0;
}

int ahead_deflate(struct content *f, struct err *e)
{
    struct deflate_stream *k = NULL;
    size_t i = 0;
    int rc;

    while (i < f->plan->count && !lacks_deflated_size(f, &f->plan->members[i]))
        i++;
    if (i == f->plan->count)
        return 0;
    rc = deflate_stream_open(f->progress, &f->source, f->threads, &k, e);
    if (rc == 0)
        rc = deflate_all(f, k, e);
    deflate_stream_close(k);
    return rc ? -1 : finish_relayout(f->progress, PLAN_LAYOUT_KNOWN, e);
}

static bool is_missing(const struct plan_progress *g, size_t i, bool crcs)
{
    const struct plan_member *m = &g->plan->members[i];

    return m->source == PLAN_CONVERTED &&
           !(crcs ? plan_progress_fact(g, m).known : plan_progress_sized(g, m));
}

size_t ahead_missing(const struct plan_progress *g, size_t end, bool crcs)
{
    size_t missing = 0;

    for (size_t i = 0; i < end; i++)
        missing += is_missing(g, i, crcs);
    return missing;
}

int ahead_make(struct content *f, size_t end, bool crcs, struct err *e)
{
    int rc = 0;

    f->only_unknown = true;
    for (size_t i = 0; rc == 0 && i < end; i++) {
        struct content_data c = {.fd = -1};

        if (!is_missing(f->progress, i, crcs))
            continue;
        rc = is_over(f) ? err_set(e, ERR_LATER, "the conversions take longer than convert_wait")
                        : content_open(f, i, end - 1, &c, e);
        content_done(f, &c);
    }
    f->only_unknown = false;
    return rc;
}
