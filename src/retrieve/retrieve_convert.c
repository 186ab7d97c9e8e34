/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve_convert.h"

static int convert_one(struct retrieval *r, size_t i, const struct retrieve_convert_watch *watch,
                       struct err *e)
{
    const struct plan_member *m = &r->plan.members[i];
    struct content_data c = {.fd = -1};
    struct err why = ERR_INIT;
    int rc = content_open(&r->content, i, r->plan.count - 1, &c, &why);

    content_done(&r->content, &c);
    if (rc && why.kind != ERR_HELPER && why.kind != ERR_DATA)
        return err_pass(e, &why);
    if (rc && watch->failed)
        watch->failed(watch->ctx,
                      store_label(r->tools->store, m->folder, plan_text(&r->plan, m->file)),
                      why.text);
    return 0;
}

int retrieve_convert(struct retrieval *r, const struct retrieve_convert_watch *watch, struct err *e)
{
    r->content.pool = r->tools->helpers;
    r->content.cache = r->tools->cache ? r->tools->cache : r->tools->spool_cache;
    r->content.only_unknown = true;
    for (size_t i = 0; i < r->plan.count; i++) {
        if (r->plan.members[i].source != PLAN_CONVERTED ||
            plan_progress_fact(&r->progress, &r->plan.members[i]).known)
            continue;
        if (watch->go_on && !watch->go_on(watch->ctx))
            return 0;
        if (convert_one(r, i, watch, e))
            return -1;
    }
    return 0;
}
