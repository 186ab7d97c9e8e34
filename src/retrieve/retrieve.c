/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve.h"

#include <string.h>

#include "base/deflate.h"
#include "body/ahead.h"
#include "body/body.h"
#include "body/splice.h"
#include "body/splice_table.h"
#include "dicom/transfer_syntax.h"
#include "format/finish.h"
#include "retrieve/kept_plan.h"
#include "retrieve/retrieve_headers.h"
#include "retrieve/retrieve_learn.h"

void retrieve_release(struct retrieval *r)
{
    spooled_release(&r->body);
    content_release(&r->content);
    manifest_release(&r->manifest);
    dicomdir_release(&r->dicomdir);
    plan_progress_release(&r->progress);
    plan_release(&r->plan);
}

void retrieve_begin(struct retrieval *r, const struct plan_options *o)
{
    const struct content_learn learn = retrieve_learn(r);

    retrieve_release(r);
    store_forget(r->tools->store);
    plan_init(&r->plan, o);
    r->kept[0] = '\0';
    plan_progress_begin(&r->progress, &r->plan);
    content_init(&r->content, &r->progress, r->tools->store, NULL, &learn);
    if (o->profile) /* facts about de-identified bytes are not the catalogue's */
        r->content.learn.conversion = NULL, r->content.learn.sizes = NULL;
    r->content.stat_pool = r->tools->stat_pool;
    r->content.threads = (unsigned)r->tools->conf->compress_threads;
}

/* Records are de-identified from the original, but dates as a profile shows
 * them. */
static int add_to_dicomdir(struct retrieval *r, const struct instance *row,
                           const struct instance *shown, struct err *e)
{
    struct instance original = *row;

    original.acquired = shown->acquired;
    return dicomdir_add(&r->dicomdir, &original, e);
}

int retrieve_add(void *retrieval, const struct instance *row, struct err *e)
{
    struct retrieval *r = retrieval;
    const struct deid_profile *profile = r->plan.options.profile;
    const struct instance *i = profile ? &r->shown : row;
    size_t count = r->plan.count;

    if (profile && retrieve_deid_instance(&r->deid, profile, row, &r->shown, e))
        return -1;
    if (r->manifest.plan ? manifest_add(&r->manifest, r->tools->store, i, e)
                         : plan_add(&r->plan, r->tools->store, i, e))
        return -1;
    if (r->dicomdir.plan && r->plan.count > count && add_to_dicomdir(r, row, i, e))
        return -1;
    if (r->look_early)
        content_look(&r->content);
    return 0;
}

static int begin_dicomdir(struct retrieval *r, const char *study_uid, struct err *e)
{
    struct dicomdir_study study;
    char issuer[HELPER_TEXT_MAX + 1];

    if (catalog_dicomdir_study(r->tools->catalog, study_uid, &study, issuer, e) ||
        dicomdir_init(&r->dicomdir, &r->plan, &study, e))
        return -1;
    memcpy(r->dicomdir.issuer, issuer, sizeof issuer);
    return 0;
}

static int end_dicomdir(struct retrieval *r, struct err *e)
{
    return retrieve_tools_start_helpers(r->tools, e) ||
                   dicomdir_make(&r->dicomdir, r->tools->helpers, e)
               ? -1
               : 0;
}

static int look_up(struct retrieval *r, const struct retrieve_query *q, struct err *e)
{
    const struct plan_options *o = &r->plan.options;
    struct catalog_query rows = {.study = q->study,
                                 .series = q->series,
                                 .instance = q->instance,
                                 .target = conversion_rules_target(&o->wish),
                                 .codec_version = o->codec_version,
                                 .compressor = o->framing == PLAN_ZIP ? deflate_identity() : NULL,
                                 .all = q->manifest != MANIFEST_FORMATS || q->dicomdir,
                                 .places = o->profile != NULL,
                                 .keys = q->dicomdir,
                                 .max_instances = o->max_instances,
                                 .digests = q->manifest == MANIFEST_SHA256 ||
                                            q->manifest == MANIFEST_CSV_SHA256};

    return q->find ? q->find(q->ctx, r, &rows, e)
                   : catalog_find(r->tools->catalog, &rows, retrieve_add, r, e);
}

static void begin_plan(struct retrieval *r, const struct plan_options *o,
                       const struct retrieve_query *q)
{
    struct plan_options with_version = *o;

    with_version.codec_version = r->tools->codec_version;
    retrieve_begin(r, &with_version);
    r->look_early = q->look_early;
    if (q->manifest != MANIFEST_FORMATS)
        manifest_init(&r->manifest, &r->plan, q->manifest);
}

