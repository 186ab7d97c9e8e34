#include "fcgi/choice.h"

#include "base/deflate.h"
#include "base/log.h"
#include "catalog/catalog.h"

static struct plan_options plan_options(const struct answer *a, const char *location, const char *service)
{
    static const enum plan_framing framings[] = {
        [ACCEPT_ZIP] = PLAN_ZIP, [ACCEPT_MULTIPART] = PLAN_MULTIPART, [ACCEPT_DICOM] = PLAN_SINGLE,
        [ACCEPT_TABLE_CSV] = PLAN_ZIP, [ACCEPT_TABLE_JSON] = PLAN_ZIP, [ACCEPT_OCTETS] = PLAN_SINGLE,
        [ACCEPT_OCTETS_MULTIPART] = PLAN_MULTIPART, [ACCEPT_METADATA_JSON] = PLAN_ARRAY, [ACCEPT_METADATA_PLAIN] = PLAN_ARRAY,
        [ACCEPT_METADATA_XML] = PLAN_MULTIPART, [ACCEPT_ZIP_JSON] = PLAN_ZIP, [ACCEPT_ZIP_XML] = PLAN_ZIP};
    static const enum plan_content contents[] = {
        [ACCEPT_OCTETS] = PLAN_BULKDATA, [ACCEPT_OCTETS_MULTIPART] = PLAN_BULKDATA,
        [ACCEPT_METADATA_JSON] = PLAN_METADATA_JSON, [ACCEPT_METADATA_PLAIN] = PLAN_METADATA_JSON,
        [ACCEPT_METADATA_XML] = PLAN_METADATA_XML,
        [ACCEPT_ZIP_JSON] = PLAN_PACKAGE_JSON, [ACCEPT_ZIP_XML] = PLAN_PACKAGE_XML}; /* all others: PLAN_INSTANCES */
    const struct conf *c = a->s->conf;
    struct plan_options o = {
        .content = contents[a->item->media],
        .element = a->request.element,
        .service = service,
        .framing = framings[a->item->media],
        .names = a->request.dicomdir                     ? PLAN_NAMES_MEDIA
                 : a->request.names == REQUEST_NAMES_UID ? PLAN_NAMES_UID
                                                         : PLAN_NAMES_SERIES,
        .wish = a->item->wish,
        .compression = plan_compression(a->request.compression ? a->request.compression : c->compression),
        .recipe = a->s->recipe,
        .entry_time = strcmp(c->entry_time, "data") == 0,
        .location = accept_is_multipart(a->item->media) ? location : NULL,
        .max_instances = c->max_instances,
        .max_bytes = c->max_bytes,
    };

    o.wish.lossy_allowed = c->lossy_conversion != 0;
    if (accept_is_table(a->item->media) || plan_tells_metadata(&o))
        o.max_bytes = UINT64_MAX; /* none of them is sent */
    return o;
}

/* Members are listed as a table that is the answer, or is a member itself; LISTING_FORMATS: neither. */
static enum listing_format listing_format(const struct answer *a)
{
    const char *manifest = a->request.manifest;

    if (accept_is_table(a->item->media))
        return a->item->media == ACCEPT_TABLE_JSON ? LISTING_JSON : LISTING_CSV;
    return !manifest ? LISTING_FORMATS : strcmp(manifest, "csv") == 0 ? LISTING_CSV_SHA256 : LISTING_SHA256;
}

static int add_instance(void *ctx, const struct instance *i, struct err *e)
{
    struct answer *a = ctx;
    size_t count = a->plan.count;

    if (a->listing.plan ? listing_add(&a->listing, a->s->store, i, e) : plan_add(&a->plan, a->s->store, i, e))
        return -1;
    if (a->dicomdir.plan && a->plan.count > count && dicomdir_add(&a->dicomdir, i, e))
        return -1;
    if (a->look_early)
        feed_look(&a->feed);
    return 0;
}

/* While rows come there is time to look at files; but not where a condition may spare that. */
static bool may_look_early(const struct answer *a)
{
    const struct request *r = &a->request;

    return r->method == REQUEST_GET && !accept_is_table(a->item->media) && !r->if_match && !r->if_none_match &&
           !r->if_modified_since && !r->if_unmodified_since;
}

static int start_helpers(struct serve *s, struct err *e)
{
    const struct proc_setup setup = proc_setup_of(s->conf);

    return s->helpers || proc_open(&setup, &s->helpers, e) == 0 ? 0 : -1;
}

/* Parts of an archive that nothing else has. */
static int check_extras(const struct answer *a, struct err *e)
{
    if (a->item->media == ACCEPT_ZIP)
        return 0;
    if (a->request.manifest)
        return err_set(e, ERR_REQUEST, "a manifest is for archives: add accept=application/zip, or leave it out");
    if (a->request.dicomdir)
        return err_set(e, ERR_REQUEST, "a DICOMDIR is for archives: add accept=application/zip, or leave it out");
    return 0;
}

