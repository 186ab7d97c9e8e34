/* SPDX-License-Identifier: MIT */
#include "respond/negotiate.h"

#include "base/log.h"
#include "catalog/catalog.h"
#include "catalog/search.h"
#include "http/offer.h"
#include "retrieve/retrieve_collection.h"

static struct plan_options plan_options(const struct response *a, const char *location,
                                        const char *service)
{
    const struct offer *offer = offer_of(a->item->media);
    const struct conf *c = a->s->conf;
    struct plan_options o = {
        .content = offer->holds,
        .element = a->request.element,
        .service = service,
        .framing = offer->framing,
        .names = a->request.dicomdir                     ? PLAN_NAMES_MEDIA
                 : a->request.names == REQUEST_NAMES_UID ? PLAN_NAMES_UID
                                                         : PLAN_NAMES_SERIES,
        .study_folders = a->request.collection || (a->request.search && !a->request.study[0]),
        .wish = a->item->wish,
        .compression = a->request.compression ? plan_compression(a->request.compression)
                                              : plan_compression_setting(c->compression),
        .entry_time = c->entry_time == CONF_ENTRY_TIME_DATA,
        .location = accept_is_multipart(a->item->media) && !a->profile ? location : NULL,
        .profile = a->profile,
        .max_instances = c->max_instances,
        .max_bytes = c->max_bytes,
    };

    o.wish.lossy_allowed = c->lossy_conversion != 0;
    if (accept_is_table(a->item->media) || plan_is_metadata(&o))
        o.max_bytes = UINT64_MAX; /* none of them is sent */
    return o;
}

/*
 * Return the format of a table, which is the response or the manifest member;
 * MANIFEST_FORMATS if there is none.
 */
static enum manifest_format manifest_format(const struct response *a)
{
    const char *manifest = a->request.manifest;

    if (accept_is_table(a->item->media))
        return a->item->media == ACCEPT_TABLE_JSON ? MANIFEST_JSON : MANIFEST_CSV;
    return !manifest                      ? MANIFEST_FORMATS
           : strcmp(manifest, "csv") == 0 ? MANIFEST_CSV_SHA256
                                          : MANIFEST_SHA256;
}

/* Files can be checked while rows arrive, but not if a condition may make that
 * unnecessary. */
static bool may_look_early(const struct response *a)
{
    const struct request *r = &a->request;

    return r->method == REQUEST_GET && !accept_is_table(a->item->media) && !r->if_match &&
           !r->if_none_match && !r->if_modified_since && !r->if_unmodified_since;
}

/* Check options that only archives of instances support. */
static int check_extras(const struct response *a, struct err *e)
{
    if ((a->request.search || a->request.collection) && a->request.dicomdir)
        return err_set(
            e, ERR_REQUEST,
            "a DICOMDIR is for one study, series or instance, not for a search or a collection");
    if (offer_of(a->item->media)->allows & OFFER_EXTRAS)
        return 0;
    if (a->request.manifest)
        return err_set(e, ERR_REQUEST,
                       "a manifest is for archives: add accept=application/zip, or leave it out");
    if (a->request.dicomdir)
        return err_set(e, ERR_REQUEST,
                       "a DICOMDIR is for archives: add accept=application/zip, or leave it out");
    return 0;
}

/*
 * Report how large a search's result is and how large it may be. The partial
 * plan does not say that.
 */
static int report_size(struct response *a, struct err *e)
{
    const struct conf *c = a->s->conf;
    struct catalog_search_size size;
    struct err why = ERR_INIT;

    if (e->kind != ERR_TOO_LARGE ||
        catalog_search_size(a->s->tools.catalog, a->request.search, &size, &why))
        return -1;
    err_clear(e);
    return err_set(
        e, ERR_TOO_LARGE,
        "the search matches %llu instances of %llu bytes; at most %llu instances and %llu bytes"
        " (settings max_instances and max_bytes) are sent at once: narrow it",
        (unsigned long long)size.instances, (unsigned long long)size.bytes,
        (unsigned long long)c->max_instances, (unsigned long long)c->max_bytes);
}

