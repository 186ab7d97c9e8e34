/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve_tools.h"

#include "catalog/catalog_learn.h"

int retrieve_tools_open(struct retrieve_tools *t, struct err *e)
{
    const struct conf *c = t->conf;

    if (store_open(c, &t->store, e) || stat_pool_open(c, &t->stat_pool, e))
        return -1;
    return catalog_open(c->database, &t->catalog, e) ||
                   catalog_learn_at(t->catalog, c->database_learn, e)
               ? -1
               : 0;
}

void retrieve_tools_close(struct retrieve_tools *t)
{
    cache_close(t->spool_cache);
    cache_close(t->cache);
    helper_pool_close(t->helpers);
    deid_memory_release(&t->deid_memory);
    catalog_close(t->catalog);
    stat_pool_close(t->stat_pool);
    store_close(t->store);
}

int retrieve_tools_start_helpers(struct retrieve_tools *t, struct err *e)
{
    struct helper_setup setup = helper_setup_of(t->conf);

    if (t->helper_count)
        setup.children = t->helper_count;
    return t->helpers || helper_pool_open(&setup, &t->helpers, e) == 0 ? 0 : -1;
}

int retrieve_tools_find_codec_version(struct retrieve_tools *t, struct err *e)
{
    if (t->codec_version)
        return 0;
    return retrieve_tools_start_helpers(t, e) ||
                   helper_pool_codec_version(t->helpers, &t->codec_version, e)
               ? -1
               : 0;
}

void retrieve_tools_renew(struct retrieve_tools *t)
{
    if (!t->helpers || !helper_pool_outdated(t->helpers))
        return;
    helper_pool_close(t->helpers);
    t->helpers = NULL;
    t->codec_version = 0;
}
