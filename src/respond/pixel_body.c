/* SPDX-License-Identifier: MIT */
#include "respond/pixel_body.h"

#include <string.h>

#include "base/io.h"
#include "base/spool.h"
#include "helper/helper_run.h"
#include "respond/pixel_deid.h"

#define BATCH 16 /* frames decoded by one job */

/* Return the index in the table of the i-th requested frame:
 * FRAME_TABLE_FRAGMENT contains only these. */
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

/* Return the Content-Location of a part, in the arena, "" if it has none; null on failure. */
static const char *part_location(struct response *a, size_t i, struct err *e)
{
    const char *instance = a->retrieval.plan.options.location;

    if (!instance)
        return "";
    return mem_printf(&a->s->mem, e, "Content-Location: %s/frames/%u\r\n", instance,
                      a->request.frames[i]);
}

/* Append the header of a part (PS3.18 8.6.1.2.1). */
static int put_head(struct response *a, size_t i, uint64_t size, struct err *e)
{
    const struct pixel_choice *p = &a->pixels;
    const char *head, *location;

    if (!p->multipart)
        return 0;
    location = part_location(a, i, e);
    if (!location)
        return -1;
    head = mem_printf(&a->s->mem, e, "%s--%s\r\nContent-Type: %s\r\n%sContent-Length: %llu\r\n\r\n",
                      i ? "\r\n" : "", a->retrieval.progress.boundary, p->part_type, location,
                      (unsigned long long)size);
    return head ? assembly_text(&a->assembly, head, strlen(head), e) : -1;
}

static int put_end(struct response *a, struct err *e)
{
    const char *end;

    if (!a->pixels.multipart)
        return 0;
    end = mem_printf(&a->s->mem, e, "\r\n--%s--", a->retrieval.progress.boundary);
    return end ? assembly_text(&a->assembly, end, strlen(end), e) : -1;
}

static int put_stored(struct response *a, int fd, size_t i, struct err *e)
{
    const struct frame_table *t = &a->pixels.table;
    uint32_t n = index_of(t, a->request.frames, i), extents = frame_table_extents(t, n);

    if (extents == 0)
        return err_set(e, ERR_DATA,
                       "the catalogue's frame table is incomplete: index the file again");
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

    if (a->profile ? pixel_deid_open(a, &fd, e)
                   : file_source_open_alone(&a->retrieval.content.source, 0, &fd, e))
        return -1;
    if (assembly_own(&a->assembly, fd, e))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (put_stored(a, fd, i, e))
            return -1;
    return put_end(a, e);
}

/* Convert the class of a failed job to an error. */
static int check_class(const struct response *a, const struct helper_result *r, struct err *e)
{
    switch (r->class) {
    case HELPER_INSTANCE:
        return 0;
    case HELPER_ABSENT:
        return err_set(e, ERR_NOT_FOUND, "%s", r->reason);
    case HELPER_RISK:
        return plan_refuse_risk(&a->retrieval.plan.options, r->reason, e);
    case HELPER_REFUSED:
    case HELPER_UNDECODABLE:
        return err_set(e, ERR_NOT_ACCEPTABLE, "%s: %s",
                       a->pixels.kind == HELPER_FRAMES ? "the frames cannot be uncompressed"
                                                       : "it cannot be rendered",
                       r->reason);
    default:
        return err_set(e, ERR_HELPER, "%s", r->reason);
    }
}

/* Run a job on the instance's file. The caller owns r->fd, which is -1 on
 * failure. */
static int run_job(struct response *a, const char *target, struct helper_result *r, struct err *e)
{
    const struct helper_order order = {.kind = a->pixels.kind,
                                       .target = target,
                                       .profile = plan_profile(&a->retrieval.plan.options)};
    int fd;

    r->fd = -1;
    if (file_source_open_alone(&a->retrieval.content.source, 0, &fd, e) ||
        helper_run(a->s->tools.helpers, fd, &order, r, e))
        return -1;
    if (check_class(a, r, e) == 0)
        return 0;
    io_close(&r->fd);
    return -1;
}

/* Decoded frames that are collected in one file. */
struct collected {
    int fd;        /* the spool file, owned by the assembly; -1: results are used as they are */
    uint64_t size;
};

/* Take over a result. Returns in *fd and *at where its bytes are. */
static int collect_result(struct response *a, struct collected *c, const struct helper_result *r,
                          int *fd, uint64_t *at, struct err *e)
{
    int made = r->fd, rc;

    *fd = c->fd < 0 ? made : c->fd;
    *at = c->size;
    if (c->fd < 0)
        return assembly_own(&a->assembly, made, e);
    c->size += r->size;
    rc = io_copy(c->fd, made, r->size)
             ? err_sys(e, ERR_SYSTEM, "cannot write a temporary file (setting spool)")
             : 0;
    io_close(&made);
    return rc;
}

/* Append `count` frames from index `from` on, decoded by one job. */
static int put_decoded(struct response *a, struct collected *c, size_t from, size_t count,
                       struct err *e)
{
    char list[BATCH * 11 + 1] = "";
    struct helper_result r;
    size_t len = 0;
    uint64_t size, at;
    int fd;

    for (size_t i = from; i < from + count; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%u", len ? "," : "",
                                a->request.frames[i]);
    if (run_job(a, list, &r, e) || collect_result(a, c, &r, &fd, &at, e))
        return -1;
    size = r.size / count;
    if (size == 0 || size * count != r.size)
        return err_set(e, ERR_HELPER, "wadozip-dicom made frames of different lengths");
    for (size_t i = 0; i < count; i++)
        if (put_head(a, from + i, size, e) ||
            assembly_file(&a->assembly, fd, at + i * size, size, e))
            return -1;
    return 0;
}

/* Results of several jobs go to a spool file: memory files of them all would
 * make memory grow with the response. */
static int make_decoded(struct response *a, struct err *e)
{
    size_t count = a->request.frame_count;
    struct collected c = {.fd = -1};

    if (count > BATCH) {
        c.fd = spool_unlinked_file(a->s->conf->spool, e);
        if (c.fd < 0 || assembly_own(&a->assembly, c.fd, e))
            return -1;
    }
    for (size_t from = 0; from < count; from += BATCH)
        if (put_decoded(a, &c, from, count - from < BATCH ? count - from : BATCH, e))
            return -1;
    return put_end(a, e);
}

/* Rendered images are kept in the spool cache, as metadata is. */
static int make_rendered(struct response *a, struct err *e)
{
    struct helper_result r;

    if (spooled_get(&a->retrieval.body, a->s->tools.spool_cache, a->retrieval.progress.etag))
        return 0;
    if (run_job(a, a->pixels.job, &r, e))
        return -1;
    a->retrieval.body = (struct spooled){.fd = r.fd, .length = r.size, .crc = r.crc};
    spooled_put(&a->retrieval.body, a->s->tools.spool_cache, a->retrieval.progress.etag);
    return 0;
}

int pixel_body_make(struct response *a, struct err *e)
{
    if (!a->pixels.job)
        return make_stored(a, e);
    return a->pixels.kind == HELPER_FRAMES ? make_decoded(a, e) : make_rendered(a, e);
}
