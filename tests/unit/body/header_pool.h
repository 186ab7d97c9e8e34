/* SPDX-License-Identifier: MIT */
/* In place of helper/helper_pool.c: a pool that makes headers. Results come
 * last in, first out. */
#ifndef WADOZIP_TESTS_UNIT_BODY_HEADER_POOL_H
#define WADOZIP_TESTS_UNIT_BODY_HEADER_POOL_H

#include "tests/unit/body/response.h"

#include <sys/mman.h>

struct helper_pool {
    struct helper_result done[8];
    unsigned count, submitted, salt; /* salt: other headers are made */
};

unsigned helper_pool_room(const struct helper_pool *p)
{
    return 8 - p->count;
}

/* A header that depends on the file, and two bytes after the pixel data; of
 * files without any, all of it. */
int helper_pool_order(struct helper_pool *p, int fd, const struct helper_order *o, struct err *e)
{
    struct helper_result *r = &p->done[p->count++];
    char text[64];
    uint8_t first;

    (void)e;
    assert_int_equal(o->kind, HELPER_DEIDENTIFY_HEADER);
    assert_int_equal(io_pread(fd, &first, 1, 0), 1);
    close(fd);
    *r = (struct helper_result){
        .cookie = o->cookie, .kind = o->kind, .fd = memfd_create("header", MFD_CLOEXEC)};
    r->size =
        (uint64_t)snprintf(text, sizeof text, "header %03u %u of %sZZ", first, p->salt, o->profile);
    r->cut = r->size - 2;
    assert_int_equal(io_write(r->fd, text, r->size), 0);
    p->submitted++;
    return 0;
}

int helper_pool_next(struct helper_pool *p, int timeout_ms, struct helper_result *r, struct err *e)
{
    (void)timeout_ms, (void)e;
    if (p->count == 0)
        return 0;
    *r = p->done[--p->count];
    return 1;
}

#endif
