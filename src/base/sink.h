/* SPDX-License-Identifier: MIT */
/*
 * The destination of a response's bytes. A sink is one buffer, filled in place
 * and passed on when it is full. File data is copied once, from the page cache
 * into the buffer that is written to the web server.
 */
#ifndef WADOZIP_BASE_SINK_H
#define WADOZIP_BASE_SINK_H

#include <stdbool.h>

#include "base/sink_flush.h"

struct sink_thread;

struct sink {
    uint8_t *data;
    size_t used;
    bool hurried;   /* pass on the next record by itself */
    uint64_t total; /* bytes accepted so far */
    sink_flush_fn *flush;
    void *ctx;
    struct sink_thread *thread; /* null: buffers are passed on by the caller's thread */
};

int sink_open(struct sink *s, sink_flush_fn *flush, void *ctx, struct err *e) MUST_CHECK;

/*
 * Release the buffer. Discards bytes that were not flushed: clean-up must never
 * complete a response.
 */
void sink_close(struct sink *s);

int sink_put(struct sink *s, const void *data, size_t len, struct err *e) MUST_CHECK;

/*
 * Return free space to fill in place, at least one byte, after flushing a full
 * buffer. Returns null on failure.
 */
uint8_t *sink_space(struct sink *s, size_t *room, struct err *e) MUST_CHECK;

/* Record that the first n bytes of the space are filled. */
void sink_commit(struct sink *s, size_t n);

/*
 * Pass on the next record by itself. A web server may hold the header until it
 * has part of the body.
 */
void sink_hurry(struct sink *s);

/*
 * Pass on the buffer. With a thread this only hands it over; errors are
 * returned by a later call, at the latest by sink_settle().
 */
int sink_flush(struct sink *s, struct err *e) MUST_CHECK;

/*
 * Pass on full buffers in a thread from now on, while the next one is filled
 * (sink_thread.h). Fails with ERR_MEMORY or ERR_SYSTEM.
 */
int sink_start_thread(struct sink *s, struct err *e) MUST_CHECK;

/*
 * Wait until the thread has passed on everything that was flushed. Leaves the
 * current buffer alone.
 */
int sink_settle(struct sink *s, struct err *e) MUST_CHECK;

/* Discard the content of the buffers. Waits for a write that has begun. */
void sink_drop(struct sink *s);

/* Flush functions: to the descriptor *(int *)ctx; to nowhere, for counting (ctx
 * null). */
sink_flush_fn sink_to_fd, sink_to_nowhere;

#endif
