/* SPDX-License-Identifier: MIT */
#include "fcgi/negotiate.h"

#include "base/deflate.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "catalog/collection_part.h"
#include "catalog/search.h"
#include "dicom/transfer_syntax.h"
#include "fcgi/serve_open.h"
#include "format/finish.h"
#include "http/offer.h"

static struct plan_options plan_options(const struct response *a, const char *location, const char *service)
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
        .codec_version = a->s->codec_version,
        .entry_time = c->entry_time == CONF_ENTRY_TIME_DATA,
        .location = accept_is_multipart(a->item->media) ? location : NULL,
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
    return !manifest ? MANIFEST_FORMATS : strcmp(manifest, "csv") == 0 ? MANIFEST_CSV_SHA256 : MANIFEST_SHA256;
}

static int negotiate_add_instance(void *ctx, const struct instance *i, struct err *e)
{
    struct response *a = ctx;
    size_t count = a->plan.count;

    if (a->manifest.plan ? manifest_add(&a->manifest, a->s->store, i, e) : plan_add(&a->plan, a->s->store, i, e))
        return -1;
    if (a->dicomdir.plan && a->plan.count > count && dicomdir_add(&a->dicomdir, i, e))
        return -1;
    if (a->look_early)
        content_look(&a->content);
    return 0;
}

/* Files can be checked while rows arrive, but not if a condition may make that unnecessary. */
static bool may_look_early(const struct response *a)
{
    const struct request *r = &a->request;

    return r->method == REQUEST_GET && !accept_is_table(a->item->media) && !r->if_match && !r->if_none_match &&
           !r->if_modified_since && !r->if_unmodified_since;
}

/* Check options that only archives of instances support. */
static int check_extras(const struct response *a, struct err *e)
{
    if ((a->request.search || a->request.collection) && a->request.dicomdir)
        return err_set(e, ERR_REQUEST, "a DICOMDIR is for one study, series or instance, not for a search or a collection");
    if (offer_of(a->item->media)->allows & OFFER_EXTRAS)
        return 0;
    if (a->request.manifest)
        return err_set(e, ERR_REQUEST, "a manifest is for archives: add accept=application/zip, or leave it out");
    if (a->request.dicomdir)
        return err_set(e, ERR_REQUEST, "a DICOMDIR is for archives: add accept=application/zip, or leave it out");
    return 0;
}

static int negotiate_begin_dicomdir(struct response *a, struct err *e)
{
    struct dicomdir_study study;

    dicomdir_release(&a->dicomdir);
    if (!a->request.dicomdir)
        return 0;
    return catalog_dicomdir_study(a->s->catalog, a->request.study, &study, e) ||
           dicomdir_init(&a->dicomdir, &a->plan, &study, e);
}

static int negotiate_end_dicomdir(struct response *a, struct err *e)
{
    if (!a->dicomdir.plan)
        return 0;
    return serve_start_helpers(a->s, e) || dicomdir_make(&a->dicomdir, a->s->helpers, e);
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

    if (e->kind != ERR_TOO_LARGE || catalog_search_size(a->s->catalog, a->request.search, &size, &why))
        return -1;
    err_clear(e);
    return err_set(e, ERR_TOO_LARGE, "the search matches %llu instances of %llu bytes; at most %llu instances and %llu bytes"
                   " (settings max_instances and max_bytes) are sent at once: narrow it", (unsigned long long)size.instances,
                   (unsigned long long)size.bytes, (unsigned long long)c->max_instances, (unsigned long long)c->max_bytes);
}

/* Refuse what is too large before rows are read: with the number of its bytes, and the way to have it in parts. */
static int check_piece(const struct response *a, const struct collection_piece *p, uint64_t max_bytes, struct err *e)
{
    const struct conf *c = a->s->conf;

    if (p->instances <= c->max_instances && p->bytes <= max_bytes)
        return 0;
    return err_set(e, ERR_TOO_LARGE, "it has %llu instances of %llu bytes; at most %llu instances and %llu bytes (settings"
                   " max_instances and max_bytes) are sent at once: ask for its parts, for example with part_bytes=50G&part=1",
                   (unsigned long long)p->instances, (unsigned long long)p->bytes, (unsigned long long)c->max_instances,
                   (unsigned long long)c->max_bytes);
}

