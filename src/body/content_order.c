/* SPDX-License-Identifier: MIT */
#include "body/content_order.h"

#include "format/metadata_zip.h"

enum helper_packing content_order_packing(const struct plan_progress *g,
                                          const struct plan_member *m)
{
    const struct plan_fact fact = plan_progress_fact(g, m);

    if (fact.deflated)
        return HELPER_PACK_ANY;
    return plan_packs(g->plan) && fact.deflated_size == 0 ? HELPER_PACK_MEASURE
                                                          : HELPER_PACK_NOTHING;
}

static const enum helper_job_kind kinds[] = {
    [PLAN_INSTANCES] = HELPER_CONVERT, [PLAN_BULKDATA] = HELPER_EXTRACT,
    [PLAN_METADATA_JSON] = HELPER_METADATA_JSON, [PLAN_METADATA_XML] = HELPER_METADATA_XML,
    [PLAN_PACKAGE_JSON] = HELPER_PACKAGE_JSON, [PLAN_PACKAGE_XML] = HELPER_PACKAGE_XML};

int content_order_submit(const struct plan_progress *g, size_t i, struct helper_pool *pool,
                         int fd_take, uint64_t cookie, struct err *e)
{
    const struct plan_member *m = &g->plan->members[i];
    const struct plan_options *o = &g->plan->options;
    struct helper_order order = {.kind = kinds[o->content],
                                 .target = o->content == PLAN_BULKDATA ? o->element : o->service,
                                 .profile = plan_profile(o),
                                 .cookie = cookie};
    char prefix[METADATA_ZIP_PREFIX_MAX];

    if (o->content == PLAN_INSTANCES) {
        order.packing = content_order_packing(g, m);
        order.target = conversion_rules_target(&o->wish);
    } else if (plan_is_package(o->content)) {
        metadata_zip_prefix(g->plan, m, prefix);
        order.target = prefix;
    }
    return helper_pool_order(pool, fd_take, &order, e);
}
