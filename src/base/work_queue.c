/* SPDX-License-Identifier: MIT */
#include "base/work_queue.h"

#include <stdlib.h>

#include "base/thread.h"

struct work_queue_thread {
    struct work_queue *queue;
    void *station;
    pthread_t thread;
};

struct work_queue {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    work_queue_run *run;
    struct work_queue_thread threads[WORK_QUEUE_THREADS_MAX];
    unsigned thread_count;
    uint32_t slots;
    bool *ended;               /* of each slot */
    /* numbers of jobs: to be submitted, to be taken by a thread, to be freed */
    uint64_t head, next, tail;
    bool stop;
};

int work_queue_open(uint32_t slots, work_queue_run *run, struct work_queue **out, struct err *e)
{
    struct work_queue *q = calloc(1, sizeof *q);

    *out = NULL;
    if (q)
        q->ended = calloc(slots, sizeof *q->ended);
    if (!q || !q->ended) {
        free(q);
        return err_set(e, ERR_MEMORY, "no memory left for a queue of %u jobs", slots);
    }
    q->run = run;
    q->slots = slots;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->work, NULL);
    pthread_cond_init(&q->done, NULL);
    *out = q;
    return 0;
}

/* Run the next job without the lock. Called with the lock held. */
static void run_next(struct work_queue *q, void *station)
{
    uint32_t slot = (uint32_t)(q->next++ % q->slots);

    pthread_mutex_unlock(&q->lock);
    q->run(station, slot);
    pthread_mutex_lock(&q->lock);
    q->ended[slot] = true;
    pthread_cond_signal(&q->done);
}

static void *work_queue_thread(void *ctx)
{
    const struct work_queue_thread *t = ctx;
    struct work_queue *q = t->queue;

    pthread_mutex_lock(&q->lock);
    while (!q->stop)
        if (q->next == q->head)
            pthread_cond_wait(&q->work, &q->lock);
        else
            run_next(q, t->station);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

int work_queue_add_thread(struct work_queue *q, void *station, struct err *e)
{
    struct work_queue_thread *t = &q->threads[q->thread_count];

    if (q->thread_count == WORK_QUEUE_THREADS_MAX)
        return err_set(e, ERR_SYSTEM, "more than %d threads", WORK_QUEUE_THREADS_MAX);
    *t = (struct work_queue_thread){.queue = q, .station = station};
    if (thread_start(&t->thread, work_queue_thread, t, e))
        return -1;
    q->thread_count++;
    return 0;
}

unsigned work_queue_threads(const struct work_queue *q)
{
    return q->thread_count;
}

void work_queue_close(struct work_queue *q)
{
    if (!q)
        return;
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    pthread_cond_broadcast(&q->work);
    pthread_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < q->thread_count; i++)
        pthread_join(q->threads[i].thread, NULL);
    pthread_cond_destroy(&q->done);
    pthread_cond_destroy(&q->work);
    pthread_mutex_destroy(&q->lock);
    free(q->ended);
    free(q);
}

uint32_t work_queue_begin(const struct work_queue *q)
{
    return q->head - q->tail == q->slots ? WORK_QUEUE_NONE : (uint32_t)(q->head % q->slots);
}

uint32_t work_queue_submit(struct work_queue *q)
{
    uint32_t waiting;

    pthread_mutex_lock(&q->lock);
    q->ended[q->head % q->slots] = false;
    waiting = (uint32_t)(++q->head - q->next);
    pthread_cond_signal(&q->work);
    pthread_mutex_unlock(&q->lock);
    return waiting;
}

void work_queue_run_here(struct work_queue *q, void *station)
{
    pthread_mutex_lock(&q->lock);
    if (q->next != q->head)
        run_next(q, station);
    pthread_mutex_unlock(&q->lock);
}

uint32_t work_queue_await(struct work_queue *q)
{
    uint32_t slot = (uint32_t)(q->tail % q->slots);

    if (q->tail == q->head)
        return WORK_QUEUE_NONE;
    pthread_mutex_lock(&q->lock);
    while (!q->ended[slot])
        pthread_cond_wait(&q->done, &q->lock);
    pthread_mutex_unlock(&q->lock);
    return slot;
}

void work_queue_drop(struct work_queue *q)
{
    q->tail++;
}
