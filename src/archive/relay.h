/*
 * A thread that hands full buffers of a sink on, in order, while the next one is being filled: reading files and waiting for
 * the web server then take place side by side. One thread owns the relay; the other is its own and calls flush functions.
 */
#ifndef WADOZIP_ARCHIVE_RELAY_H
#define WADOZIP_ARCHIVE_RELAY_H

#include "archive/sink.h"

#define RELAY_BUFFERS 2 /* besides the one that is being filled, SINK_BUFFER bytes each: one on its way, one waiting */

/* ERR_MEMORY, or ERR_SYSTEM when there is no thread to be had. relay_close waits for the buffer that is on its way. */
int relay_open(struct relay **out, struct err *e) MUST_CHECK;
void relay_close(struct relay *r); /* null is allowed */

/*
 * Takes the buffer *data with len bytes, which will be passed to flush(ctx), and gives an empty one for it. Waits while
 * RELAY_BUFFERS are under way. Fails with what an earlier flush failed with, and from then on until relay_settle.
 */
int relay_hand(struct relay *r, sink_flush_fn *flush, void *ctx, uint8_t **data, size_t len, struct err *e) MUST_CHECK;

/*
 * Waits until nothing is under way any more; `drop`: what has not been begun is forgotten. Tells the first failure since
 * the last call, and forgets it.
 */
int relay_settle(struct relay *r, bool drop, struct err *e) MUST_CHECK;

#endif
