/* SPDX-License-Identifier: MIT */
#include "format/format.h"

#include "format/multipart.h"
#include "format/zip.h"

/* PLAN_SINGLE: only the instance's bytes (PS3.18 8.6.1.1). */
static size_t no_head(const struct plan_progress *g, const struct plan_member *m,
                      uint8_t out[FRAMING_HEAD_MAX])
{
    (void)g;
    (void)m;
    (void)out;
    return 0;
}

static size_t nothing(const struct plan_progress *g, const struct plan_member *m, uint64_t offset,
                      size_t *record)
{
    (void)g;
    (void)m;
    (void)offset;
    *record = 0;
    return 0;
}

static int no_tail(const struct plan_progress *g, struct range_filter *w, struct err *e)
{
    (void)g;
    (void)w;
    (void)e;
    return 0;
}

/* PLAN_ARRAY: a bracket or a comma before each object. */
static size_t array_head(const struct plan_progress *g, const struct plan_member *m,
                         uint8_t out[FRAMING_HEAD_MAX])
{
    out[0] = m == g->plan->members ? '[' : ',';
    return 1;
}

static size_t array_measure(const struct plan_progress *g, const struct plan_member *m,
                            uint64_t offset, size_t *record)
{
    (void)g;
    (void)m;
    (void)offset;
    *record = 0;
    return 1;
}

static int array_tail(const struct plan_progress *g, struct range_filter *w, struct err *e)
{
    (void)g;
    return range_filter_put(w, "]\n", 2, e);
}

const struct framing *format_of(enum plan_framing framing)
{
    static const struct framing frames[] = {
        [PLAN_ZIP] = {zip_head, zip_measure, zip_tail},
        [PLAN_MULTIPART] = {multipart_head, multipart_measure, multipart_tail},
        [PLAN_SINGLE] = {no_head, nothing, no_tail},
        [PLAN_ARRAY] = {array_head, array_measure, array_tail},
    };

    return &frames[framing];
}
