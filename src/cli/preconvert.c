/* SPDX-License-Identifier: MIT */
#include "cli/preconvert.h"

#include "body/content.h"
#include "catalog/file_list.h"
#include "retrieve/retrieve_convert.h"
#include "store/store_remote.h"

#define STUDIES 256 /* studies per query */
#define BATCH 256   /* members to convert before the next studies are read */

struct preconvert {
    struct preconvert_setup setup;
    struct plan_options options;
    struct file_list *file_list;
    struct retrieve_tools tools;
    struct retrieval retrieval; /* its plan: members to convert, from one or several studies */
    char studies[STUDIES][UID_MAX + 1];
    size_t count;
};

static bool preconvert_is_stopped(const struct preconvert *p)
{
    return *p->setup.stop != 0;
}

static void preconvert_report(struct preconvert *p, const char *label, const char *reason)
{
    p->setup.trouble(p->setup.ctx, label, reason);
    p->setup.counts->failed++;
}

/* Return the options of a default request. */
static struct plan_options options_of(const struct conf *c)
{
    return (struct plan_options){.framing = PLAN_ZIP,
                                 .compression = plan_compression_setting(c->compression),
                                 .max_instances = UINT32_MAX,
                                 .max_bytes = UINT64_MAX};
}

/* Losing a recorded size costs time in the next run. */
static void preconvert_unrecorded(void *ctx, const char *what, const struct err *why)
{
    preconvert_report(ctx, what, why->text);
}

static void preconvert_count(void *ctx, bool made, bool recorded)
{
    struct preconvert *p = ctx;

    p->setup.counts->made += made && recorded;
}

static int preconvert_open_all(struct preconvert *p, struct err *e)
{
    const struct conf *c = p->setup.conf;
    struct err why = ERR_INIT;

    if (cache_open(c, false, &p->tools.cache, &why) && why.kind == ERR_CONFIG)
        return err_pass(e, &why);
    if (why.kind)
        p->setup.trouble(p->setup.ctx, "conversion_cache", why.text);
    if (file_list_open(c->database, &p->file_list, e) || retrieve_tools_open(&p->tools, e))
        return -1;
    return retrieve_tools_find_codec_version(&p->tools, e);
}

int preconvert_open(const struct preconvert_setup *s, struct preconvert **out, struct err *e)
{
    struct preconvert *p = calloc(1, sizeof *p);

    *out = p;
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left to prepare");
    p->setup = *s;
    p->tools = (struct retrieve_tools){.conf = s->conf, .helper_count = s->jobs};
    p->retrieval = (struct retrieval){.tools = &p->tools,
                                      .report = {preconvert_unrecorded, preconvert_count, p},
                                      .body = SPOOLED_NONE};
    p->options = options_of(s->conf);
    if (preconvert_open_all(p, e))
        return -1;
    p->options.codec_version = p->tools.codec_version;
    retrieve_begin(&p->retrieval, &p->options);
    return 0;
}

void preconvert_close(struct preconvert *p)
{
    if (!p)
        return;
    retrieve_release(&p->retrieval);
    retrieve_tools_close(&p->tools);
    file_list_close(p->file_list);
    free(p);
}

/* Return whether the file is unchanged since it was indexed. Otherwise reports
 * it and skips it. An object is compared while it is read. */
static bool preconvert_is_there(struct preconvert *p, const struct instance *i, struct err *e)
{
    struct err why = ERR_INIT;
    struct store_meta meta;
    uint32_t folder;
    const char *file;

    if (store_name(p->tools.store, i->root, i->path, &folder, &file, &why) == 0 &&
        store_is_remote(p->tools.store, folder))
        return true;
    if (!why.kind && store_stat(p->tools.store, folder, file, &meta, &why) == 0) {
        if (meta.size == i->size && meta.mtime_ns == i->mtime_ns)
            return true;
        preconvert_report(p, store_label(p->tools.store, folder, file), "is not as it was indexed");
    } else if (why.kind == ERR_DATA) {
        preconvert_report(p, i->path, why.text);
    } else {
        (void)err_set(e, why.kind, "%s", why.text);
    }
    return false;
}

static int take_instance(void *ctx, const struct instance *i, struct err *e)
{
    struct preconvert *p = ctx;
    const char *why;

    if (conversion_rules_decide(&p->options.wish, i, &why) != CONVERSION_NEEDED ||
        (i->conversion_known && i->converted_deflated))
        return 0;
    if (!preconvert_is_there(p, i, e))
        return e->kind ? -1 : 0;
    return retrieve_add(&p->retrieval, i, e);
}

static bool preconvert_goes_on(void *ctx)
{
    struct preconvert *p = ctx;

    p->setup.progress(p->setup.ctx);
    return !preconvert_is_stopped(p);
}

static void preconvert_failed(void *ctx, const char *label, const char *reason)
{
    preconvert_report(ctx, label, reason);
}

static int preconvert_make_all(struct preconvert *p, struct err *e)
{
    const struct retrieve_convert_watch watch = {preconvert_failed, preconvert_goes_on, p};
    int rc = retrieve_convert(&p->retrieval, &watch, e);

    retrieve_begin(&p->retrieval, &p->options);
    return rc;
}

/* A study that was removed meanwhile has nothing to convert. */
static int look_at_study(struct preconvert *p, const char *study, struct err *e)
{
    const struct catalog_query q = {.study = study,
                                    .target = conversion_rules_target(&p->options.wish),
                                    .codec_version = p->options.codec_version,
                                    .max_instances = p->options.max_instances};
    struct err why = ERR_INIT;

    if (catalog_find(p->tools.catalog, &q, take_instance, p, &why) == 0 ||
        why.kind == ERR_NOT_FOUND || why.kind == ERR_GONE)
        return 0;
    return err_set(e, why.kind, "%s", why.text);
}

static int preconvert_take_study(void *ctx, const char *study_uid, struct err *e)
{
    struct preconvert *p = ctx;

    (void)e;
    snprintf(p->studies[p->count++], sizeof *p->studies, "%s", study_uid);
    return 0;
}

/* Convert small studies together, so that all helper processes are busy. */
static int preconvert_work_page(struct preconvert *p, struct err *e)
{
    for (size_t i = 0; i < p->count && !preconvert_is_stopped(p); i++) {
        if (look_at_study(p, p->studies[i], e))
            return -1;
        if (p->retrieval.plan.count >= BATCH && preconvert_make_all(p, e))
            return -1;
    }
    return p->retrieval.plan.count ? preconvert_make_all(p, e) : 0;
}

int preconvert_run(struct preconvert *p, const struct root_path *place, struct err *e)
{
    const char *root = place->root->name;
    char after[UID_MAX + 1] = "";
    const struct file_list_page next = {root, place->path, after, STUDIES};
    uint64_t all = 0;

    if (p->setup.count && file_list_count_unconverted(p->file_list, root, place->path,
                                                      p->options.codec_version, &all, e))
        return -1;
    p->setup.counts->all += all;
    do {
        p->count = 0;
        if (file_list_unconverted(p->file_list, &next, p->options.codec_version,
                                  preconvert_take_study, p, e) ||
            preconvert_work_page(p, e))
            return -1;
        if (p->count)
            snprintf(after, sizeof after, "%s", p->studies[p->count - 1]);
    } while (p->count == STUDIES && !preconvert_is_stopped(p));
    return 0;
}
