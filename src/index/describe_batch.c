/* SPDX-License-Identifier: MIT */
#include "index/describe_batch.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/io.h"

int describe_batch_open(struct describe_batch *b, const struct describe_setup *s, struct err *e)
{
    struct helper_setup setup = helper_setup_of(s->conf);

    setup.deflate = s->deflate;
    if (s->jobs)
        setup.children = s->jobs;
    *b = (struct describe_batch){.stop = s->stop, .fds = calloc(s->room, sizeof *b->fds)};
    if (!b->fds)
        return err_set(e, ERR_MEMORY, "no memory left for a batch of %zu files", s->room);
    b->room = s->room;
    for (size_t i = 0; i < b->room; i++)
        b->fds[i] = -1;
    if (store_open(s->conf, &b->store, e))
        return -1;
    return helper_pool_open(&setup, &b->pool, e);
}

void describe_batch_close(struct describe_batch *b)
{
    helper_pool_close(b->pool);
    for (size_t i = 0; i < b->room; i++)
        io_close(&b->fds[i]);
    store_close(b->store);
    free(b->fds);
    *b = (struct describe_batch){0};
}

bool describe_batch_is_stopped(const struct describe_batch *b)
{
    return b->stop && *b->stop;
}

int describe_batch_open_file(struct describe_batch *b, size_t number, struct describe_file *f,
                             struct err *e)
{
    uint32_t folder;
    const char *name;

    f->why = (struct err)ERR_INIT;
    if (store_name(b->store, f->root, f->path, &folder, &name, &f->why) == 0 &&
        store_file(b->store, folder, name, &b->fds[number], &f->meta, &f->why) == 0)
        return 1;
    b->fds[number] = -1;
    return f->why.kind == ERR_DATA ? 0 : err_set(e, f->why.kind, "%s", f->why.text);
}

void describe_batch_close_file(struct describe_batch *b, size_t number)
{
    io_close(&b->fds[number]);
}

int describe_batch_submit(struct describe_batch *b, size_t number, enum helper_job_kind kind,
                          struct err *e)
{
    int fd = fcntl(b->fds[number], F_DUPFD_CLOEXEC, 0);

    if (fd < 0)
        return err_sys(e, ERR_SYSTEM, "cannot duplicate a descriptor");
    b->out++;
    return helper_pool_submit(b->pool, kind, fd, NULL, number, e);
}

int describe_batch_next(struct describe_batch *b, int ms, struct helper_result *r, struct err *e)
{
    int got = helper_pool_next(b->pool, ms, r, e);

    if (got <= 0)
        return got;
    b->out--;
    if (r->cookie < b->room && b->fds[r->cookie] >= 0 && !describe_batch_is_stopped(b))
        return 1;
    io_close(&r->fd);
    return describe_batch_is_stopped(b)
               ? 0
               : err_set(e, ERR_HELPER, "wadozip-dicom replied about a file that was not sent");
}

void describe_batch_end(struct describe_batch *b)
{
    for (size_t i = 0; i < b->room; i++)
        io_close(&b->fds[i]);
    store_forget(b->store);
}
