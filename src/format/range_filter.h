/* SPDX-License-Identifier: MIT */
/*
 * The requested part of a body. The whole body passes in order, as bytes or
 * only as a length; bytes within the range go to the sink.
 */
#ifndef WADOZIP_FORMAT_RANGE_FILTER_H
#define WADOZIP_FORMAT_RANGE_FILTER_H

#include <stdbool.h>

#include "base/sink.h"

#define RANGE_FILTER_OPEN UINT64_MAX /* an end that is never reached */

struct range_filter {
    struct sink *sink;    /* null: only count */
    uint64_t at;          /* offset of the next byte in the body */
    uint64_t first, end;  /* the range [first, end) */
};

/* Bytes [from, end) of a piece. */
struct range_part {
    uint64_t from, end;
};

/* Return the part of the next n bytes that is in the range; from == end if none
 * is. */
static inline struct range_part range_filter_part(const struct range_filter *w, uint64_t n)
{
    uint64_t from = w->first > w->at ? w->first - w->at : 0;
    uint64_t end = w->end > w->at ? w->end - w->at : 0;

    end = end < n ? end : n;
    return (struct range_part){from < end ? from : end, end};
}

/* Return whether any, or all, of the next n bytes are in the range. */
static inline bool range_filter_touches(const struct range_filter *w, uint64_t n)
{
    const struct range_part part = range_filter_part(w, n);

    return part.from < part.end;
}

static inline bool range_filter_covers(const struct range_filter *w, uint64_t n)
{
    return w->at >= w->first && w->at + n <= w->end;
}

/* Pass the next len bytes of the body. */
int range_filter_put(struct range_filter *w, const void *data, size_t len,
                     struct err *e) MUST_CHECK;

#endif
