/* SPDX-License-Identifier: MIT */
#include "plan/plan_progress.h"

#include <stdlib.h>

void plan_progress_begin(struct plan_progress *g, const struct plan *p)
{
    plan_progress_release(g);
    g->plan = p;
}

void plan_progress_release(struct plan_progress *g)
{
    free(g->facts);
    free(g->mtimes_ns);
    free(g->parts);
    free(g->marks);
    *g = (struct plan_progress){0};
}

static size_t member_index(const struct plan_progress *g, const struct plan_member *m)
{
    return (size_t)(m - g->plan->members);
}

static struct plan_fact planned_fact(const struct plan *p, const struct plan_member *m)
{
    struct plan_fact fact = {.size = m->deflated ? m->file_size : m->stored_size,
                             .stored_size = m->stored_size,
                             .crc = m->crc,
                             .deflated = m->deflated,
                             .known = m->known};

    if (m->source == PLAN_CONVERTED) {
        fact.size = p->conversions[m - p->members].size;
        fact.deflated_size = p->conversions[m - p->members].deflated;
    }
    if (m->source == PLAN_SPLICED) {
        fact.size = 0;
        fact.deflated_size = p->pixels[m - p->members].deflated;
    }
    return fact;
}

struct plan_fact plan_progress_fact(const struct plan_progress *g, const struct plan_member *m)
{
    return g->facts ? g->facts[member_index(g, m)] : planned_fact(g->plan, m);
}

struct plan_fact *plan_progress_edit(struct plan_progress *g, const struct plan_member *m,
                                     struct err *e)
{
    const struct plan *p = g->plan;

    if (!g->facts) {
        g->facts = calloc(p->count, sizeof *g->facts);
        if (!g->facts) {
            err_set(e, ERR_MEMORY, "no memory left for the sizes of %zu instances", p->count);
            return NULL;
        }
        for (size_t i = 0; i < p->count; i++)
            g->facts[i] = planned_fact(p, &p->members[i]);
    }
    return &g->facts[member_index(g, m)];
}

bool plan_progress_sized(const struct plan_progress *g, const struct plan_member *m)
{
    const struct plan_fact fact = plan_progress_fact(g, m);

    return fact.known || (m->source == PLAN_CONVERTED &&
                          g->plan->options.content == PLAN_INSTANCES && fact.size > 0);
}

int64_t plan_progress_mtime(const struct plan_progress *g, const struct plan_member *m)
{
    return g->mtimes_ns ? g->mtimes_ns[member_index(g, m)] : m->mtime_ns;
}

int plan_progress_set_mtime(struct plan_progress *g, const struct plan_member *m, int64_t mtime_ns,
                            struct err *e)
{
    const struct plan *p = g->plan;

    if (!g->mtimes_ns) {
        g->mtimes_ns = calloc(p->count, sizeof *g->mtimes_ns);
        if (!g->mtimes_ns)
            return err_set(e, ERR_MEMORY, "no memory left for the times of %zu files", p->count);
        for (size_t i = 0; i < p->count; i++)
            g->mtimes_ns[i] = p->members[i].mtime_ns;
    }
    g->mtimes_ns[member_index(g, m)] = mtime_ns;
    return 0;
}
