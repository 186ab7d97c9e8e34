/* SPDX-License-Identifier: MIT */
#include "index/precount.h"

#include <stdatomic.h>

#include "base/thread.h"
#include "index/walk.h"

struct precount {
    const struct root_path *places;
    size_t n;
    pthread_t thread;
    atomic_ullong files, bytes;
    atomic_bool done, stop;
};

static int precount_add(void *ctx, const struct walk_entry *w, struct err *e)
{
    struct precount *c = ctx;

    atomic_fetch_add_explicit(&c->files, w->kind == WALK_FILE, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->bytes, w->size, memory_order_relaxed);
    return atomic_load_explicit(&c->stop, memory_order_relaxed) ? err_set(e, ERR_PEER, "stopped")
                                                                : 0;
}

static void *precount_run(void *ctx)
{
    struct precount *c = ctx;
    struct err e = ERR_INIT;

    for (size_t i = 0; i < c->n; i++)
        if (c->places[i].objects)
            return NULL; /* lists cost money, and the run asks for them, too */
    for (size_t i = 0; i < c->n; i++)
        if (c->places[i].exists &&
            walk_run(c->places[i].root_fd, c->places[i].path, precount_add, c, &e))
            return NULL; /* the run itself reports the error */
    atomic_store(&c->done, true);
    return NULL;
}

struct precount *precount_open(const struct root_path *places, size_t n)
{
    struct precount *c = calloc(1, sizeof *c);
    struct err without = ERR_INIT;

    if (!c)
        return NULL;
    c->places = places;
    c->n = n;
    if (thread_start(&c->thread, precount_run, c, &without) == 0)
        return c;
    free(c);
    return NULL;
}

void precount_close(struct precount *c)
{
    if (!c)
        return;
    atomic_store(&c->stop, true);
    pthread_join(c->thread, NULL);
    free(c);
}

bool precount_get(struct precount *c, uint64_t *files, uint64_t *bytes)
{
    *files = atomic_load_explicit(&c->files, memory_order_relaxed);
    *bytes = atomic_load_explicit(&c->bytes, memory_order_relaxed);
    return atomic_load(&c->done);
}
