/* SPDX-License-Identifier: MIT */
#include "base/sink_thread.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/work_queue.h"

struct load {
    uint8_t *data;
    size_t len;
    sink_flush_fn *flush;
    void *ctx;
};

struct sink_thread {
    struct work_queue *queue;
    struct load loads[SINK_THREAD_BUFFERS];
    struct err err;     /* the first error; the thread's until `failed` is set, then the owner's */
    atomic_bool failed; /* since the last settling */
    atomic_bool drop;
};

/* Skips the remaining loads after an error: bytes after a gap are useless. */
static void carry(void *station, uint32_t slot)
{
    struct sink_thread *r = station;
    const struct load *l = &r->loads[slot];

    if (!r->drop && !r->failed && l->flush(l->ctx, l->data, l->len, &r->err))
        r->failed = true;
}

int sink_thread_open(struct sink_thread **out, struct err *e)
{
    struct sink_thread *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r)
        return err_set(e, ERR_MEMORY, "no memory left for sending");
    for (size_t i = 0; i < SINK_THREAD_BUFFERS; i++)
        if (!(r->loads[i].data = malloc(SINK_BUFFER)))
            err_set(e, ERR_MEMORY, "no memory left for sending");
    if (e->kind || work_queue_open(SINK_THREAD_BUFFERS, carry, &r->queue, e) ||
        work_queue_add_thread(r->queue, r, e)) {
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
    work_queue_close(r->queue);
    for (size_t i = 0; i < SINK_THREAD_BUFFERS; i++)
        free(r->loads[i].data);
    free(r);
}

/* Exchange the full buffer for the slot's empty one. */
static void load(struct sink_thread *r, sink_flush_fn *flush, void *ctx, uint8_t **data, size_t len)
{
    struct load *l = &r->loads[work_queue_begin(r->queue)];
    uint8_t *empty = l->data;

    *l = (struct load){.data = *data, .len = len, .flush = flush, .ctx = ctx};
    *data = empty;
    work_queue_submit(r->queue);
}

int sink_thread_hand(struct sink_thread *r, sink_flush_fn *flush, void *ctx, uint8_t **data,
                     size_t len, struct err *e)
{
    if (work_queue_begin(r->queue) == WORK_QUEUE_NONE) {
        work_queue_await(r->queue);
        work_queue_drop(r->queue);
    }
    if (r->failed)
        return err_pass(e, &r->err);
    load(r, flush, ctx, data, len);
    return 0;
}

int sink_thread_settle(struct sink_thread *r, bool drop, struct err *e)
{
    int rc = 0;

    r->drop = drop;
    while (work_queue_await(r->queue) != WORK_QUEUE_NONE)
        work_queue_drop(r->queue);
    r->drop = false;
    if (r->failed)
        rc = err_pass(e, &r->err);
    r->failed = false;
    err_clear(&r->err);
    return rc;
}
