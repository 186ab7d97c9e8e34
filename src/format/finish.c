/* SPDX-License-Identifier: MIT */
#include "format/finish.h"

#include "format/etag.h"
#include "format/offsets.h"
#include "plan/unique_names.h"

static int check_location(const char *location, struct err *e)
{
    size_t len = location ? strlen(location) : 0;

    if (len > PLAN_LOCATION_MAX)
        return err_set(e, ERR_URI_TOO_LONG, "the study's address is longer than %d bytes",
                       PLAN_LOCATION_MAX);
    for (size_t i = 0; i < len; i++)
        if (location[i] <= ' ' || location[i] >= 0x7F)
            return err_set(e, ERR_REQUEST,
                           "the address holds a character that no header field may hold");
    return 0;
}

static bool all_sized(const struct plan_progress *g)
{
    for (size_t i = 0; i < g->plan->count; i++)
        if (!plan_progress_sized(g, &g->plan->members[i]))
            return false;
    return true;
}

/*
 * Return whether the deflated size of every converted member is known.
 * Otherwise there would be many layouts.
 */
static bool converted_may_deflate(const struct plan *p)
{
    bool all = p->converted_count > 0 && plan_packs(p);

    for (size_t i = 0; i < p->converted_count && all; i++)
        all = p->members[i].source != PLAN_CONVERTED ||
              (p->members[i].known && p->conversions[i].deflated > 0);
    return all;
}

static void deflate_converted(struct plan *p)
{
    size_t count = converted_may_deflate(p) ? p->converted_count : 0;

    for (size_t i = 0; i < count; i++) {
        struct plan_member *m = &p->members[i];

        if (m->source != PLAN_CONVERTED ||
            !plan_pays(p, p->conversions[i].size, p->conversions[i].deflated))
            continue;
        m->deflated = true;
        m->stored_size = p->conversions[i].deflated;
    }
}

int finish_measure(struct plan_progress *g, struct err *e)
{
    return offsets_measure(g, e);
}

int finish_etag(const struct plan_progress *g, enum plan_layout layout, char etag[PLAN_ETAG_MAX],
                struct err *e)
{
    return etag_tag(g, layout, etag, NULL, e);
}

int finish_relayout(struct plan_progress *g, enum plan_layout layout, struct err *e)
{
    for (size_t i = 0; i < g->plan->count; i++) {
        const struct plan_member *m = &g->plan->members[i];
        struct plan_fact *fact;

        if (!plan_progress_fact(g, m).deflated || !plan_stores(layout, m))
            continue;
        fact = plan_progress_edit(g, m, e);
        if (!fact)
            return -1;
        fact->stored_size = fact->size;
        fact->deflated = false;
        fact->known = m->source != PLAN_SPLICED || fact->known;
    }
    if (etag_tag(g, PLAN_LAYOUT_KNOWN, g->etag, g->boundary, e))
        return -1;
    return all_sized(g) ? offsets_measure(g, e) : 0;
}

/* `l`: its last member, null: none. */
static int finish_archive(struct plan *p, struct plan_progress *g, struct manifest *l,
                          struct err *e)
{
    plan_progress_begin(g, p);
    g->manifest = l;
    if (p->refused)
        return err_set(e, ERR_NOT_ACCEPTABLE,
                       "%llu of %llu instances are not available as requested: %s",
                       (unsigned long long)p->refused,
                       (unsigned long long)(p->refused + plan_instances(p)), p->refused_why);
    if (plan_instances(p) == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no instance");
    if (p->options.framing == PLAN_SINGLE && p->count != 1)
        return err_set(e, ERR_SYSTEM, "%zu instances cannot be one file", p->count);
    deflate_converted(p);
    if (check_location(p->options.location, e) || unique_names(p, e))
        return -1;
    if (etag_tag(g, PLAN_LAYOUT_KNOWN, g->etag, g->boundary, e))
        return -1;
    return all_sized(g) ? offsets_measure(g, e) : 0;
}

int finish_plan(struct plan *p, struct plan_progress *g, struct err *e)
{
    return finish_archive(p, g, NULL, e);
}

int finish_table(struct manifest *l, struct plan_progress *g, struct err *e)
{
    if (manifest_list_dicomdir(l, e))
        return -1;
    if (finish_archive(l->plan, g, manifest_is_member(l) ? l : NULL, e))
        return -1;
    return manifest_is_member(l) ? 0 : manifest_identify(l, g, e);
}
