/* SPDX-License-Identifier: MIT */
#include "format/range_filter.h"

int range_filter_put(struct range_filter *w, const void *data, size_t len, struct err *e)
{
    uint64_t from = w->first > w->at ? w->first - w->at : 0;
    uint64_t to = w->end - w->at < len ? w->end - w->at : len;
    bool send = w->sink && range_filter_touches(w, len);

    w->at += len;
    return send ? sink_put(w->sink, (const uint8_t *)data + from, (size_t)(to - from), e) : 0;
}
