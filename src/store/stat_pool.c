/* SPDX-License-Identifier: MIT */
#include "store/stat_pool.h"

#include <limits.h>

#include "base/work_queue.h"

#define LOOKS 32   /* checks in a batch, which one thread takes at once */
#define BATCHES 16 /* batches that wait or run */
#define TEXT_MAX (2 * PATH_MAX) /* bytes of paths in a batch: at least one fits */

struct look {
    uint64_t number, size;
    int64_t mtime_ns;
    const char *root;
    size_t path; /* offset in the batch's text */
};

struct batch {
    struct look looks[LOOKS];
    size_t count, used;
    uint64_t odd; /* result: lowest number whose file differs from the record */
    char text[TEXT_MAX];
};

/* A thread's own store. */
struct checker {
    struct stat_pool *stat_pool;
    struct store *store;
};

struct stat_pool {
    const struct conf *conf;
    struct work_queue *queue;
    /* the first is the owner's, used if there are no threads */
    struct checker stations[STAT_POOL_THREADS + 1];
    /* no thread could be started; not tried again before the next settling */
    bool alone;
    bool filling;          /* a batch is being filled */
    struct batch *batches; /* of each slot; allocated when first needed */
    uint64_t odd;
};

static bool stat_pool_look(struct store *store, const struct batch *b, const struct look *l)
{
    struct store_meta meta;
    struct err ignored = ERR_INIT;
    const char *file;
    uint32_t folder;

    return store_name(store, l->root, b->text + l->path, &folder, &file, &ignored) == 0 &&
           store_stat(store, folder, file, &meta, &ignored) == 0 && meta.size == l->size &&
           meta.mtime_ns == l->mtime_ns;
}

static void look_at(void *station, uint32_t slot)
{
    const struct checker *own = station;
    struct batch *b = &own->stat_pool->batches[slot];

    b->odd = STAT_POOL_NONE;
    for (size_t i = 0; i < b->count; i++)
        if (b->looks[i].number < b->odd &&
            !(own->store && stat_pool_look(own->store, b, &b->looks[i])))
            b->odd = b->looks[i].number;
}

int stat_pool_open(const struct conf *conf, struct stat_pool **out, struct err *e)
{
    struct stat_pool *s = calloc(1, sizeof *s);

    *out = s;
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory left to look at files");
    s->conf = conf;
    s->odd = STAT_POOL_NONE;
    if (work_queue_open(BATCHES, look_at, &s->queue, e) == 0)
        return 0;
    free(s);
    *out = NULL;
    return -1;
}

void stat_pool_close(struct stat_pool *s)
{
    if (!s)
        return;
    work_queue_close(s->queue);
    for (unsigned i = 0; i <= STAT_POOL_THREADS; i++)
        store_close(s->stations[i].store);
    free(s->batches);
    free(s);
}

static bool make_station(struct stat_pool *s, struct checker *t)
{
    struct err ignored = ERR_INIT;

    t->stat_pool = s;
    return t->store || store_open(s->conf, &t->store, &ignored) == 0;
}

static void add_thread(struct stat_pool *s)
{
    struct checker *t = &s->stations[work_queue_threads(s->queue) + 1];
    struct err ignored = ERR_INIT;

    s->alone = !make_station(s, t) || work_queue_add_thread(s->queue, t, &ignored);
}

/* Run the batch in the calling thread. Without a store, all its files count as
 * different. */
static void check_inline(struct stat_pool *s)
{
    (void)!make_station(s, &s->stations[0]);
    work_queue_run_here(s->queue, &s->stations[0]);
}

/* Submit the batch. Starts another thread if all threads are busy. */
static void stat_pool_submit(struct stat_pool *s)
{
    unsigned threads, waiting;

    s->filling = false;
    if (!work_queue_threads(s->queue) && !s->alone)
        add_thread(s);
    waiting = work_queue_submit(s->queue);
    threads = work_queue_threads(s->queue);
    if (!threads)
        check_inline(s);
    else if (waiting > 2 * threads && threads < STAT_POOL_THREADS && !s->alone)
        add_thread(s);
}

static void note_odd(struct stat_pool *s, uint64_t number)
{
    if (number < s->odd)
        s->odd = number;
}

/* Wait for the oldest batch and take its result. Returns false if there is
 * none. */
static bool stat_pool_await(struct stat_pool *s)
{
    uint32_t slot = work_queue_await(s->queue);

    if (slot == WORK_QUEUE_NONE)
        return false;
    note_odd(s, s->batches[slot].odd);
    work_queue_drop(s->queue);
    return true;
}

/* Return the batch that is being filled, or null if memory is short. */
static struct batch *begin(struct stat_pool *s)
{
    struct batch *b;

    if (!s->batches)
        s->batches = calloc(BATCHES, sizeof *s->batches);
    if (!s->batches)
        return NULL;
    if (work_queue_begin(s->queue) == WORK_QUEUE_NONE)
        stat_pool_await(s);
    b = &s->batches[work_queue_begin(s->queue)];
    if (!s->filling)
        b->count = b->used = 0;
    s->filling = true;
    return b;
}

/* Add a check. Returns false if the batch has no room for it. */
static bool stat_pool_add(struct batch *b, const struct store *named, uint32_t folder,
                          const char *file, uint64_t number, const struct store_meta *recorded)
{
    struct look *l = &b->looks[b->count];
    size_t len;

    if (b->count == LOOKS)
        return false;
    *l = (struct look){
        .number = number, .size = recorded->size, .mtime_ns = recorded->mtime_ns, .path = b->used};
    len = store_place(named, folder, file, &l->root, b->text + b->used, sizeof b->text - b->used);
    b->used += len;
    b->count += len > 0;
    return len > 0;
}

void stat_pool_ask(struct stat_pool *s, const struct store *named, uint32_t folder,
                   const char *file, uint64_t number, const struct store_meta *recorded)
{
    struct batch *b = begin(s);

    if (b && stat_pool_add(b, named, folder, file, number, recorded))
        return;
    if (b && b->count) {
        stat_pool_submit(s);
        stat_pool_ask(s, named, folder, file, number, recorded);
        return;
    }
    note_odd(s, number);
}

uint64_t stat_pool_settle(struct stat_pool *s)
{
    uint64_t odd;

    if (s->filling)
        stat_pool_submit(s);
    while (stat_pool_await(s))
        ;
    for (unsigned i = 0; i <= STAT_POOL_THREADS; i++)
        if (s->stations[i].store)
            store_forget(s->stations[i].store);
    odd = s->odd;
    s->odd = STAT_POOL_NONE;
    s->alone = false;
    return odd;
}
