/* SPDX-License-Identifier: MIT */
/*
 * Deflated members that are not converted: threads compress their blocks ahead
 * (deflate_pool.h). A member of unknown deflated size is compressed before its
 * head is written; if it has several blocks it is compressed twice instead of
 * being kept in memory. Of a spliced member this is its pixel data: below, its
 * data and stored_size are those of the pixel data (plan_fact.deflated_size),
 * which must be known or measured before anything is sent.
 */
#ifndef WADOZIP_BODY_DEFLATE_STREAM_H
#define WADOZIP_BODY_DEFLATE_STREAM_H

#include "body/file_source.h"
#include "format/range_filter.h"
#include "plan/plan.h"

#define DEFLATE_STREAM_THREADS 4 /* at most, unless the settings say otherwise */

struct deflate_stream;

/*
 * threads: 0 for one per processor, at most DEFLATE_STREAM_THREADS. Plan and
 * source must outlive it.
 */
int deflate_stream_open(struct plan_progress *g, struct file_source *s, unsigned threads,
                        struct deflate_stream **out, struct err *e) MUST_CHECK;
void deflate_stream_close(struct deflate_stream *p); /* null is allowed */

/*
 * Make stored_size and known of deflated member i valid. Call in increasing
 * order; deflated members up to `to` are compressed ahead. Going back discards
 * prepared members.
 */
int deflate_stream_ready(struct deflate_stream *p, size_t i, size_t to, struct err *e) MUST_CHECK;

/*
 * Make stored_size and known of deflated member i valid without keeping data.
 * Call in increasing order; a stream that was used for this sends nothing.
 */
int deflate_stream_measure(struct deflate_stream *p, size_t i, struct err *e) MUST_CHECK;

/*
 * Pass the deflated data of member i, prepared before, through the range
 * filter. A member that is sent whole is compared with its CRC-32 and its
 * deflated size; on ERR_DATA the caller must abort the response. *wrong is set
 * if the size differs from the recorded one, so that it can be forgotten. After
 * the range's end it only discards prepared data.
 */
int deflate_stream_send(struct deflate_stream *p, size_t i, struct range_filter *w, bool *wrong,
                        struct err *e) MUST_CHECK;

#endif
