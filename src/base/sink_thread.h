/* SPDX-License-Identifier: MIT */
/*
 * A thread that hands full buffers of a sink on, in order, while the next one is being filled: reading files and waiting for
 * the web server then take place side by side. One thread owns the relay; the other is its own and calls flush functions.
 */
#ifndef WADOZIP_BASE_SINK_THREAD_H
#define WADOZIP_BASE_SINK_THREAD_H

#include "base/sink.h"

#define SINK_THREAD_BUFFERS 2 /* besides the one that is being filled, SINK_BUFFER bytes each: one on its way, one waiting */

/* ERR_MEMORY, or ERR_SYSTEM when there is no thread to be had. sink_thread_close waits for the buffer that is on its way. */
int sink_thread_open(struct sink_thread **out, struct err *e) MUST_CHECK;
void sink_thread_close(struct sink_thread *r); /* null is allowed */

/*
 * Takes the buffer *data with len bytes, which will be passed to flush(ctx), and gives an empty one for it. Waits while
 * SINK_THREAD_BUFFERS are under way. Fails with what an earlier flush failed with, and from then on until sink_thread_settle.
 */
int sink_thread_hand(struct sink_thread *r, sink_flush_fn *flush, void *ctx, uint8_t **data,
                     size_t len, struct err *e) MUST_CHECK;

/*
 * Waits until nothing is under way any more; `drop`: what has not been begun is forgotten. Tells the first failure since
 * the last call, and forgets it.
 */
int sink_thread_settle(struct sink_thread *r, bool drop, struct err *e) MUST_CHECK;

#endif
