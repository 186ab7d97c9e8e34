/* SPDX-License-Identifier: MIT */
#include "format/range_filter.h"

int range_filter_put(struct range_filter *w, const void *data, size_t len, struct err *e)
{
    const struct range_part part = range_filter_part(w, len);

    w->at += len;
    if (!w->sink || part.from == part.end)
        return 0;
    return sink_put(w->sink, (const uint8_t *)data + part.from, (size_t)(part.end - part.from), e);
}
