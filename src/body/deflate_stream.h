/* SPDX-License-Identifier: MIT */
/*
 * Deflated members that are not converted: their blocks are compressed on threads (deflate_pool.h) ahead of the one that is
 * being sent. A member whose deflated size is not known yet is compressed before its head is written; one of several
 * blocks is then compressed twice rather than kept.
 */
#ifndef WADOZIP_BODY_DEFLATE_STREAM_H
#define WADOZIP_BODY_DEFLATE_STREAM_H

#include "body/file_source.h"
#include "format/range_filter.h"
#include "plan/plan.h"

#define DEFLATE_STREAM_THREADS 4 /* at most, unless the settings say otherwise */

struct deflate_stream;

/* threads: 0 for one a processor, at most DEFLATE_STREAM_THREADS. Plan and source must live as long as it. */
int deflate_stream_open(struct plan *p, struct file_source *s, unsigned threads,
                        struct deflate_stream **out, struct err *e) MUST_CHECK;
void deflate_stream_close(struct deflate_stream *p); /* null is allowed */

/*
 * Makes stored_size and known of deflated member i true. Members are asked for in rising order, deflated ones up to `to`
 * are compressed ahead; to go back drops what was prepared.
 */
int deflate_stream_ready(struct deflate_stream *p, size_t i, size_t to, struct err *e) MUST_CHECK;

/*
 * Make stored_size and known of deflated member i true without keeping anything. Members are asked for in rising order; a
 * pack that was used for this sends nothing.
 */
int deflate_stream_measure(struct deflate_stream *p, size_t i, struct err *e) MUST_CHECK;

/*
 * Passes the deflated data of member i, made ready before, through the window. A member that is sent whole is compared
 * with its CRC-32 and its deflated size: ERR_DATA and the caller must break the answer off. *wrong is set when the size
 * came out otherwise than known, so that it can be forgotten. Behind the window's end it only drops what was prepared.
 */
int deflate_stream_send(struct deflate_stream *p, size_t i, struct range_filter *w, bool *wrong, struct err *e) MUST_CHECK;

#endif
