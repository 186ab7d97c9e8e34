/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve_learn.h"

#include "retrieve/kept_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/deflate.h"
#include "catalog/catalog_learn.h"

#define WHAT_MAX 600 /* bytes of a fact's name; longer paths are cut off */

static void report_unrecorded(const struct retrieval *r, const char *fact, const char *of,
                              const struct err *why)
{
    char what[WHAT_MAX];

    if (!r->report.unrecorded)
        return;
    snprintf(what, sizeof what, "%s%s", fact, of);
    r->report.unrecorded(r->report.ctx, what, why);
}

/* A member's file: label as store_label(), and its two parts. */
struct place {
    const char *label, *path; /* valid as long as the store's label */
    char root[CONF_ROOT_NAME_MAX + 1];
};

static struct place place_of(const struct retrieval *r, const struct plan_member *m)
{
    struct place p = {.label =
                          store_label(r->tools->store, m->folder, plan_text(&r->plan, m->file))};
    const char *colon = strchr(p.label, ':');

    snprintf(p.root, sizeof p.root, "%.*s", (int)(colon - p.label), p.label);
    p.path = colon + 1;
    return p;
}

static void learn_mtime(void *ctx, const struct plan *p, const struct plan_member *m,
                        int64_t mtime_ns)
{
    struct retrieval *r = ctx;
    const struct place place = place_of(r, m);
    struct err e = ERR_INIT;

    (void)p;
    kept_plan_drop(r);
    if (catalog_learn_mtime(r->tools->catalog, place.root, place.path, m->mtime_ns, mtime_ns, &e))
        report_unrecorded(r, "the new time of ", place.label, &e);
}

static void learn_deflated_size(void *ctx, const struct plan *p, const struct plan_member *m,
                                uint64_t size)
{
    const struct retrieval *r = ctx;
    const struct place place = place_of(r, m);
    bool pixels = m->source == PLAN_SPLICED;
    uint64_t most = pixels ? p->pixels[m - p->members].length : UINT64_MAX;
    const struct catalog_deflated deflated = {.root = place.root,
                                              .path = place.path,
                                              .crc_of_file = m->file_crc,
                                              .compressor = deflate_identity(),
                                              .size = size < most ? size : most,
                                              .pixels = pixels};
    struct err e = ERR_INIT;

    if (catalog_learn_deflated(r->tools->catalog, &deflated, &e))
        report_unrecorded(r, "the deflated size of ", place.label, &e);
}

static void learn_conversion(void *ctx, const struct plan *p, const struct plan_member *m,
                             uint64_t size, uint32_t crc, uint64_t deflated)
{
    const struct retrieval *r = ctx;
    const struct catalog_conversion conversion = {conversion_rules_target(&p->options.wish),
                                                  p->options.codec_version, size, deflated, crc};
    const char *sop_uid = plan_text(p, m->sop_uid);
    struct err e = ERR_INIT;
    bool recorded =
        catalog_learn_conversion(r->tools->catalog, sop_uid, m->file_crc, &conversion, &e) == 0;

    if (!recorded)
        report_unrecorded(r, "the converted size of ", sop_uid, &e);
    if (r->report.converted)
        r->report.converted(r->report.ctx, size > 0, recorded);
}

static void learn_sizes(void *ctx, const struct plan_progress *g, const uint32_t *members,
                        size_t count)
{
    const struct plan *p = g->plan;
    const struct retrieval *r = ctx;
    struct instance_size sizes[CATALOG_SIZES];
    struct err e = ERR_INIT;

    for (size_t i = 0; i < count && i < CATALOG_SIZES; i++) {
        const struct plan_member *m = &p->members[members[i]];

        sizes[i] = (struct instance_size){plan_text(p, m->sop_uid), m->file_crc,
                                          plan_progress_fact(g, m).size};
    }
    if (catalog_learn_sizes(r->tools->catalog, p->options.codec_version, sizes, count, &e))
        report_unrecorded(r, "measured sizes", "", &e);
}

struct content_learn retrieve_learn(struct retrieval *r)
{
    return (struct content_learn){.mtime = learn_mtime,
                                  .conversion = learn_conversion,
                                  .sizes = learn_sizes,
                                  .deflated = learn_deflated_size,
                                  .ctx = r};
}

void retrieve_learn_digests(struct retrieval *r)
{
    struct instance_digest batch[CATALOG_DIGESTS];
    struct err e = ERR_INIT;
    size_t at = 0, n;

    while ((n = manifest_fresh(&r->manifest, &at, batch, CATALOG_DIGESTS)) > 0)
        if (catalog_learn_digests(r->tools->catalog, batch, n, &e)) {
            report_unrecorded(r, "digests of the manifest", "", &e);
            return;
        }
}
