#include "cli/prepare.h"

#include "archive/feed.h"
#include "catalog/catalog.h"
#include "catalog/inventory.h"

#define STUDIES 256 /* asked for at once */
#define BATCH 256   /* members that are made before the next studies are looked at */

struct prepare {
    struct prepare_setup setup;
    struct plan_options options;
    struct inventory *inventory;
    struct catalog *catalog;
    struct store *store;
    struct proc_pool *pool;
    struct cache *cache;
    struct plan plan;   /* what is to be made, of one study or of several */
    char studies[STUDIES][DUID_MAX + 1];
    size_t count;
};

static bool is_stopped(const struct prepare *p)
{
    return *p->setup.stop != 0;
}

static void tell(struct prepare *p, const char *label, const char *reason)
{
    p->setup.trouble(p->setup.ctx, label, reason);
    p->setup.tally->failed++;
}

/* As an answer would be planned that nobody has asked anything special of. */
static struct plan_options options_of(const struct conf *c)
{
    return (struct plan_options){.framing = PLAN_ZIP, .compression = plan_compression(c->compression),
                                 .max_instances = UINT32_MAX, .max_bytes = UINT64_MAX};
}

static int open_all(struct prepare *p, struct err *e)
{
    const struct conf *c = p->setup.conf;
    struct proc_setup setup = proc_setup_of(c);
    struct err why = ERR_INIT;

    if (p->setup.jobs)
        setup.children = p->setup.jobs;
    if (cache_open(c, false, &p->cache, &why) && why.kind == ERR_CONFIG)
        return err_set(e, why.kind, "%s", why.text);
    if (why.kind)
        p->setup.trouble(p->setup.ctx, "form_cache", why.text);
    return inventory_open(c->database, &p->inventory, e) || catalog_open(c->database, &p->catalog, e) ||
                   store_open(c, &p->store, e) || proc_open(&setup, &p->pool, e) ||
                   proc_recipe(p->pool, &p->options.recipe, e) ? -1 : 0;
}

int prepare_open(const struct prepare_setup *s, struct prepare **out, struct err *e)
{
    struct prepare *p = calloc(1, sizeof *p);

    *out = p;
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left to prepare");
    p->setup = *s;
    p->options = options_of(s->conf);
    if (open_all(p, e))
        return -1;
    plan_init(&p->plan, &p->options);
    return 0;
}

void prepare_close(struct prepare *p)
{
    if (!p)
        return;
    plan_release(&p->plan);
    proc_close(p->pool);
    cache_close(p->cache);
    store_close(p->store);
    catalog_close(p->catalog);
    inventory_close(p->inventory);
    free(p);
}

/* Losing what was learnt costs time at the next run. */
static void learn(void *ctx, const struct plan *plan, const struct plan_member *m, uint64_t size, uint32_t crc,
                  uint64_t deflated)
{
    struct prepare *p = ctx;
    const struct catalog_form form = {form_target(&plan->options.wish), plan->options.recipe, size, deflated, crc};
    struct err e = ERR_INIT;

    if (catalog_learn_form(p->catalog, plan_text(plan, m->sop_uid), m->file_crc, &form, &e))
        tell(p, store_label(p->store, m->folder, plan_text(plan, m->file)), e.text);
    else
        p->setup.tally->made += size > 0;
}

/* Whether the file is as it was indexed: else it is told, and not made. */
static bool is_there(struct prepare *p, const struct instance *i, struct err *e)
{
    struct err why = ERR_INIT;
    struct store_meta meta;
    uint32_t folder;
    const char *file;

    if (store_name(p->store, i->root, i->path, &folder, &file, &why) == 0 &&
        store_stat(p->store, folder, file, &meta, &why) == 0) {
        if (meta.size == i->size && meta.mtime_ns == i->mtime_ns)
            return true;
        tell(p, store_label(p->store, folder, file), "is not as it was indexed");
    } else if (why.kind == ERR_DATA) {
        tell(p, i->path, why.text);
    } else {
        (void)err_set(e, why.kind, "%s", why.text);
    }
    return false;
}

static int take_instance(void *ctx, const struct instance *i, struct err *e)
{
    struct prepare *p = ctx;
    const char *why;

    if (form_decide(&p->options.wish, i, &why) != FORM_CONVERTED || (i->form_known && i->form_deflated))
        return 0;
    if (!is_there(p, i, e))
        return e->kind ? -1 : 0;
    return plan_add(&p->plan, p->store, i, e);
}

static int make_one(struct prepare *p, struct feed *f, size_t i, struct err *e)
{
    const struct plan_member *m = &p->plan.members[i];
    struct feed_content c = {.fd = -1};
    struct err why = ERR_INIT;

    if (m->known)
        return 0;
    if (feed_open(f, i, p->plan.count - 1, &c, &why)) {
        if (why.kind != ERR_HELPER && why.kind != ERR_DATA)
            return err_set(e, why.kind, "%s", why.text);
        tell(p, store_label(p->store, m->folder, plan_text(&p->plan, m->file)), why.text);
    }
    feed_done(f, &c);
    p->setup.progress(p->setup.ctx);
    return 0;
}

static int make_all(struct prepare *p, struct err *e)
{
    const struct feed_learn learner = {.form = learn, .ctx = p};
    struct feed f;
    int rc = 0;

    feed_init(&f, &p->plan, p->store, p->pool, &learner);
    f.cache = p->cache;
    for (size_t i = 0; rc == 0 && i < p->plan.count && !is_stopped(p); i++)
        rc = make_one(p, &f, i, e);
    feed_release(&f);
    plan_release(&p->plan);
    store_forget(p->store);
    return rc;
}

/* A study that has been taken out meanwhile has nothing to be made. */
static int look_at_study(struct prepare *p, const char *study, struct err *e)
{
    const struct catalog_query q = {.study = study, .target = form_target(&p->options.wish), .recipe = p->options.recipe,
                                    .max_instances = p->options.max_instances};
    struct err why = ERR_INIT;

    if (catalog_find(p->catalog, &q, take_instance, p, &why) == 0 || why.kind == ERR_NOT_FOUND || why.kind == ERR_GONE)
        return 0;
    return err_set(e, why.kind, "%s", why.text);
}

static int take_study(void *ctx, const char *study_uid, struct err *e)
{
    struct prepare *p = ctx;

    (void)e;
    snprintf(p->studies[p->count++], sizeof *p->studies, "%s", study_uid);
    return 0;
}

/* Small studies are made together, so that all helpers are at work. */
static int work_page(struct prepare *p, struct err *e)
{
    for (size_t i = 0; i < p->count && !is_stopped(p); i++) {
        if (look_at_study(p, p->studies[i], e))
            return -1;
        if (p->plan.count >= BATCH && make_all(p, e))
            return -1;
    }
    return p->plan.count ? make_all(p, e) : 0;
}

int prepare_run(struct prepare *p, const struct place *place, struct err *e)
{
    const char *root = place->root->name;
    char after[DUID_MAX + 1] = "";
    uint64_t all = 0;

    if (p->setup.count && inventory_count_unmade(p->inventory, root, place->path, p->options.recipe, &all, e))
        return -1;
    p->setup.tally->all += all;
    do {
        p->count = 0;
        if (inventory_unmade(p->inventory, root, place->path, p->options.recipe, after, STUDIES, take_study, p, e) ||
            work_page(p, e))
            return -1;
        if (p->count)
            snprintf(after, sizeof after, "%s", p->studies[p->count - 1]);
    } while (p->count == STUDIES && !is_stopped(p));
    return 0;
}
