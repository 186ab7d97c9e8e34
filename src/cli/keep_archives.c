/* SPDX-License-Identifier: MIT */
#include "cli/keep_archives.h"

#include "catalog/file_list.h"
#include "retrieve/retrieve_keep.h"

#define STUDIES 64

struct keeping {
    const struct keep_archives_setup *setup;
    struct file_list *file_list;
    struct retrieve_tools tools;
    struct retrieval retrieval;
    struct archive_fill fill;
    char studies[STUDIES][UID_MAX + 1];
    size_t count;
    uint64_t *kept;
    bool full;
};

static int fill_archive(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct keeping *k = ctx;

    if (*k->setup->stop)
        return err_set(e, ERR_PEER, "interrupted");
    archive_fill_write(&k->fill, data, len);
    return k->fill.failed ? err_set(e, ERR_SYSTEM, "conversion_cache cannot be written") : 0;
}

static int make_archive(struct keeping *k, struct err *e)
{
    struct sink s = {0};
    int rc = sink_open(&s, fill_archive, k, e);

    if (rc == 0)
        rc = retrieve_send(&k->retrieval, &s, e) || sink_flush(&s, e) ? -1 : 0;
    sink_close(&s);
    *k->kept += archive_fill_end(&k->fill, rc == 0);
    return rc;
}

/* Plan, check and measure as for a request without options. */
static int plan_archive(struct keeping *k, const char *study, struct err *e)
{
    const struct plan_options o = plan_options_default(k->setup->conf);
    const struct retrieve_query q = {
        .study = study, .series = "", .instance = "", .manifest = MANIFEST_FORMATS};
    uint64_t bad;

    if (retrieve_plan(&k->retrieval, &o, &q, e) || retrieve_check(&k->retrieval, &bad, e))
        return -1;
    return retrieve_length(&k->retrieval, 0, false, e);
}

static int keep_archive_of(struct keeping *k, const char *study, struct err *e)
{
    if (plan_archive(k, study, e))
        return -1;
    if (!retrieve_is_worth_keeping(&k->retrieval) || retrieve_find_kept(&k->retrieval))
        return 0;
    k->full = cache_free(k->tools.cache) < k->retrieval.progress.length;
    if (k->full || !retrieve_keep(&k->retrieval, &k->fill))
        return 0;
    return make_archive(k, e);
}

static int take_study(void *ctx, const char *study_uid, struct err *e)
{
    struct keeping *k = ctx;

    (void)e;
    snprintf(k->studies[k->count++], sizeof *k->studies, "%s", study_uid);
    return 0;
}

/* A study that cannot be sent is reported; one that was removed meanwhile is
 * not. */
static void keep_page(struct keeping *k)
{
    for (size_t i = 0; i < k->count && !k->full && !*k->setup->stop; i++) {
        struct err why = ERR_INIT;

        if (keep_archive_of(k, k->studies[i], &why) && why.kind != ERR_NOT_FOUND &&
            why.kind != ERR_GONE && !*k->setup->stop)
            k->setup->trouble(k->setup->ctx, k->studies[i], why.text);
    }
}

static int keep_all(struct keeping *k, const struct root_path *place, struct err *e)
{
    char after[UID_MAX + 1] = "";
    const struct file_list_page next = {place->root->name, place->path, after, STUDIES};

    do {
        k->count = 0;
        if (file_list_computed(k->file_list, &next, take_study, k, e))
            return -1;
        keep_page(k);
        if (k->count)
            memcpy(after, k->studies[k->count - 1], sizeof after);
    } while (k->count == STUDIES && !k->full && !*k->setup->stop);
    return 0;
}

int keep_archives(const struct keep_archives_setup *setup, const struct root_path *place,
                  uint64_t *kept, struct err *e)
{
    struct keeping k = {.setup = setup,
                        .tools.conf = setup->conf,
                        .retrieval = RETRIEVAL_NONE,
                        .fill.fd = -1,
                        .kept = kept};
    struct err unusable = ERR_INIT; /* was reported by preconvert_open() */
    int rc = 0;

    k.retrieval.tools = &k.tools;
    if (cache_open(setup->conf, false, &k.tools.cache, &unusable) == 0 && k.tools.cache)
        rc = file_list_open(setup->conf->database, &k.file_list, e) ||
                     retrieve_tools_open(&k.tools, e) || keep_all(&k, place, e)
                 ? -1
                 : 0;
    retrieve_release(&k.retrieval);
    retrieve_tools_close(&k.tools);
    file_list_close(k.file_list);
    return rc;
}
