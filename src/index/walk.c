/* SPDX-License-Identifier: MIT */
#include "index/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "index/dir_list.h"

struct dataset_walk {
    walk_visit *visit;
    void *ctx;
    struct err *e;
    int depth;
    size_t len; /* of path */
    char path[WALK_PATH_MAX];
};

static int walk_report(struct dataset_walk *w, enum walk_kind kind, const char *reason)
{
    const struct walk_entry entry = {.kind = kind, .path = w->path, .reason = reason};

    return w->visit(w->ctx, &entry, w->e);
}

static int walk_report_errno(struct dataset_walk *w, const char *what)
{
    struct err why = ERR_INIT;

    (void)err_sys(&why, ERR_DATA, "%s", what);
    return walk_report(w, WALK_FAILED, why.text);
}

static int walk_report_file(struct dataset_walk *w, const struct stat *st)
{
    const struct walk_entry entry = {
        .kind = WALK_FILE,
        .path = w->path,
        .size = (uint64_t)st->st_size,
        .mtime_ns = io_nanoseconds(&st->st_mtim),
    };

    return w->visit(w->ctx, &entry, w->e);
}

static int visit_folder(struct dataset_walk *w, int fd);

static int walk_enter(struct dataset_walk *w, int parent, const char *name)
{
    int fd, rc;

    if (w->depth == DATASET_WALK_DEPTH_MAX)
        return walk_report(w, WALK_FAILED, "too many folders within folders");
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return walk_report_errno(w, "the folder cannot be opened");
    w->depth++;
    rc = visit_folder(w, fd);
    w->depth--;
    io_close(&fd);
    return rc;
}

/* d_type saves a system call for links and folders. Files are always examined.
 */
static int visit_name(struct dataset_walk *w, int parent, const char *name, unsigned char type)
{
    struct stat st;

    if (type == DT_LNK)
        return walk_report(w, WALK_LINK, NULL);
    if (type == DT_DIR)
        return walk_enter(w, parent, name);
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW))
        /* removed meanwhile */
        return errno == ENOENT ? 0 : walk_report_errno(w, "the file cannot be looked at");
    if (S_ISREG(st.st_mode))
        return walk_report_file(w, &st);
    if (S_ISDIR(st.st_mode))
        return walk_enter(w, parent, name);
    return walk_report(w, S_ISLNK(st.st_mode) ? WALK_LINK : WALK_SPECIAL, NULL);
}

static int visit_folder(struct dataset_walk *w, int fd)
{
    size_t base = w->len;
    struct err why = ERR_INIT;
    struct dir_list names;
    int rc = 0;

    if (dir_list_read(&names, fd, &why))
        rc = why.kind == ERR_DATA ? walk_report(w, WALK_FAILED, why.text)
                                  : err_set(w->e, why.kind, "%s", why.text);
    else {
        for (size_t i = 0; rc == 0 && i < names.count; i++) {
            unsigned char type;
            const char *name = dir_list_get(&names, i, &type);
            int n = snprintf(w->path + base, sizeof w->path - base, "%s%s", base ? "/" : "", name);

            w->len = base + (size_t)n;
            if (w->len >= sizeof w->path)
                rc = walk_report(w, WALK_FAILED, "the path is too long");
            else
                rc = visit_name(w, fd, name, type);
            w->path[w->len = base] = '\0';
        }
    }
    dir_list_release(&names);
    return rc;
}

static int walk_open_beneath(int root_fd, const char *path, uint64_t flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

    return (int)syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof how);
}

int walk_run(int root_fd, const char *path, walk_visit *visit, void *ctx, struct err *e)
{
    struct dataset_walk w = {.visit = visit, .ctx = ctx, .e = e};
    int n = snprintf(w.path, sizeof w.path, "%s", path), rc;
    int fd = walk_open_beneath(root_fd, path, O_PATH), folder;
    struct stat st;

    if (fd < 0 || fstat(fd, &st)) {
        rc = err_sys(e, ERR_DATA, "%s cannot be opened", path);
        io_close(&fd);
        return rc;
    }
    w.len = (size_t)n;
    if (S_ISDIR(st.st_mode)) {
        folder = walk_open_beneath(root_fd, path, O_RDONLY | O_DIRECTORY);
        rc = folder < 0 ? err_sys(e, ERR_DATA, "the folder %s cannot be opened", path)
                        : visit_folder(&w, folder);
        io_close(&folder);
    } else if (S_ISREG(st.st_mode)) {
        rc = walk_report_file(&w, &st);
    } else {
        rc = walk_report(&w, S_ISLNK(st.st_mode) ? WALK_LINK : WALK_SPECIAL, NULL);
    }
    io_close(&fd);
    return rc;
}

int walk_exists(int root_fd, const char *path, struct err *e)
{
    int fd = walk_open_beneath(root_fd, path, O_PATH | O_NOFOLLOW);
    struct stat st;
    int rc;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return 0;
    if (fd < 0)
        return err_sys(e, ERR_DATA, "%s cannot be looked at", path);
    rc =
        fstat(fd, &st) ? err_sys(e, ERR_DATA, "%s cannot be looked at", path) : S_ISREG(st.st_mode);
    io_close(&fd);
    return rc;
}
