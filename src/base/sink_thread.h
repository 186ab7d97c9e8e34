/* SPDX-License-Identifier: MIT */
/*
 * A thread that passes on full buffers of a sink, in order, while the next one
 * is filled, so that reading files and waiting for the web server overlap. One
 * thread calls these functions; the other one is internal and calls the flush
 * functions.
 */
#ifndef WADOZIP_BASE_SINK_THREAD_H
#define WADOZIP_BASE_SINK_THREAD_H

#include <stdbool.h>

#include "base/sink_flush.h"

struct sink_thread;

#define SINK_THREAD_BUFFERS 2 /* in addition to the one that is filled, of SINK_BUFFER bytes each:
                               * one being written, one waiting */

/*
 * Start the thread. Fails with ERR_MEMORY, or with ERR_SYSTEM if no thread can
 * be created. sink_thread_close() waits for the buffer that is being written.
 */
int sink_thread_open(struct sink_thread **out, struct err *e) MUST_CHECK;
void sink_thread_close(struct sink_thread *r); /* null is allowed */

/*
 * Queue the buffer *data with len bytes for flush(ctx), and replace it with an
 * empty one. Waits while SINK_THREAD_BUFFERS are queued. Returns the error of
 * an earlier flush, if any, until sink_thread_settle() has reported it.
 */
int sink_thread_hand(struct sink_thread *r, sink_flush_fn *flush, void *ctx, uint8_t **data,
                     size_t len, struct err *e) MUST_CHECK;

/*
 * Wait until the queue is empty; with `drop`, discard buffers that are not
 * being written. Returns the first error since the last call and clears it.
 */
int sink_thread_settle(struct sink_thread *r, bool drop, struct err *e) MUST_CHECK;

#endif
