/* SPDX-License-Identifier: MIT */
#include "body/deflate_pool.h"

#include "base/crc.h"
#include "base/deflate.h"
#include "base/io.h"
#include "base/work_queue.h"

/* Upper bound of a job's data: the sum of its pieces' bounds. */
#define JOB_OUT (DEFLATE_OUT_MAX + DEFLATE_POOL_PIECES * DEFLATE_BOUND((size_t)0))

/* Buffers of one thread, made when its first job runs. */
struct station {
    struct deflate_pool *pool;
    struct deflate *deflate;
    uint8_t *input;
};

struct deflate_pool {
    struct work_queue *queue;
    struct station stations[DEFLATE_POOL_THREADS_MAX];
    unsigned slot_count;
    struct deflate_pool_job *downloads; /* of each slot */
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

_Static_assert(DEFLATE_POOL_THREADS_MAX <= WORK_QUEUE_THREADS_MAX, "a queue has as many threads");

static void deflate_pool_one(const struct station *s, struct deflate_pool_job *j)
{
    size_t at = 0;

    for (size_t i = 0; i < j->count; i++) {
        if (deflate_pool_piece(s, &j->pieces[i], j, at, &j->err))
            return;
        at += j->pieces[i].made;
    }
}

static int open_station(struct station *s, struct err *e)
{
    if (!s->input)
        s->input = malloc(DEFLATE_BLOCK);
    if (!s->input)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
    return s->deflate ? 0 : deflate_open(&s->deflate, e);
}

static void deflate_pool_run(void *station, uint32_t slot)
{
    struct station *s = station;
    struct deflate_pool_job *j = &s->pool->downloads[slot];

    if (open_station(s, &j->err) == 0)
        deflate_pool_one(s, j);
}

static int make_slots(struct deflate_pool *p, struct err *e)
{
    p->downloads = calloc(p->slot_count, sizeof *p->downloads);
    if (!p->downloads)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
    for (unsigned i = 0; i < p->slot_count; i++)
        if (!(p->downloads[i].data = malloc(JOB_OUT)))
            return err_set(e, ERR_MEMORY, "no memory left for compression");
    return 0;
}

static int make_threads(struct deflate_pool *p, unsigned threads, struct err *e)
{
    if (work_queue_open(p->slot_count, deflate_pool_run, &p->queue, e))
        return -1;
    for (unsigned i = 0; i < threads; i++) {
        p->stations[i].pool = p;
        if (work_queue_add_thread(p->queue, &p->stations[i], e))
            return -1;
    }
    return 0;
}

int deflate_pool_open(unsigned threads, struct deflate_pool **out, struct err *e)
{
    struct deflate_pool *p = calloc(1, sizeof *p);

    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for compression");
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
    work_queue_close(p->queue);
    for (unsigned i = 0; i < DEFLATE_POOL_THREADS_MAX; i++) {
        deflate_close(p->stations[i].deflate);
        free(p->stations[i].input);
    }
    for (unsigned i = 0; p->downloads && i < p->slot_count; i++)
        free(p->downloads[i].data);
    free(p->downloads);
    free(p);
}

bool deflate_pool_fits(const struct deflate_pool_job *j, size_t len)
{
    return j->count < DEFLATE_POOL_PIECES && j->taken + len <= DEFLATE_BLOCK;
}

struct deflate_pool_job *deflate_pool_begin(struct deflate_pool *p)
{
    uint32_t slot = work_queue_begin(p->queue);
    struct deflate_pool_job *j;

    if (slot == WORK_QUEUE_NONE)
        return NULL;
    j = &p->downloads[slot];
    j->count = 0;
    j->taken = 0;
    err_clear(&j->err);
    return j;
}

void deflate_pool_submit(struct deflate_pool *p)
{
    work_queue_submit(p->queue);
}

struct deflate_pool_job *deflate_pool_take(struct deflate_pool *p)
{
    uint32_t slot = work_queue_await(p->queue);

    return slot == WORK_QUEUE_NONE ? NULL : &p->downloads[slot];
}

void deflate_pool_drop(struct deflate_pool *p)
{
    work_queue_drop(p->queue);
}
