/* SPDX-License-Identifier: MIT */
#include "fcgi/pixel_body.h"

#include <string.h>

#include "base/io.h"

#define BATCH 16 /* frames that are decoded by one job */

/* The number in the table of the i-th frame that is asked for: FRAME_TABLE_FRAGMENT holds only these. */
static uint32_t index_of(const struct frame_table *t, const uint32_t *frames, size_t i)
{
    if (t->kind == FRAME_TABLE_FRAGMENT)
        return (uint32_t)i;
    return frames ? frames[i] - 1 : 0;
}

uint64_t pixel_body_frame_size(const struct frame_table *t, const uint32_t *frames, size_t i)
{
    uint32_t n = index_of(t, frames, i), extents = frame_table_extents(t, n);
    uint64_t size = 0;

    for (uint32_t k = 0; k < extents; k++)
        size += frame_table_extent(t, n, k).size;
    return size;
}

/* The header of a part (PS3.18 8.6.1.2.1). */
static int put_head(struct response *a, size_t i, uint64_t size, struct err *e)
{
    const struct pixels *p = &a->pixels;
    const char *head;

    if (!p->multipart)
        return 0;
    head = mem_printf(&a->s->mem, e,
                      "%s--%s\r\nContent-Type: %s\r\nContent-Location: %s/frames/%u\r\nContent-Length: %llu\r\n\r\n",
                      i ? "\r\n" : "", a->plan.boundary, p->part_type, a->plan.options.location, a->request.frames[i],
                      (unsigned long long)size);
    return head ? assembly_text(&a->assembly, head, strlen(head), e) : -1;
}

static int put_end(struct response *a, struct err *e)
{
    const char *end;

    if (!a->pixels.multipart)
        return 0;
    end = mem_printf(&a->s->mem, e, "\r\n--%s--", a->plan.boundary);
    return end ? assembly_text(&a->assembly, end, strlen(end), e) : -1;
}

static int put_stored(struct response *a, int fd, size_t i, struct err *e)
{
    const struct frame_table *t = &a->pixels.table;
    uint32_t n = index_of(t, a->request.frames, i), extents = frame_table_extents(t, n);

    if (extents == 0)
        return err_set(e, ERR_DATA, "the catalogue's frame table is incomplete: index the file again");
    if (put_head(a, i, pixel_body_frame_size(t, a->request.frames, i), e))
        return -1;
    for (uint32_t k = 0; k < extents; k++) {
        struct frame_extent x = frame_table_extent(t, n, k);

        if (assembly_file(&a->assembly, fd, x.at, x.size, e))
            return -1;
    }
    return 0;
}

static int make_stored(struct response *a, struct err *e)
{
    size_t count = a->request.frames ? a->request.frame_count : 1;
    int fd = -1;

    if (file_source_open_alone(&a->content.source, 0, &fd, e) || assembly_own(&a->assembly, fd, e))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (put_stored(a, fd, i, e))
            return -1;
    return put_end(a, e);
}

static int take_class(const struct response *a, const struct helper_result *r, struct err *e)
{
    switch (r->class) {
    case HELPER_INSTANCE:
        return 0;
    case HELPER_ABSENT:
        return err_set(e, ERR_NOT_FOUND, "%s", r->reason);
    case HELPER_REFUSED:
    case HELPER_UNDECODABLE:
        return err_set(e, ERR_NOT_ACCEPTABLE, "%s: %s", a->pixels.kind == HELPER_FRAMES ? "the frames cannot be uncompressed"
                                                                                        : "it cannot be rendered", r->reason);
    default:
        return err_set(e, ERR_HELPER, "%s", r->reason);
    }
}

/* Discard results of jobs of requests that ended early. */
static int await(struct helper_pool *pool, uint64_t cookie, struct helper_result *r, struct err *e)
{
    for (;;) {
        int n = helper_pool_next(pool, -1, r, e);

        if (n <= 0)
            return n < 0 ? -1 : err_set(e, ERR_HELPER, "wadozip-dicom was not asked for what is due");
        if (r->cookie == cookie)
            return 0;
        io_close(&r->fd);
    }
}

/* Have a job done and wait for it; *r has the result's file, the caller's. */
static int ask(struct response *a, const char *target, struct helper_result *r, struct err *e)
{
    struct helper_pool *pool = a->s->helpers;
    uint64_t cookie = (uint64_t)(io_now() * 1e6) << 32 | ++a->pixels.jobs;
    int fd;

    while (helper_pool_room(pool) == 0) {
        if (helper_pool_next(pool, -1, r, e) < 0)
            return -1;
        io_close(&r->fd);
    }
    if (file_source_open_alone(&a->content.source, 0, &fd, e) ||
        helper_pool_submit(pool, a->pixels.kind, fd, target, cookie, e))
        return -1;
    return await(pool, cookie, r, e) || take_class(a, r, e) ? -1 : 0;
}

/* Frames from number `from` on, decoded by one job. */
static int put_decoded(struct response *a, size_t from, size_t count, struct err *e)
{
    char list[BATCH * 11 + 1] = "";
    struct helper_result r = {.fd = -1};
    size_t len = 0;
    uint64_t size;

    for (size_t i = from; i < from + count; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%u", len ? "," : "", a->request.frames[i]);
    if (ask(a, list, &r, e) || assembly_own(&a->assembly, r.fd, e))
        return -1;
    size = r.size / count;
    if (size == 0 || size * count != r.size)
        return err_set(e, ERR_HELPER, "wadozip-dicom made frames of different lengths");
    for (size_t i = 0; i < count; i++)
        if (put_head(a, from + i, size, e) || assembly_file(&a->assembly, r.fd, i * size, size, e))
            return -1;
    return 0;
}

static int make_decoded(struct response *a, struct err *e)
{
    size_t count = a->request.frame_count;

    for (size_t from = 0; from < count; from += BATCH)
        if (put_decoded(a, from, count - from < BATCH ? count - from : BATCH, e))
            return -1;
    return put_end(a, e);
}

/* Images that were made before are kept with the bodies of metadata. */
static int make_rendered(struct response *a, struct err *e)
{
    struct helper_result r = {.fd = -1};

    if (spooled_get(&a->body, a->s->spool_cache, a->plan.etag))
        return 0;
    if (ask(a, a->pixels.job, &r, e)) {
        io_close(&r.fd);
        return -1;
    }
    a->body = (struct spooled){.fd = r.fd, .length = r.size, .crc = r.crc};
    spooled_put(&a->body, a->s->spool_cache, a->plan.etag);
    return 0;
}

int pixel_body_make(struct response *a, struct err *e)
{
    if (a->pixels.from_file)
        return make_stored(a, e);
    return a->pixels.kind == HELPER_FRAMES ? make_decoded(a, e) : make_rendered(a, e);
}
