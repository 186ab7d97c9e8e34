/*
 * In place of dicom/proc.c: a pool that converts in this process. What it makes of a file is "conv:" and the file.
 * Answers come last in, first out, so that order is the feed's own doing; or in order where a test asks for that.
 */
#ifndef WADOZIP_TESTS_ARCHIVE_POOL_H
#define WADOZIP_TESTS_ARCHIVE_POOL_H

#include "tests/unit/archive/fixture.h"

#include <sys/mman.h>

#include "base/deflate.h"

struct proc_pool {
    struct proc_result done[64];
    unsigned count, submitted, room;
    bool in_order;
    const char *refuse; /* the reason for which conversions fail, or null */
    size_t only;        /* the one member that fails; 0: every one */
    uint64_t shrinks;   /* by how many bytes a result becomes smaller that may be packed */
};

static inline void fixture_convert(int fd, struct proc_result *r)
{
    uint8_t data[4096] = "conv:";
    ssize_t n = 5;

    r->fd = memfd_create("converted", MFD_CLOEXEC);
    do {
        if (r->size)
            r->source_crc = crc_update(r->source_crc, data, (size_t)n);
        r->crc = crc_update(r->crc, data, (size_t)n);
        r->size += (uint64_t)n;
        assert_int_equal(io_write(r->fd, data, (size_t)n), 0);
        n = read(fd, data, sizeof data);
    } while (n > 0);
    r->packed_crc = r->crc;
}

/* Takes the place of a result whose first `shrinks` bytes are what it is deflated to. */
static inline void fixture_pack(struct proc_result *r, uint64_t shrinks, enum proc_packing packing)
{
    uint8_t data[4096] = {0};

    r->deflated = shrinks < r->size ? r->size - shrinks : r->size + 5;
    if (!deflate_pays(r->size, r->deflated, packing == PROC_PACK_ANY))
        return;
    r->packed = true;
    assert_int_equal(ftruncate(r->fd, (off_t)r->deflated), 0);
    assert_int_equal(io_pread(r->fd, data, sizeof data, 0), r->deflated);
    r->packed_crc = crc_update(0, data, r->deflated);
}

unsigned proc_room(const struct proc_pool *p)
{
    return p->room - p->count;
}

int proc_convert(struct proc_pool *p, int fd, const char *target, enum proc_packing packing, uint64_t cookie,
                 struct err *e)
{
    struct proc_result r = {.cookie = cookie, .kind = PROC_CONVERT, .fd = -1};

    assert_string_equal(target, TRANSFER_SYNTAX_EXPLICIT_LE);
    if (p->count == p->room) {
        close(fd);
        return err_set(e, ERR_BUSY, "no room");
    }
    if (p->refuse && (p->only == 0 || p->only == (uint32_t)cookie)) {
        r.class = PROC_FAILED;
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

int proc_next(struct proc_pool *p, int timeout_ms, struct proc_result *r, struct err *e)
{
    (void)timeout_ms;
    (void)e;
    if (p->count == 0)
        return 0;
    *r = p->done[p->in_order ? 0 : p->count - 1];
    p->count--;
    if (p->in_order)
        memmove(p->done, p->done + 1, p->count * sizeof *p->done);
    return 1;
}

#endif