static int make_plan(struct retrieval *r, const struct plan_options *o,
                     const struct retrieve_query *q, struct err *e)
{
    begin_plan(r, o, q);
    if (q->dicomdir && begin_dicomdir(r, q->study, e))
        return -1;
    if (look_up(r, q, e) || (q->dicomdir && end_dicomdir(r, e)))
        return -1;
    return r->manifest.plan ? finish_table(&r->manifest, &r->progress, e)
                            : finish_plan(&r->plan, &r->progress, e);
}

/* Recorded conversions depend on the codec version. Helper processes are asked
 * only if a member is converted. */
static int make_complete(struct retrieval *r, const struct plan_options *o,
                         const struct retrieve_query *q, struct err *e)
{
    if (make_plan(r, o, q, e))
        return -1;
    if (r->tools->codec_version || (!plan_converts(&r->plan) && !o->profile))
        return 0;
    return retrieve_tools_find_codec_version(r->tools, e) || make_plan(r, o, q, e) ? -1 : 0;
}

static int make_headers(struct retrieval *r, struct err *e)
{
    if (retrieve_tools_start_helpers(r->tools, e))
        return -1;
    r->content.pool = r->tools->helpers;
    if (splice_due(&r->content) && ahead_deflate(&r->content, e))
        return -1;
    return retrieve_headers(r, e);
}

/* Sizes and CRC-32s of a table follow from the headers, which an archive of the
 * same instances can have. */
static int size_table(struct retrieval *r, struct err *e)
{
    struct plan_progress *g = &r->progress;

    if (!r->plan.options.profile || !retrieve_is_table(r))
        return 0;
    if (finish_etag(g, PLAN_LAYOUT_KNOWN, g->etag, e) || make_headers(r, e))
        return -1;
    return manifest_identify(&r->manifest, g, e);
}

int retrieve_know_length(struct retrieval *r, struct err *e)
{
    if (r->progress.length_known)
        return 0;
    return make_headers(r, e) || (ahead_missing(&r->progress, r->plan.count, false) == 0 &&
                                  finish_measure(&r->progress, e))
               ? -1
               : 0;
}

int retrieve_plan(struct retrieval *r, const struct plan_options *o, const struct retrieve_query *q,
                  struct err *e)
{
    bool keeps;

    if (q->keep && o->profile && retrieve_tools_find_codec_version(r->tools, e))
        return -1; /* a kept plan depends on it */
    begin_plan(r, o, q);
    keeps = q->keep && !retrieve_is_table(r);
    if (keeps && kept_plan_get(r, q->keep))
        return 0;
    if (make_complete(r, o, q, e) || size_table(r, e))
        return -1;
    if (keeps)
        kept_plan_put(r, q->keep);
    return 0;
}

bool retrieve_is_table(const struct retrieval *r)
{
    return r->manifest.plan && !manifest_is_member(&r->manifest);
}

/*
 * The spool keeps only members that must be made before the status line:
 * uncompressed ones are made while they are sent.
 */
static struct cache *cache_for(const struct retrieval *r)
{
    bool ahead =
        strcmp(conversion_rules_target(&r->plan.options.wish), TRANSFER_SYNTAX_EXPLICIT_LE) != 0;

    return r->tools->cache ? r->tools->cache : ahead ? r->tools->spool_cache : NULL;
}

int retrieve_check(struct retrieval *r, uint64_t *bad, struct err *e)
{
    *bad = 0;
    if (retrieve_is_table(r))
        return 0;
    if ((plan_converts(&r->plan) || r->plan.options.profile) &&
        retrieve_tools_start_helpers(r->tools, e))
        return -1;
    r->content.pool = r->tools->helpers;
    r->content.cache = cache_for(r);
    return content_check(&r->content, bad, e);
}

int retrieve_send_range(struct retrieval *r, uint64_t first, uint64_t end, struct sink *s,
                        struct err *e)
{
    if (retrieve_is_table(r))
        return manifest_send_range(&r->manifest, &r->progress, first, end, s, e);
    if (r->body.fd >= 0)
        return spooled_send(&r->body, first, end, s, e);
    return body_send_range(&r->content, first, end, s, e);
}

int retrieve_send(struct retrieval *r, struct sink *s, struct err *e)
{
    if (retrieve_is_table(r) || r->body.fd >= 0)
        return retrieve_send_range(r, 0, r->progress.length, s, e);
    return body_send(&r->content, s, e);
}

void retrieve_distrust(struct retrieval *r)
{
    kept_plan_drop(r);
    splice_table_drop(&r->content, r->tools->spool_cache);
}
