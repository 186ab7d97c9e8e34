/* SPDX-License-Identifier: MIT */
#include "base/sink_thread.h"

#include "base/thread.h"

struct load {
    uint8_t *data;
    size_t len;
    sink_flush_fn *flush;
    void *ctx;
};

struct sink_thread {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t thread;
    bool running;
    struct load loads[SINK_THREAD_BUFFERS]; /* a ring */
    uint64_t handed, finished;        /* number of loads */
    struct err err;                   /* the first error */
    bool drop, stop;
};

static struct load *load_at(struct sink_thread *r, uint64_t number)
{
    return &r->loads[number % SINK_THREAD_BUFFERS];
}

/* Skips the remaining loads after an error: bytes after a gap are useless. */
static void carry(struct sink_thread *r, const struct load *l)
{
    struct err e = ERR_INIT;

    if (r->drop || r->err.kind)
        return;
    pthread_mutex_unlock(&r->lock);
    (void)!l->flush(l->ctx, l->data, l->len, &e);
    pthread_mutex_lock(&r->lock);
    r->err = e;
}

static void *sink_thread_run(void *ctx)
{
    struct sink_thread *r = ctx;

    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (r->finished == r->handed && !r->stop)
            pthread_cond_wait(&r->work, &r->lock);
        if (r->stop)
            break;
        carry(r, load_at(r, r->finished));
        r->finished++;
        pthread_cond_signal(&r->done);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

int sink_thread_open(struct sink_thread **out, struct err *e)
{
    struct sink_thread *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r)
        return err_set(e, ERR_MEMORY, "no memory left for sending");
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->work, NULL);
    pthread_cond_init(&r->done, NULL);
    for (size_t i = 0; i < SINK_THREAD_BUFFERS; i++)
        if (!(r->loads[i].data = malloc(SINK_BUFFER)))
            err_set(e, ERR_MEMORY, "no memory left for sending");
    if (e->kind == ERR_NONE)
        r->running = thread_start(&r->thread, sink_thread_run, r, e) == 0;
    if (!r->running) {
        sink_thread_close(r);
        return -1;
    }
    *out = r;
    return 0;
}

void sink_thread_close(struct sink_thread *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->work);
    pthread_mutex_unlock(&r->lock);
    if (r->running)
        pthread_join(r->thread, NULL);
    for (size_t i = 0; i < SINK_THREAD_BUFFERS; i++)
        free(r->loads[i].data);
    pthread_cond_destroy(&r->done);
    pthread_cond_destroy(&r->work);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* Exchange the full buffer for the load's empty one. */
static void load(struct sink_thread *r, sink_flush_fn *flush, void *ctx, uint8_t **data, size_t len)
{
    struct load *l = load_at(r, r->handed++);
    uint8_t *empty = l->data;

    *l = (struct load){.data = *data, .len = len, .flush = flush, .ctx = ctx};
    *data = empty;
    pthread_cond_signal(&r->work);
}

int sink_thread_hand(struct sink_thread *r, sink_flush_fn *flush, void *ctx, uint8_t **data, size_t len, struct err *e)
{
    int rc = 0;

    pthread_mutex_lock(&r->lock);
    while (r->handed - r->finished == SINK_THREAD_BUFFERS)
        pthread_cond_wait(&r->done, &r->lock);
    if (r->err.kind)
        rc = err_pass(e, &r->err);
    else
        load(r, flush, ctx, data, len);
    pthread_mutex_unlock(&r->lock);
    return rc;
}

int sink_thread_settle(struct sink_thread *r, bool drop, struct err *e)
{
    int rc = 0;

    pthread_mutex_lock(&r->lock);
    r->drop = drop;
    while (r->finished != r->handed)
        pthread_cond_wait(&r->done, &r->lock);
    r->drop = false;
    if (r->err.kind)
        rc = err_pass(e, &r->err);
    err_clear(&r->err);
    pthread_mutex_unlock(&r->lock);
    return rc;
}
