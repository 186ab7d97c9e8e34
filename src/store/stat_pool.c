/* SPDX-License-Identifier: MIT */
#include "store/stat_pool.h"

#include <limits.h>

#include "base/thread.h"

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
    char text[TEXT_MAX];
};

/* A thread and its own store. */
struct checker {
    struct stat_pool *stat_pool;
    struct store *store;
    pthread_t thread;
};

struct stat_pool {
    const struct conf *conf;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct checker stations[STAT_POOL_THREADS + 1]; /* the first is the owner's, used if there are no threads */
    unsigned threads;
    bool alone;                /* no thread could be started; not tried again before the next settling */
    bool filling;              /* a batch is being filled */
    struct batch *batches;     /* a ring; allocated when first needed */
    bool ready[BATCHES];
    uint64_t head, next, tail; /* numbers of batches: to be submitted, to be taken by a thread, not known to be done */
    uint64_t odd;
    bool stop;
};

static bool stat_pool_look(struct store *store, const struct batch *b, const struct look *l)
{
    struct store_meta meta;
    struct err ignored = ERR_INIT;
    const char *file;
    uint32_t folder;

    return store_name(store, l->root, b->text + l->path, &folder, &file, &ignored) == 0 &&
           store_stat(store, folder, file, &meta, &ignored) == 0 && meta.size == l->size && meta.mtime_ns == l->mtime_ns;
}

/* Return the lowest number in the batch whose file differs from the record. */
static uint64_t look_at(struct store *store, const struct batch *b)
{
    uint64_t odd = STAT_POOL_NONE;

    for (size_t i = 0; i < b->count; i++)
        if (b->looks[i].number < odd && !(store && stat_pool_look(store, b, &b->looks[i])))
            odd = b->looks[i].number;
    return odd;
}

/* Call with the lock held. */
static void stat_pool_finish(struct stat_pool *s, uint64_t n, uint64_t odd)
{
    s->ready[n % BATCHES] = true;
    if (odd < s->odd)
        s->odd = odd;
    pthread_cond_signal(&s->done);
}

static void *stat_pool_run(void *ctx)
{
    struct checker *own = ctx;
    struct stat_pool *s = own->stat_pool;

    pthread_mutex_lock(&s->lock);
    for (;;) {
        uint64_t n, odd;

        while (s->next == s->head && !s->stop)
            pthread_cond_wait(&s->work, &s->lock);
        if (s->stop)
            break;
        n = s->next++;
        pthread_mutex_unlock(&s->lock);
        odd = look_at(own->store, &s->batches[n % BATCHES]);
        pthread_mutex_lock(&s->lock);
        stat_pool_finish(s, n, odd);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

int stat_pool_open(const struct conf *conf, struct stat_pool **out, struct err *e)
{
    struct stat_pool *s = calloc(1, sizeof *s);

    *out = s;
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory left to look at files");
    s->conf = conf;
    s->odd = STAT_POOL_NONE;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->done, NULL);
    return 0;
}

void stat_pool_close(struct stat_pool *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 1; i <= s->threads; i++)
        pthread_join(s->stations[i].thread, NULL);
    for (unsigned i = 0; i <= STAT_POOL_THREADS; i++)
        store_close(s->stations[i].store);
    free(s->batches);
    pthread_cond_destroy(&s->done);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
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
    struct checker *t = &s->stations[s->threads + 1];
    struct err ignored = ERR_INIT;

    if (make_station(s, t) && thread_start(&t->thread, stat_pool_run, t, &ignored) == 0)
        s->threads++;
    else
        s->alone = true;
}

/* Run the batch in the calling thread. */
static void check_inline(struct stat_pool *s, uint64_t n)
{
    uint64_t odd = look_at(make_station(s, &s->stations[0]) ? s->stations[0].store : NULL, &s->batches[n % BATCHES]);

    pthread_mutex_lock(&s->lock);
    s->next++;
    stat_pool_finish(s, n, odd);
    pthread_mutex_unlock(&s->lock);
}

/* Submit the batch. Starts another thread if all threads are busy. */
static void stat_pool_submit(struct stat_pool *s)
{
    uint64_t n = s->head, waiting;

    s->filling = false;
    if (!s->threads && !s->alone)
        add_thread(s);
    pthread_mutex_lock(&s->lock);
    waiting = ++s->head - s->next;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    if (!s->threads)
        check_inline(s, n);
    else if (waiting > 2 * s->threads && s->threads < STAT_POOL_THREADS && !s->alone)
        add_thread(s);
}

/* Wait for the oldest batch that is not known to be done. */
static void stat_pool_await(struct stat_pool *s)
{
    size_t slot = s->tail % BATCHES;

    pthread_mutex_lock(&s->lock);
    while (!s->ready[slot])
        pthread_cond_wait(&s->done, &s->lock);
    pthread_mutex_unlock(&s->lock);
    s->tail++;
}

/* Return the batch that is being filled, or null if memory is short. */
static struct batch *begin(struct stat_pool *s)
{
    struct batch *b;

    if (!s->batches)
        s->batches = calloc(BATCHES, sizeof *s->batches);
    if (!s->batches)
        return NULL;
    b = &s->batches[s->head % BATCHES];
    if (s->filling)
        return b;
    if (s->head - s->tail == BATCHES)
        stat_pool_await(s);
    b->count = b->used = 0;
    s->ready[s->head % BATCHES] = false;
    s->filling = true;
    return b;
}

/* Add a check. Returns false if the batch has no room for it. */
static bool stat_pool_add(struct batch *b, const struct store *named, uint32_t folder, const char *file, uint64_t number,
                const struct store_meta *recorded)
{
    struct look *l = &b->looks[b->count];
    size_t len;

    if (b->count == LOOKS)
        return false;
    *l = (struct look){.number = number, .size = recorded->size, .mtime_ns = recorded->mtime_ns, .path = b->used};
    len = store_place(named, folder, file, &l->root, b->text + b->used, sizeof b->text - b->used);
    b->used += len;
    b->count += len > 0;
    return len > 0;
}

void stat_pool_ask(struct stat_pool *s, const struct store *named, uint32_t folder, const char *file, uint64_t number,
               const struct store_meta *recorded)
{
    struct batch *b = begin(s);

    if (b && stat_pool_add(b, named, folder, file, number, recorded))
        return;
    if (b && b->count) {
        stat_pool_submit(s);
        stat_pool_ask(s, named, folder, file, number, recorded);
        return;
    }
    pthread_mutex_lock(&s->lock);
    if (number < s->odd)
        s->odd = number;
    pthread_mutex_unlock(&s->lock);
}

uint64_t stat_pool_settle(struct stat_pool *s)
{
    uint64_t odd;

    if (s->filling)
        stat_pool_submit(s);
    while (s->tail < s->head)
        stat_pool_await(s);
    for (unsigned i = 0; i <= STAT_POOL_THREADS; i++)
        if (s->stations[i].store)
            store_forget(s->stations[i].store);
    odd = s->odd;
    s->odd = STAT_POOL_NONE;
    s->alone = false;
    return odd;
}
