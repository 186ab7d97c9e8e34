/* SPDX-License-Identifier: MIT */
#include "index/root_walk.h"

#include <errno.h>
#include <fcntl.h>

#include "base/io.h"
#include "index/dir_list.h"
#include "store/s3_root.h"

struct object_walk {
    walk_visit *visit;
    void *ctx;
};

static int visit_object(void *ctx, const char *path, const struct s3_meta *meta, struct err *e)
{
    const struct object_walk *w = ctx;
    const struct walk_entry entry = {
        .kind = WALK_FILE, .path = path, .size = meta->size, .mtime_ns = meta->mtime_ns};
    const struct walk_entry failed = {
        .kind = WALK_FAILED, .path = path, .reason = "the key is longer than a path may be"};

    return w->visit(w->ctx, strlen(path) < WALK_PATH_MAX ? &entry : &failed, e);
}

static int walk_objects(struct s3_root *objects, const char *path, walk_visit *visit, void *ctx,
                        struct err *e)
{
    struct object_walk w = {visit, ctx};
    struct s3_meta meta;
    bool exists;

    if (s3_root_exists(objects, path, &exists, e))
        return -1;
    if (!exists)
        return err_set(e, ERR_DATA, "%s does not exist in the object store", path);
    if (*path && s3_root_stat(objects, path, &meta, e) == 0)
        return visit_object(&w, path, &meta, e);
    if (e->kind && e->sys != ENOENT)
        return -1;
    err_clear(e);
    return s3_root_walk(objects, path, visit_object, &w, e);
}

int root_walk_run(const struct root_path *p, walk_visit *visit, void *ctx, struct err *e)
{
    return p->objects ? walk_objects(p->objects, p->path, visit, ctx, e)
                      : walk_run(p->root_fd, p->path, visit, ctx, e);
}

int root_walk_exists(const struct root_path *p, const char *path, struct err *e)
{
    struct s3_meta meta;

    if (!p->objects)
        return walk_exists(p->root_fd, path, e);
    if (s3_root_stat(p->objects, path, &meta, e) == 0)
        return 1;
    if (e->sys != ENOENT)
        return -1;
    err_clear(e);
    return 0;
}

int root_walk_is_empty(const struct root_path *p, const char *path, bool *empty, struct err *e)
{
    struct dir_list names;
    bool exists;
    int fd, rc;

    *empty = false;
    if (p->objects) {
        rc = s3_root_exists(p->objects, path, &exists, e);
        *empty = rc == 0 && !exists;
        return rc;
    }
    fd = openat(p->root_fd, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0; /* not a folder: the operator names a file that no longer exists */
    rc = dir_list_read(&names, fd, e);
    *empty = rc == 0 && names.count == 0;
    dir_list_release(&names);
    io_close(&fd);
    return rc;
}
