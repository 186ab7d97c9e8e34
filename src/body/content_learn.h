/* SPDX-License-Identifier: MIT */
/* What is discovered while an answer is made and sent, for the catalogue. */
#ifndef WADOZIP_BODY_CONTENT_LEARN_H
#define WADOZIP_BODY_CONTENT_LEARN_H

#include "plan/plan.h"

/*
 * What the responder learns while it works; functions may be null. Called at most once a member; failures are theirs.
 * While mtime is called, m->mtime_ns is still the recorded time.
 */
struct content_learn {
    void (*mtime)(void *ctx, const struct plan *p, const struct plan_member *m, int64_t mtime_ns);
    /* size 0: it could not be made. deflated: bytes that deflate makes of it, no more than size; 0: not known */
    void (*form)(void *ctx, const struct plan *p, const struct plan_member *m, uint64_t size, uint32_t crc,
                 uint64_t deflated);
    /* default sizes of converted members, which were measured */
    void (*sizes)(void *ctx, const struct plan *p, const uint32_t *members, size_t count);
    void (*deflated)(void *ctx, const struct plan *p, const struct plan_member *m, uint64_t size); /* 0: forget it */
    void *ctx;
};

#endif
