/* SPDX-License-Identifier: MIT */
/* Everything a retrieval works with: the catalogue, the store, caches and
 * helper processes of one process. */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_TOOLS_H
#define WADOZIP_RETRIEVE_RETRIEVE_TOOLS_H

#include "body/cache.h"
#include "catalog/catalog.h"
#include "helper/helper_pool.h"
#include "retrieve/deid_memory.h"
#include "store/stat_pool.h"

struct retrieve_tools {
    const struct conf *conf;     /* not owned; the others are */
    struct catalog *catalog;     /* connects when first needed */
    struct store *store;
    struct stat_pool *stat_pool; /* starts threads when first needed */
    struct cache *cache;         /* of converted members; null: none */
    /* of metadata, images, and compressed members if `cache` is null; null:
     * none */
    struct cache *spool_cache;
    struct deid_memory deid_memory; /* of UIDs that requests for de-identified data name */
    struct helper_pool *helpers; /* null until a retrieval needs them */
    unsigned helper_count;       /* number of processes; 0: the setting */
    uint32_t codec_version;      /* of the helper processes; 0: not known yet */
};

/*
 * Open catalogue, store and stat pool. The caller opens the caches, because
 * programs differ in what they do if one cannot be used. Zeroed tools with a
 * conf are given; always call retrieve_tools_close().
 */
int retrieve_tools_open(struct retrieve_tools *t, struct err *e) MUST_CHECK;
void retrieve_tools_close(struct retrieve_tools *t);

/* Open the pool of wadozip-dicom processes unless it is open. */
int retrieve_tools_start_helpers(struct retrieve_tools *t, struct err *e) MUST_CHECK;

/* Ask a helper process for the codec version, unless it is known. Fails as
 * helper_pool_codec_version(). */
int retrieve_tools_find_codec_version(struct retrieve_tools *t, struct err *e) MUST_CHECK;

/* Close helper processes whose program or libraries were replaced; the next
 * retrieval starts others. */
void retrieve_tools_renew(struct retrieve_tools *t);

#endif
