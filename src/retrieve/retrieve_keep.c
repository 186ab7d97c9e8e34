/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve_keep.h"

#include "base/sink.h"
#include "store/store_remote.h"

/* Return whether bytes of a member are computed, or fetched from another
 * machine. */
static bool member_costs(const struct retrieval *r, const struct plan_member *m)
{
    return m->source == PLAN_CONVERTED || m->deflated ||
           (m->source == PLAN_FILE && store_is_remote(r->tools->store, m->folder));
}

/* Small archives cost less than their entry. */
bool retrieve_is_worth_keeping(const struct retrieval *r)
{
    const struct plan *p = &r->plan;

    if (!r->tools->cache || p->options.content != PLAN_INSTANCES || retrieve_is_table(r))
        return false;
    if (!r->progress.length_known || !r->progress.etag[0] || r->progress.length <= SINK_BUFFER)
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (member_costs(r, &p->members[i]))
            return true;
    return false;
}

bool retrieve_find_kept(struct retrieval *r)
{
    return r->body.fd < 0 && retrieve_is_worth_keeping(r) &&
           archive_cache_get(r->tools->cache, r->progress.etag, r->progress.length, &r->body);
}

bool retrieve_keep(const struct retrieval *r, struct archive_fill *f)
{
    *f = (struct archive_fill){.fd = -1};
    return !*r->body.kept && retrieve_is_worth_keeping(r) &&
           archive_fill_begin(f, r->tools->cache, r->progress.etag, r->progress.length);
}
