/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve.h"

#include "body/ahead.h"
#include "format/finish.h"
#include "retrieve/retrieve_headers.h"

/* Make metadata completely, unless it is in the cache. Not bounded by a
 * deadline. */
static int make_metadata(struct retrieval *r, bool gzip, struct err *e)
{
    struct cache *kept = r->tools->spool_cache;
    const char *spool = r->tools->conf->spool;

    r->content.deadline = 0;
    if (spooled_get(&r->body, kept, r->progress.etag)) {
        r->progress.length = r->body.length;
        r->progress.length_known = true;
        return 0;
    }
    if (spooled_make(&r->body, &r->content, spool, e))
        return -1;
    if (gzip && spooled_compress(&r->body, spool, e))
        return -1;
    r->progress.length = r->body.length;
    spooled_put(&r->body, kept, r->progress.etag);
    return 0;
}

/* Whether all conversions fit in the cache. File sizes are used in place of
 * converted sizes. */
static bool keeps_conversions(const struct retrieval *r)
{
    uint64_t largest = 0, all = 0;

    for (size_t i = 0; i < r->plan.count; i++) {
        const struct plan_member *m = &r->plan.members[i];

        if (m->source != PLAN_CONVERTED)
            continue;
        all += m->file_size;
        if (m->file_size > largest)
            largest = m->file_size;
    }
    return cache_holds(r->content.cache, largest, all);
}

/*
 * Convert members whose size is not known otherwise. Results are kept in the
 * cache. A first body that does not fit there is made whole in a file, so that
 * nothing is converted twice. If earlier retrievals have converted some
 * members, only the others are converted.
 */
static int make_conversions(struct retrieval *r, struct err *e)
{
    struct plan_progress *g = &r->progress;
    size_t missing = ahead_missing(g, r->plan.count, false);

    if (missing == 0)
        return finish_measure(g, e);
    if (missing == plan_instances(&r->plan) && !keeps_conversions(r))
        return spooled_make(&r->body, &r->content, r->tools->conf->spool, e);
    return ahead_make(&r->content, r->plan.count, false, e) || finish_measure(g, e) ? -1 : 0;
}

static int make_length(struct retrieval *r, bool gzip, struct err *e)
{
    struct content *f = &r->content;

    if (r->plan.options.content != PLAN_INSTANCES)
        return make_metadata(r, gzip, e);
    if (ahead_deflate(f, e) || retrieve_headers(r, e))
        return -1;
    if (ahead_measure(f, e))
        return -1;
    return make_conversions(r, e);
}

int retrieve_length(struct retrieval *r, double deadline, bool gzip, struct err *e)
{
    int rc;

    if (r->progress.length_known)
        return 0;
    r->content.deadline = deadline;
    rc = make_length(r, gzip, e);
    r->content.deadline = 0;
    return rc;
}
