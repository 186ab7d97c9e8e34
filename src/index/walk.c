#include "index/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "index/names.h"

struct walk {
    walk_visit *visit;
    void *ctx;
    struct err *e;
    int depth;
    size_t len; /* of path */
    char path[WALK_PATH_MAX];
};

static int tell(struct walk *w, enum walk_kind kind, const char *reason)
{
    const struct walk_entry entry = {.kind = kind, .path = w->path, .reason = reason};

    return w->visit(w->ctx, &entry, w->e);
}

static int tell_errno(struct walk *w, const char *what)
{
    struct err why = ERR_INIT;

    (void)err_sys(&why, ERR_DATA, "%s", what);
    return tell(w, WALK_FAILED, why.text);
}

static int tell_file(struct walk *w, const struct stat *st)
{
    const struct walk_entry entry = {
        .kind = WALK_FILE,
        .path = w->path,
        .size = (uint64_t)st->st_size,
        .mtime_ns = io_nanoseconds(&st->st_mtim),
    };

    return w->visit(w->ctx, &entry, w->e);
}

static int visit_folder(struct walk *w, int fd);

static int enter(struct walk *w, int parent, const char *name)
{
    int fd, rc;

    if (w->depth == WALK_DEPTH_MAX)
        return tell(w, WALK_FAILED, "too many folders within folders");
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return tell_errno(w, "the folder cannot be opened");
    w->depth++;
    rc = visit_folder(w, fd);
    w->depth--;
    io_close(&fd);
    return rc;
}

/* d_type spares a system call for links and folders; files are looked at in any case. */
static int visit_name(struct walk *w, int parent, const char *name, unsigned char type)
{
    struct stat st;

    if (type == DT_LNK)
        return tell(w, WALK_LINK, NULL);
    if (type == DT_DIR)
        return enter(w, parent, name);
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : tell_errno(w, "the file cannot be looked at"); /* removed meanwhile */
    if (S_ISREG(st.st_mode))
        return tell_file(w, &st);
    if (S_ISDIR(st.st_mode))
        return enter(w, parent, name);
    return tell(w, S_ISLNK(st.st_mode) ? WALK_LINK : WALK_SPECIAL, NULL);
}

static int visit_folder(struct walk *w, int fd)
{
    size_t base = w->len;
    struct err why = ERR_INIT;
    struct names names;
    int rc = 0;

    if (names_read(&names, fd, &why))
        rc = why.kind == ERR_DATA ? tell(w, WALK_FAILED, why.text) : err_set(w->e, why.kind, "%s", why.text);
    else {
        for (size_t i = 0; rc == 0 && i < names.count; i++) {
            unsigned char type;
            const char *name = names_get(&names, i, &type);
            int n = snprintf(w->path + base, sizeof w->path - base, "%s%s", base ? "/" : "", name);

            w->len = base + (size_t)n;
            if (w->len >= sizeof w->path)
                rc = tell(w, WALK_FAILED, "the path is too long");
            else
                rc = visit_name(w, fd, name, type);
            w->path[w->len = base] = '\0';
        }
    }
    names_release(&names);
    return rc;
}

static int open_beneath(int root_fd, const char *path, uint64_t flags)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

    return (int)syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof how);
}

int walk_run(int root_fd, const char *path, walk_visit *visit, void *ctx, struct err *e)
{
    struct walk w = {.visit = visit, .ctx = ctx, .e = e};
    int n = snprintf(w.path, sizeof w.path, "%s", path), rc;
    int fd = open_beneath(root_fd, path, O_PATH), folder;
    struct stat st;

    if (fd < 0 || fstat(fd, &st)) {
        rc = err_sys(e, ERR_DATA, "%s cannot be opened", path);
        io_close(&fd);
        return rc;
    }
    w.len = (size_t)n;
    if (S_ISDIR(st.st_mode)) {
        folder = open_beneath(root_fd, path, O_RDONLY | O_DIRECTORY);
        rc = folder < 0 ? err_sys(e, ERR_DATA, "the folder %s cannot be opened", path) : visit_folder(&w, folder);
        io_close(&folder);
    } else if (S_ISREG(st.st_mode)) {
        rc = tell_file(&w, &st);
    } else {
        rc = tell(&w, S_ISLNK(st.st_mode) ? WALK_LINK : WALK_SPECIAL, NULL);
    }
    io_close(&fd);
    return rc;
}

int walk_exists(int root_fd, const char *path, struct err *e)
{
    int fd = open_beneath(root_fd, path, O_PATH | O_NOFOLLOW);
    struct stat st;
    int rc;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return 0;
    if (fd < 0)
        return err_sys(e, ERR_DATA, "%s cannot be looked at", path);
    rc = fstat(fd, &st) ? err_sys(e, ERR_DATA, "%s cannot be looked at", path) : S_ISREG(st.st_mode);
    io_close(&fd);
    return rc;
}
