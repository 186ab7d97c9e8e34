/* SPDX-License-Identifier: MIT */
/* In place of helper/helper_pool.c: a pool that converts in this process. What
 * it makes of a file is "conv:" and the file. Answers come last in, first out,
 * so that order is the feed's own doing; or in order where a test asks for
 * that. */
#ifndef WADOZIP_TESTS_UNIT_BODY_POOL_H
#define WADOZIP_TESTS_UNIT_BODY_POOL_H

#include "tests/unit/body/made.h"

struct helper_pool {
    struct helper_result done[64];
    unsigned count, submitted, room;
    bool in_order, slow; /* slow: nothing is ever there already */
    const char *refuse; /* the reason for which conversions fail, or null */
    size_t only;        /* the one member that fails; 0: every one */
    enum helper_class class; /* as which they fail; 0: HELPER_FAILED */
    uint64_t shrinks;   /* by how many bytes a result becomes smaller that may be packed */
};

unsigned helper_pool_room(const struct helper_pool *p)
{
    return p->room - p->count;
}

static inline int fixture_make(struct helper_pool *p, enum helper_job_kind kind, int fd,
                               enum helper_packing packing, uint64_t cookie, struct err *e)
{
    struct helper_result r = {.cookie = cookie, .kind = kind, .fd = -1};

    if (p->count == p->room) {
        close(fd);
        return err_set(e, ERR_BUSY, "no room");
    }
    if (p->refuse && (p->only == 0 || p->only == (uint32_t)cookie)) {
        r.class = p->class ? p->class : HELPER_FAILED;
        snprintf(r.reason, sizeof r.reason, "%s", p->refuse);
    } else {
        fixture_convert(fd, &r);
        if (packing != HELPER_PACK_NOTHING)
            fixture_pack(&r, p->shrinks, packing);
    }
    close(fd);
    p->done[p->count++] = r;
    p->submitted++;
    return 0;
}

int helper_pool_order(struct helper_pool *p, int fd, const struct helper_order *o, struct err *e)
{
    assert_true(o->kind == HELPER_CONVERT || o->kind == HELPER_EXTRACT);
    assert_string_equal(o->target,
                        o->kind == HELPER_CONVERT ? TRANSFER_SYNTAX_EXPLICIT_LE : "7FE00010");
    return fixture_make(p, o->kind, fd, o->packing, o->cookie, e);
}

int helper_pool_next(struct helper_pool *p, int timeout_ms, struct helper_result *r, struct err *e)
{
    (void)e;
    if (p->count == 0 || (p->slow && timeout_ms == 0))
        return 0;
    *r = p->done[p->in_order ? 0 : p->count - 1];
    p->count--;
    if (p->in_order)
        memmove(p->done, p->done + 1, p->count * sizeof *p->done);
    return 1;
}

#endif
