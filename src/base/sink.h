/* SPDX-License-Identifier: MIT */
/*
 * Where an answer's bytes go. A sink is one buffer that is filled in place and handed on whole when it is full, so that
 * file data is copied once, from the page cache into the buffer that is written to the web server.
 */
#ifndef WADOZIP_BASE_SINK_H
#define WADOZIP_BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SINK_RECORD ((size_t)65528) /* the largest FastCGI record that needs no padding */
#define SINK_BUFFER (4 * SINK_RECORD)

/* Hands on len bytes, all of them. ERR_PEER when the other side is gone. */
typedef int sink_flush_fn(void *ctx, const uint8_t *data, size_t len, struct err *e);

struct sink_thread;

struct sink {
    uint8_t *data;
    size_t used;
    bool hurried;   /* a record is enough to be handed on */
    uint64_t total; /* bytes taken so far, handed on or not */
    sink_flush_fn *flush;
    void *ctx;
    struct sink_thread *thread; /* null: buffers are handed on by whoever fills them */
};

int sink_open(struct sink *s, sink_flush_fn *flush, void *ctx, struct err *e) MUST_CHECK;

/* Releases the buffer. What was not flushed is dropped: finishing is never implied by clean-up. */
void sink_close(struct sink *s);

int sink_put(struct sink *s, const void *data, size_t len, struct err *e) MUST_CHECK;

/* Free space to fill in place, at least one byte: flushes what is full. Null on failure. */
uint8_t *sink_space(struct sink *s, size_t *room, struct err *e) MUST_CHECK;

/* The first n bytes of the space were filled. */
void sink_commit(struct sink *s, size_t n);

/* The next record is handed on by itself: a web server may keep the header until some of the body is there. */
void sink_hurry(struct sink *s);

/* With a relay the bytes are on their way then, and failures are told by a later call, sink_settle at last. */
int sink_flush(struct sink *s, struct err *e) MUST_CHECK;

/* From now on a thread hands full buffers on while the next one is filled (sink_thread.h). ERR_MEMORY, ERR_SYSTEM. */
int sink_start_thread(struct sink *s, struct err *e) MUST_CHECK;

/* Waits until the relay has handed on what was flushed. What is in the buffer stays there. */
int sink_settle(struct sink *s, struct err *e) MUST_CHECK;

/* Forgets what is in the buffers; waits for what the relay has begun to hand on. */
void sink_drop(struct sink *s);

/* Flush functions: to the descriptor *(int *)ctx; to nowhere (ctx null), for counting. */
sink_flush_fn sink_to_fd, sink_to_nowhere;

#endif