static int find_matches(struct response *a, const struct catalog_query *q, struct err *e)
{
    return catalog_search_find(a->s->tools.catalog, a->request.search, q, retrieve_add,
                               &a->retrieval, e)
               ? report_size(a, e)
               : 0;
}

static struct retrieve_collection wanted_collection(const struct request *r)
{
    return (struct retrieve_collection){r->collection, r->part_bytes, r->part};
}

static int negotiate_find(void *ctx, struct retrieval *r, const struct catalog_query *q,
                          struct err *e)
{
    struct response *a = ctx;
    const struct retrieve_collection collection = wanted_collection(&a->request);

    return collection.id ? retrieve_collection_find(&collection, r, q, e) : find_matches(a, q, e);
}

/*
 * Return the base of bulk data addresses, in the arena; null on failure. The
 * request names the original study, so that de-identified metadata has
 * addresses relative to it. A link finds its studies by their new UIDs.
 */
static const char *bulk_base(struct response *a, struct err *e)
{
    static const char *const below[] = {[REQUEST_STUDY] = "series",
                                        [REQUEST_SERIES] = "instances",
                                        [REQUEST_INSTANCE] = "bulkdata"};

    if (!a->profile || a->link.active)
        return response_service(a, e);
    return mem_printf(&a->s->mem, e, "%s?deidentify=%s", below[a->request.level], a->profile->name);
}

/* Look up the instances and make the plan for one acceptable representation. */
static int negotiate_make_plan(struct response *a, struct err *e)
{
    const struct request *r = &a->request;
    const struct retrieve_collection collection = wanted_collection(r);
    const char *study = response_location(a, REQUEST_STUDY, e);
    const char *service = a->request.metadata ? bulk_base(a, e) : NULL;
    struct plan_options o = plan_options(a, study, service);
    struct retrieve_query q = {.study = r->study,
                                     .series = r->series,
                                     .instance = r->instance,
                                     .manifest = manifest_format(a),
                                     .dicomdir = r->dicomdir,
                                     .look_early = may_look_early(a),
                                     .find = r->collection || r->search ? negotiate_find : NULL,
                                     .ctx = a};

    if (check_extras(a, e) || !study || (a->request.metadata && !service))
        return -1;
    if (collection.id &&
        !(q.keep = retrieve_collection_name(a->s->tools.catalog, &collection, &a->s->mem, e)))
        return -1;
    return retrieve_plan(&a->retrieval, &o, &q, e);
}

/*
 * Use the first representation that is possible for every instance. If none is,
 * report the reason of the first.
 */
int negotiate_make(struct response *a, struct err *e)
{
    const struct accept_list *l = &a->request.accept;

    for (size_t i = 0; i < l->count; i++) {
        struct err why = ERR_INIT;

        a->item = &l->items[i];
        if ((a->request.search && a->item->media != ACCEPT_ZIP) ||
            accept_is_archive_list(a->item->media))
            continue; /* made otherwise, if it comes first */
        if (negotiate_make_plan(a, &why) == 0)
            return 0;
        if (why.kind != ERR_NOT_ACCEPTABLE) {
            *e = why;
            return -1;
        }
        err_set(e, why.kind, "%s", why.text);
    }
    return err_set(e, ERR_NOT_ACCEPTABLE, "nothing that is acceptable is offered");
}

int negotiate_check(struct response *a, struct err *e)
{
    uint64_t bad = 0;

    if (retrieve_check(&a->retrieval, &bad, e) == 0)
        return 0;
    if (bad > 1)
        log_error("%llu of %zu files are not as the catalogue knows them", (unsigned long long)bad,
                  plan_instances(&a->retrieval.plan));
    return -1;
}
