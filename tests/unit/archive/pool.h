/*
 * In place of dicom/proc.c: a pool that converts in this process. What it makes of a file is "conv:" and the file.
 * Answers come last in, first out, so that order is the feed's own doing; or in order where a test asks for that.
 */
#ifndef WADOZIP_TESTS_ARCHIVE_POOL_H
#define WADOZIP_TESTS_ARCHIVE_POOL_H

#include "tests/unit/archive/made.h"

struct proc_pool {
    struct proc_result done[64];
    unsigned count, submitted, room;
    bool in_order, slow; /* slow: nothing is ever there already */
    const char *refuse; /* the reason for which conversions fail, or null */
    size_t only;        /* the one member that fails; 0: every one */
    enum proc_class class; /* as which they fail; 0: PROC_FAILED */
    uint64_t shrinks;   /* by how many bytes a result becomes smaller that may be packed */
};

unsigned proc_room(const struct proc_pool *p)
{
    return p->room - p->count;
}

static inline int fixture_make(struct proc_pool *p, enum proc_kind kind, int fd, enum proc_packing packing,
                               uint64_t cookie, struct err *e)
{
    struct proc_result r = {.cookie = cookie, .kind = kind, .fd = -1};

    if (p->count == p->room) {
        close(fd);
        return err_set(e, ERR_BUSY, "no room");
    }
    if (p->refuse && (p->only == 0 || p->only == (uint32_t)cookie)) {
        r.class = p->class ? p->class : PROC_FAILED;
        snprintf(r.reason, sizeof r.reason, "%s", p->refuse);
    } else {
        fixture_convert(fd, &r);
        if (packing != PROC_PACK_NOTHING)
            fixture_pack(&r, p->shrinks, packing);
    }
    close(fd);
    p->done[p->count++] = r;
    p->submitted++;
    return 0;
}

int proc_convert(struct proc_pool *p, int fd, const char *target, enum proc_packing packing, uint64_t cookie,
                 struct err *e)
{
    assert_string_equal(target, TRANSFER_SYNTAX_EXPLICIT_LE);
    return fixture_make(p, PROC_CONVERT, fd, packing, cookie, e);
}

int proc_submit(struct proc_pool *p, enum proc_kind kind, int fd, const char *target, uint64_t cookie, struct err *e)
{
    assert_int_equal(kind, PROC_EXTRACT);
    assert_string_equal(target, "7FE00010");
    return fixture_make(p, kind, fd, PROC_PACK_NOTHING, cookie, e);
}

int proc_next(struct proc_pool *p, int timeout_ms, struct proc_result *r, struct err *e)
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
