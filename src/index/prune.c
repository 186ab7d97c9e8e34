/* SPDX-License-Identifier: MIT */
#include "index/prune.h"

#include "base/mem.h"
#include "index/root_walk.h"

#define PAGE 1000 /* paths per query */

static int count_path(void *ctx, const char *path, struct err *e)
{
    (void)path, (void)e;
    ++*(size_t *)ctx;
    return 0;
}

static int guard(struct writer *w, const struct root_path *p, const char *path, struct err *e)
{
    const struct writer_page first = {p->root->name, path, "", 1};
    char label[ROOT_PATH_LABEL_MAX];
    size_t known = 0;
    bool empty;

    if (root_walk_is_empty(p, path, &empty, e))
        return -1;
    if (!empty)
        return 0;
    if (writer_beneath(w, &first, count_path, &known, e))
        return -1;
    if (known)
        return err_set(
            e, ERR_DATA,
            "%s is empty (%s), but the catalogue knows files there: is a disk not mounted? "
            "With --force they are taken out all the same",
            root_path_label(p->root->name, path, label), p->root->path);
    return 0;
}

int prune_guard(struct writer *w, const struct root_path *p, struct err *e)
{
    return guard(w, p, "", e) || (*p->path && guard(w, p, p->path, e)) ? -1 : 0;
}

struct page {
    struct mem mem;
    char *paths[PAGE];
    const char *vanished[PAGE];
    size_t count, vanished_count;
};

static int take_path(void *ctx, const char *path, struct err *e)
{
    struct page *g = ctx;

    g->paths[g->count] = mem_strdup(&g->mem, path, e);
    return g->paths[g->count++] ? 0 : -1;
}

static void prune_take_verdict(void *ctx, const struct writer_verdict *v)
{
    struct counts *t = ctx;

    t->files[v->outcome]++;
}

static int prune_look(struct page *g, const struct root_path *p, const char *path, struct err *e)
{
    int there = root_walk_exists(p, path, e);

    if (there == 0)
        g->vanished[g->vanished_count++] = path;
    return there < 0 ? -1 : 0;
}

static int prune_work_page(struct writer *w, const struct root_path *p, struct page *g,
                           struct counts *t, struct err *e)
{
    g->vanished_count = 0;
    for (size_t i = 0; i < g->count; i++)
        if (prune_look(g, p, g->paths[i], e))
            return -1;
    if (g->vanished_count == 0)
        return 0;
    return writer_vanish(
        w, &(const struct writer_paths){p->root->name, g->vanished, g->vanished_count},
        prune_take_verdict, t, e);
}

static int work_pages(struct writer *w, const struct root_path *p, struct page *g, struct counts *t,
                      const volatile sig_atomic_t *stop, struct err *e)
{
    char after[WALK_PATH_MAX] = "";
    const struct writer_page next = {p->root->name, p->path, after, PAGE};

    do {
        g->count = 0;
        mem_reset(&g->mem);
        if (writer_beneath(w, &next, take_path, g, e) || prune_work_page(w, p, g, t, e))
            return -1;
        if (g->count)
            snprintf(after, sizeof after, "%s", g->paths[g->count - 1]);
    } while (g->count == PAGE && !*stop);
    return 0;
}

int prune_run(struct writer *w, const struct root_path *p, struct counts *t,
              const volatile sig_atomic_t *stop, struct err *e)
{
    struct page *g = calloc(1, sizeof *g);
    int rc = 0;

    if (!g)
        return err_set(e, ERR_MEMORY, "no memory left to prune");
    mem_init(&g->mem, (size_t)2 * PAGE * WALK_PATH_MAX);
    if (*p->path) { /* the path itself can have been a file */
        g->paths[0] = (char *)p->path;
        g->count = 1;
        rc = prune_work_page(w, p, g, t, e);
    }
    if (rc == 0)
        rc = work_pages(w, p, g, t, stop, e);
    mem_reset(&g->mem);
    free(g);
    return rc;
}