static int find_collection(struct response *a, const struct catalog_query *q, struct err *e)
{
    const struct request *r = &a->request;
    struct collection_piece piece;

    if (r->part_bytes && !r->part)
        return err_set(e, ERR_REQUEST, "the query parameter part is missing: the number of the part, from 1");
    if (collection_piece(a->s->catalog, r->collection, r->part_bytes, r->part ? r->part : 1, &piece, e) ||
        check_piece(a, &piece, a->plan.options.max_bytes, e))
        return -1;
    return collection_find(a->s->catalog, r->collection, piece.places, q, negotiate_add_instance, a, e);
}

static int negotiate_find(struct response *a, const struct catalog_query *q, struct err *e)
{
    const struct search_query *s = a->request.search;

    if (a->request.collection)
        return find_collection(a, q, e);
    if (!s)
        return catalog_find(a->s->catalog, q, negotiate_add_instance, a, e);
    return catalog_search_find(a->s->catalog, s, q, negotiate_add_instance, a, e) ? report_size(a, e) : 0;
}

/* Look up the instances and make the plan for one acceptable representation. */
static int negotiate_make_plan(struct response *a, struct err *e)
{
    const struct request *r = &a->request;
    const char *study = response_location(a, REQUEST_STUDY, e);
    const char *service = a->request.metadata ? response_service(a, e) : NULL;
    struct plan_options o = plan_options(a, study, service);
    struct catalog_query q = {.study = r->study,
                              .series = r->series[0] ? r->series : NULL,
                              .instance = r->instance[0] ? r->instance : NULL,
                              .target = conversion_rules_target(&o.wish),
                              .codec_version = o.codec_version,
                              .compressor = o.framing == PLAN_ZIP ? deflate_identity() : NULL,
                              .all = manifest_format(a) != MANIFEST_FORMATS || r->dicomdir,
                              .keys = r->dicomdir,
                              .max_instances = o.max_instances,
                              .digests = r->manifest != NULL};
    struct content_learn learn = response_learn(a);

    if (check_extras(a, e) || !study || (a->request.metadata && !service))
        return -1;
    store_forget(a->s->store);
    plan_release(&a->plan);
    plan_init(&a->plan, &o);
    content_release(&a->content);
    content_init(&a->content, &a->plan, a->s->store, NULL, &learn);
    a->content.stat_pool = a->s->stat_pool;
    a->look_early = may_look_early(a);
    manifest_release(&a->manifest);
    if (manifest_format(a) != MANIFEST_FORMATS)
        manifest_init(&a->manifest, &a->plan, manifest_format(a));
    if (negotiate_begin_dicomdir(a, e) || negotiate_find(a, &q, e))
        return -1;
    if (negotiate_end_dicomdir(a, e))
        return -1;
    return a->manifest.plan ? finish_table(&a->manifest, e) : finish_plan(&a->plan, e);
}

/*
 * Use the first representation that is possible for every instance. If none is,
 * report the reason of the first.
 */
static int negotiate_choose(struct response *a, struct err *e)
{
    const struct accept_list *l = &a->request.accept;

    for (size_t i = 0; i < l->count; i++) {
        struct err why = ERR_INIT;

        a->item = &l->items[i];
        if (a->request.search && a->item->media != ACCEPT_ZIP)
            continue;
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

/*
 * Recorded conversions depend on the codec version. A worker asks its helper
 * processes when it is first needed.
 */
static int find_codec_version(struct response *a, struct err *e)
{
    if (a->s->codec_version || !plan_converts(&a->plan))
        return 0;
    return serve_find_codec_version(a->s, e) || negotiate_choose(a, e) ? -1 : 0;
}

int negotiate_make(struct response *a, struct err *e)
{
    return negotiate_choose(a, e) || find_codec_version(a, e) ? -1 : 0;
}

/* The spool keeps only forms that must be made before the status line: uncompressed ones are made while they are sent. */
static struct cache *cache_for(const struct response *a)
{
    bool ahead = strcmp(conversion_rules_target(&a->plan.options.wish), TRANSFER_SYNTAX_EXPLICIT_LE) != 0;

    return a->s->cache ? a->s->cache : ahead ? a->s->spool_cache : NULL;
}

int negotiate_check(struct response *a, struct err *e)
{
    uint64_t bad = 0;

    if (accept_is_table(a->item->media))
        return 0;
    if (plan_converts(&a->plan) && serve_start_helpers(a->s, e))
        return -1;
    a->content.pool = a->s->helpers;
    a->content.cache = cache_for(a);
    a->content.threads = (unsigned)a->s->conf->compress_threads;
    if (content_check(&a->content, &bad, e) == 0)
        return 0;
    if (bad > 1)
        log_error("%llu of %zu files are not as the catalogue knows them", (unsigned long long)bad,
                  plan_instances(&a->plan));
    return -1;
}
