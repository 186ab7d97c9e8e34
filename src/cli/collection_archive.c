/* SPDX-License-Identifier: MIT */
#include "cli/collection_archive.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hex.h"
#include "catalog/collection_digest.h"
#include "catalog/collection_part.h"
#include "cli/cli.h"
#include "plan/plan_file.h"
#include "retrieve/retrieve_collection.h"

/* The archive that is being digested. */
struct digest_run {
    struct retrieve_collection of;
    struct deid_profile profile;
    bool bound; /* to the profile */
    struct retrieve_tools tools;
    struct retrieval retrieval;
    struct sink sink;
    struct sha256 sha256;
};

static int digest_piece(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct digest_run *r = ctx;

    if (cli_stopped)
        return err_set(e, ERR_PEER, "interrupted");
    return sha256_update(&r->sha256, data, len, e);
}

static int find_of_run(void *ctx, struct retrieval *r, const struct catalog_query *q, struct err *e)
{
    const struct digest_run *run = ctx;

    return retrieve_collection_find(&run->of, r, q, e);
}

/* Plan the archive as it is answered when nothing but application/zip is asked
 * for. */
static int plan_default(struct digest_run *r, struct err *e)
{
    struct plan_options o = plan_options_default(r->tools.conf);
    const struct retrieve_query q = {
        .manifest = MANIFEST_FORMATS, .look_early = true, .find = find_of_run, .ctx = r};
    uint64_t bad;

    o.study_folders = true;
    o.profile = r->bound ? &r->profile : NULL;
    return retrieve_plan(&r->retrieval, &o, &q, e) || retrieve_check(&r->retrieval, &bad, e) ||
           retrieve_length(&r->retrieval, 0, false, e) ? -1 : 0;
}

static int send_archive(struct digest_run *r, uint8_t out[SHA256_BYTES], struct err *e)
{
    int rc = sha256_open(&r->sha256, e) || sink_open(&r->sink, digest_piece, r, e) ? -1 : 0;

    if (rc == 0)
        rc = retrieve_send(&r->retrieval, &r->sink, e) || sink_flush(&r->sink, e) ? -1 : 0;
    if (rc == 0)
        rc = sha256_finish(&r->sha256, out, e);
    sink_close(&r->sink);
    r->sink = (struct sink){0};
    sha256_close(&r->sha256);
    return rc;
}

/*
 * The layout of an archive is final when all its conversions and deflated sizes
 * are recorded, which sending it does.
 */
static int digest_one(struct digest_run *r, struct collection_digested *d, struct err *e)
{
    bool final;

    if (plan_default(r, e))
        return -1;
    final = plan_file_can_hold(&r->retrieval.progress);
    if (send_archive(r, d->sha256, e))
        return -1;
    if (!final && (plan_default(r, e) || send_archive(r, d->sha256, e)))
        return -1;
    d->etag = r->retrieval.progress.etag;
    d->bytes = r->retrieval.progress.length;
    return collection_digest_record(r->tools.catalog, d, e);
}

static int digest_parts(struct digest_run *r, uint32_t count, struct err *e)
{
    struct collection_digested d = {.id = r->of.id};
    char hex[2 * SHA256_BYTES + 1], suffix[16] = "";

    for (uint32_t part = 1; part <= count; part++) {
        r->of.part = r->of.part_bytes ? part : 0;
        if (digest_one(r, &d, e))
            return -1;
        if (r->of.part)
            snprintf(suffix, sizeof suffix, "-%" PRIu32, part);
        hex_write(hex, d.sha256, SHA256_BYTES);
        printf("%s  %s%s.zip\n", hex, r->of.id, suffix);
    }
    return 0;
}

static int count_part(void *ctx, const struct collection_piece *p, struct err *e)
{
    (void)e;
    *(uint32_t *)ctx = p->number;
    return 0;
}

/* Load the profile by which the collection is sent, if it has one. */
static int load_bound(struct digest_run *r, const struct collection *c, struct err *e)
{
    const struct conf_deid *found = conf_deid_of(&r->tools.conf->deid, c->profile);

    r->bound = *c->profile != '\0';
    if (!r->bound)
        return 0;
    if (!found)
        return err_set(e, ERR_CONFIG,
                       "collection %s has the profile \"%s\", which the settings do not have",
                       c->id, c->profile);
    return deid_key_load(found, &r->profile, e);
}

int collection_archive_digest(const struct conf *c, const char *id, uint64_t part_bytes,
                              struct err *e)
{
    struct digest_run r = {.of = {id, part_bytes, 0}, .tools.conf = c, .retrieval = RETRIEVAL_NONE};
    struct collection found;
    struct err none = ERR_INIT;
    uint32_t count = 0;
    int rc;

    cli_catch_signals();
    r.retrieval.tools = &r.tools;
    rc = retrieve_tools_open(&r.tools, e) || collection_read(r.tools.catalog, id, &found, e) ||
         collection_pieces(r.tools.catalog, id, part_bytes, count_part, &count, e) ? -1 : 0;
    if (rc == 0)
        rc = load_bound(&r, &found, e);
    if (rc == 0) {
        (void)!cache_open(c, false, &r.tools.cache, &none);
        rc = digest_parts(&r, count, e);
    }
    retrieve_release(&r.retrieval);
    retrieve_tools_close(&r.tools);
    return rc;
}