static int begin_dicomdir(struct answer *a, struct err *e)
{
    struct media_study study;

    dicomdir_release(&a->dicomdir);
    if (!a->request.dicomdir)
        return 0;
    return catalog_media(a->s->catalog, a->request.study, &study, e) || dicomdir_init(&a->dicomdir, &a->plan, &study, e);
}

static int end_dicomdir(struct answer *a, struct err *e)
{
    if (!a->dicomdir.plan)
        return 0;
    return start_helpers(a->s, e) || dicomdir_make(&a->dicomdir, a->s->helpers, e);
}

/* What exists and what of it would be sent, for one acceptable representation. */
static int make_plan(struct answer *a, struct err *e)
{
    const struct request *r = &a->request;
    const char *study = answer_location(a, REQUEST_STUDY, e);
    const char *service = a->request.metadata ? answer_service(a, e) : NULL;
    struct plan_options o = plan_options(a, study, service);
    struct catalog_query q = {.study = r->study,
                              .series = r->series[0] ? r->series : NULL,
                              .instance = r->instance[0] ? r->instance : NULL,
                              .target = form_target(&o.wish),
                              .recipe = o.recipe,
                              .compressor = o.framing == PLAN_ZIP ? deflate_identity() : NULL,
                              .all = listing_format(a) != LISTING_FORMATS || r->dicomdir,
                              .keys = r->dicomdir,
                              .max_instances = o.max_instances,
                              .digests = r->manifest != NULL};
    struct feed_learn learn = answer_learn(a);

    if (check_extras(a, e) || !study || (a->request.metadata && !service))
        return -1;
    store_forget(a->s->store);
    plan_release(&a->plan);
    plan_init(&a->plan, &o);
    feed_release(&a->feed);
    feed_init(&a->feed, &a->plan, a->s->store, NULL, &learn);
    a->feed.scout = a->s->scout;
    a->look_early = may_look_early(a);
    listing_release(&a->listing);
    if (listing_format(a) != LISTING_FORMATS)
        listing_init(&a->listing, &a->plan, listing_format(a));
    if (begin_dicomdir(a, e) || catalog_find(a->s->catalog, &q, add_instance, a, e) || end_dicomdir(a, e))
        return -1;
    return a->listing.plan ? listing_layout(&a->listing, e) : plan_layout(&a->plan, e);
}

/* The first representation that can be made of every instance; when none can, the first one's reason is told. */
static int choose(struct answer *a, struct err *e)
{
    const struct accept_list *l = &a->request.accept;

    for (size_t i = 0; i < l->count; i++) {
        struct err why = ERR_INIT;

        a->item = &l->items[i];
        if (make_plan(a, &why) == 0)
            return 0;
        if (why.kind != ERR_NOT_ACCEPTABLE) {
            *e = why;
            return -1;
        }
        err_set(e, why.kind, "%s", why.text);
    }
    return err_set(e, ERR_NOT_ACCEPTABLE, "nothing that is acceptable is offered");
}

/* What is known of conversions depends on the recipe, which a worker asks its helpers for when it first needs them. */
static int find_recipe(struct answer *a, struct err *e)
{
    struct serve *s = a->s;

    if (s->recipe || !plan_converts(&a->plan))
        return 0;
    return start_helpers(s, e) || proc_recipe(s->helpers, &s->recipe, e) || choose(a, e) ? -1 : 0;
}

int choice_make(struct answer *a, struct err *e)
{
    return choose(a, e) || find_recipe(a, e) ? -1 : 0;
}

bool choice_measures(const struct answer *a)
{
    const struct plan *p = &a->plan;

    return p->options.content == PLAN_INSTANCES && p->options.framing != PLAN_ZIP && p->count == 1 &&
           p->members[0].converted && !p->length_known;
}

int choice_measure(struct answer *a, struct err *e)
{
    return feed_begin(&a->feed, 0, 0, e) || plan_complete(&a->plan, e) ? -1 : 0;
}

int choice_check(struct answer *a, struct err *e)
{
    uint64_t bad = 0;

    if (accept_is_table(a->item->media))
        return 0;
    if (plan_converts(&a->plan) && start_helpers(a->s, e))
        return -1;
    a->feed.pool = a->s->helpers;
    a->feed.cache = a->s->cache;
    a->feed.threads = (unsigned)a->s->conf->compress_threads;
    if (feed_check(&a->feed, &bad, e) == 0)
        return 0;
    if (bad > 1)
        log_error("%llu of %zu files are not as the catalogue knows them", (unsigned long long)bad,
                  plan_instances(&a->plan));
    return -1;
}
