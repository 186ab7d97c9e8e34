/* SPDX-License-Identifier: MIT */
#include "base/sink.h"

#include <errno.h>

#include "base/io.h"
#include "base/sink_thread.h"

int sink_open(struct sink *s, sink_flush_fn *flush, void *ctx, struct err *e)
{
    *s = (struct sink){.data = malloc(SINK_BUFFER), .flush = flush, .ctx = ctx};
    if (!s->data)
        return err_set(e, ERR_MEMORY, "no memory left for an output buffer");
    return 0;
}

void sink_close(struct sink *s)
{
    sink_thread_close(s->thread);
    free(s->data);
    s->thread = NULL;
    s->data = NULL;
    s->used = 0;
}

void sink_hurry(struct sink *s)
{
    s->hurried = s->used < SINK_RECORD;
}

int sink_flush(struct sink *s, struct err *e)
{
    size_t used = s->used;

    s->used = 0;
    s->hurried &= used < SINK_RECORD;
    if (!used)
        return 0;
    return s->thread ? sink_thread_hand(s->thread, s->flush, s->ctx, &s->data, used, e)
                     : s->flush(s->ctx, s->data, used, e);
}

int sink_start_thread(struct sink *s, struct err *e)
{
    return s->thread ? 0 : sink_thread_open(&s->thread, e);
}

int sink_settle(struct sink *s, struct err *e)
{
    return s->thread ? sink_thread_settle(s->thread, false, e) : 0;
}

void sink_drop(struct sink *s)
{
    struct err ignored = ERR_INIT;

    s->used = 0;
    s->hurried = false;
    if (s->thread)
        (void)!sink_thread_settle(s->thread, true, &ignored);
}

uint8_t *sink_space(struct sink *s, size_t *room, struct err *e)
{
    if (s->used == (s->hurried ? SINK_RECORD : SINK_BUFFER) && sink_flush(s, e))
        return NULL;
    *room = (s->hurried ? SINK_RECORD : SINK_BUFFER) - s->used;
    return s->data + s->used;
}

void sink_commit(struct sink *s, size_t n)
{
    s->used += n;
    s->total += n;
}

int sink_put(struct sink *s, const void *data, size_t len, struct err *e)
{
    const uint8_t *from = data;

    while (len) {
        size_t room;
        uint8_t *to = sink_space(s, &room, e);

        if (!to)
            return -1;
        if (room > len)
            room = len;
        memcpy(to, from, room);
        sink_commit(s, room);
        from += room;
        len -= room;
    }
    return 0;
}

int sink_to_fd(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    if (io_write(*(int *)ctx, data, len) == 0)
        return 0;
    if (errno == EPIPE || errno == ECONNRESET)
        return err_sys(e, ERR_PEER, "the receiver of the archive went away");
    return err_sys(e, ERR_SYSTEM, "cannot write the archive");
}

int sink_to_nowhere(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    (void)ctx;
    (void)data;
    (void)len;
    (void)e;
    return 0;
}
