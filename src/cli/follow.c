/* SPDX-License-Identifier: MIT */
#include "cli/follow.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "index/prune.h"
#include "index/watch.h"

#define LOOK_MS 500 /* between checks of *stop */

static int watch_all(const struct follow *f, struct watch *w, struct err *e)
{
    for (size_t i = 0; i < f->count; i++)
        if (watch_add(w, &f->places[i], e))
            return -1;
    return 0;
}

static bool follow_is_there(const struct root_path *p)
{
    struct stat st;

    return fstatat(p->root_fd, *p->path ? p->path : ".", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool follow_is_folder(const struct root_path *p)
{
    struct stat st;

    return fstatat(p->root_fd, *p->path ? p->path : ".", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

static struct root_path follow_offset_of_mark(const struct watch_path *w)
{
    struct root_path p = *w->place;

    snprintf(p.path, sizeof p.path, "%s", w->path);
    p.exists = follow_is_there(&p);
    return p;
}

static int ingest_path(const struct follow *f, const struct watch_path *w, struct err *e)
{
    struct root_path p = follow_offset_of_mark(w);

    if (!p.exists || ingest_run(f->ingest, &p, e) == 0)
        return 0;
    if (e->kind != ERR_DATA || follow_is_there(&p))
        return -1;
    err_clear(e); /* removed meanwhile: an event follows */
    return 0;
}

static int prune_path(const struct follow *f, const struct watch_path *w, struct err *e)
{
    struct root_path p = follow_offset_of_mark(w);

    /* A folder may stand for files that were in it (watch.h), or have taken the
     * place of another one. */
    if (p.exists && !follow_is_folder(&p))
        return 0;
    if (!f->force && prune_guard(f->writer, w->place, e))
        return -1;
    return prune_run(f->writer, &p, f->counts, f->stop, e);
}

/*
 * Index new files before removing missing ones, so that a moved file is never
 * absent from the catalogue.
 */
static int work_paths(const struct follow *f, const struct watch_batch *b, struct err *e)
{
    for (size_t i = 0; i < b->count && !*f->stop; i++)
        if (ingest_path(f, &b->paths[i], e))
            return -1;
    for (size_t i = 0; f->prune && i < b->count && !*f->stop; i++)
        if (prune_path(f, &b->paths[i], e))
            return -1;
    return writer_sync(f->writer, e);
}

static int follow_work_batch(const struct follow *f, struct watch *w, const struct watch_batch *b,
                             struct err *e)
{
    int rc;

    if (b->everything) {
        rc = watch_all(f, w, e);
        if (rc == 0)
            rc = f->everything(f->ctx, e);
    } else {
        rc = work_paths(f, b, e);
    }
    if (rc == 0)
        f->done(f->ctx);
    return rc;
}

static int follow_changes(const struct follow *f, struct watch *w, struct err *e)
{
    while (!*f->stop) {
        struct watch_batch b;
        int got = watch_next(w, LOOK_MS, &b, e);

        if (got < 0 || (got > 0 && follow_work_batch(f, w, &b, e)))
            return -1;
    }
    sd_notify(0, "STOPPING=1");
    return 0;
}

int follow_run(const struct follow *f, struct err *e)
{
    static const struct watch_batch all = {.everything = true};
    struct watch *w = NULL;
    int rc = watch_open(&w, e);

    /* Report readiness before the first index run, which can take hours. */
    sd_notify(0, "READY=1\nSTATUS=the first index is under way");
    if (rc == 0)
        rc = follow_work_batch(f, w, &all, e);
    if (rc == 0) {
        sd_notify(0, "STATUS=watching");
        rc = follow_changes(f, w, e);
    }
    watch_close(w);
    return rc;
}
