/* SPDX-License-Identifier: MIT */
/* Facts discovered while a response is made and sent, for the catalogue. */
#ifndef WADOZIP_BODY_CONTENT_LEARN_H
#define WADOZIP_BODY_CONTENT_LEARN_H

#include "plan/plan_progress.h"

/*
 * Callbacks for facts discovered while sending; any may be NULL. Called at most
 * once per member; their errors are their own.
 */
struct content_learn {
    void (*mtime)(void *ctx, const struct plan *p, const struct plan_member *m, int64_t mtime_ns);
    /* size 0: the conversion failed. deflated: deflated size, at most size; 0:
     * not known */
    void (*conversion)(void *ctx, const struct plan *p, const struct plan_member *m, uint64_t size,
                       uint32_t crc, uint64_t deflated);
    /* uncompressed sizes of converted members, measured */
    void (*sizes)(void *ctx, const struct plan_progress *g, const uint32_t *members, size_t count);
    /* 0: forget it */
    void (*deflated)(void *ctx, const struct plan *p, const struct plan_member *m, uint64_t size);
    void *ctx;
};

#endif
