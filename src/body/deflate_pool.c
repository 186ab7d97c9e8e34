/* SPDX-License-Identifier: MIT */
#include "body/deflate_pool.h"

#include "base/crc.h"
#include "base/deflate.h"
#include "base/io.h"
#include "base/thread.h"

/* Upper bound of a job's data: the sum of its pieces' bounds. */
#define JOB_OUT (DEFLATE_OUT_MAX + DEFLATE_POOL_PIECES * DEFLATE_BOUND((size_t)0))

struct deflate_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t threads[DEFLATE_POOL_THREADS_MAX];
    unsigned thread_count, slot_count;
    struct deflate_pool_job *downloads;
    bool *ready;                /* of each slot: compressed */
    uint64_t head, next, tail;  /* numbers of jobs: submitted, taken by a thread, dropped */
    bool stop;
};

/* Buffers of one thread. */
struct station {
    struct deflate *deflate;
    uint8_t *input;
};

static int deflate_pool_piece(const struct station *s, struct deflate_pool_piece *p,
                              struct deflate_pool_job *j, size_t at, struct err *e)
{
    ssize_t got = io_pread(p->fd, s->input, p->len, p->offset);

    if (got < 0)
        return err_sys(e, ERR_DATA, "cannot read a file that is to be compressed");
    if ((size_t)got < p->len)
        return err_set(e, ERR_DATA, "a file was cut short while it was being compressed");
    p->crc = crc_update(0, s->input, p->len);
    p->at = at;
    p->made = deflate_block(s->deflate, s->input, p->len, p->last, j->data + at, e);
    return p->made ? 0 : -1;
}

static void deflate_pool_one(const struct station *s, struct deflate_pool_job *j)
{
    size_t at = 0;

    for (size_t i = 0; i < j->count; i++) {
        if (deflate_pool_piece(s, &j->pieces[i], j, at, &j->err))
            return;
        at += j->pieces[i].made;
    }
}

/* Return the number of the next job, or UINT64_MAX at the end. */
static uint64_t next_job(struct deflate_pool *p)
{
    uint64_t n;

    pthread_mutex_lock(&p->lock);
    while (p->next == p->head && !p->stop)
        pthread_cond_wait(&p->work, &p->lock);
    n = p->stop ? UINT64_MAX : p->next++;
    pthread_mutex_unlock(&p->lock);
    return n;
}

static void finish_job(struct deflate_pool *p, uint64_t n)
{
    pthread_mutex_lock(&p->lock);
    p->ready[n % p->slot_count] = true;
    pthread_cond_signal(&p->done);
    pthread_mutex_unlock(&p->lock);
}

static void *deflate_pool_run(void *ctx)
{
    struct deflate_pool *p = ctx;
    struct err e = ERR_INIT;
    struct station s = {.input = malloc(DEFLATE_BLOCK)};

    if (!s.input || deflate_open(&s.deflate, &e))
        err_set(&e, ERR_MEMORY, "no memory left for compression");
    for (uint64_t n = next_job(p); n != UINT64_MAX; n = next_job(p)) {
        struct deflate_pool_job *j = &p->downloads[n % p->slot_count];

        if (e.kind)
            j->err = e;
        else
            deflate_pool_one(&s, j);
        finish_job(p, n);
    }
    deflate_close(s.deflate);
    free(s.input);
    return NULL;
}

static int make_slots(struct deflate_pool *p, struct err *e)
{
    p->downloads = calloc(p->slot_count, sizeof *p->downloads);
    p->ready = calloc(p->slot_count, sizeof *p->ready);
    if (!p->downloads || !p->ready)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
    for (unsigned i = 0; i < p->slot_count; i++)
        if (!(p->downloads[i].data = malloc(JOB_OUT)))
            return err_set(e, ERR_MEMORY, "no memory left for compression");
    return 0;
}

static int make_threads(struct deflate_pool *p, unsigned threads, struct err *e)
{
    for (; p->thread_count < threads; p->thread_count++)
        if (thread_start(&p->threads[p->thread_count], deflate_pool_run, p, e))
            return -1;
    return 0;
}

int deflate_pool_open(unsigned threads, struct deflate_pool **out, struct err *e)
{
    struct deflate_pool *p = calloc(1, sizeof *p);

    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    p->slot_count = 2 * threads + 1;
    if (make_slots(p, e) || make_threads(p, threads, e)) {
        deflate_pool_close(p);
        return -1;
    }
    *out = p;
    return 0;
}

void deflate_pool_close(struct deflate_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    for (unsigned i = 0; p->downloads && i < p->slot_count; i++)
        free(p->downloads[i].data);
    free(p->downloads);
    free(p->ready);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

bool deflate_pool_fits(const struct deflate_pool_job *j, size_t len)
{
    return j->count < DEFLATE_POOL_PIECES && j->taken + len <= DEFLATE_BLOCK;
}

struct deflate_pool_job *deflate_pool_begin(struct deflate_pool *p)
{
    struct deflate_pool_job *j = &p->downloads[p->head % p->slot_count];

    if (p->head - p->tail == p->slot_count)
        return NULL;
    j->count = 0;
    j->taken = 0;
    err_clear(&j->err);
    p->ready[p->head % p->slot_count] = false;
    return j;
}

void deflate_pool_submit(struct deflate_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->head++;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
}

struct deflate_pool_job *deflate_pool_take(struct deflate_pool *p)
{
    unsigned slot = (unsigned)(p->tail % p->slot_count);

    if (p->tail == p->head)
        return NULL;
    pthread_mutex_lock(&p->lock);
    while (!p->ready[slot])
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
    return &p->downloads[slot];
}

void deflate_pool_drop(struct deflate_pool *p)
{
    p->tail++;
}
