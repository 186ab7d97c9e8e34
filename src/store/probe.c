/* SPDX-License-Identifier: MIT */
#include "store/probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "store/s3_root.h"
#include "store/store.h"

#define DEPTH_MAX 32

struct probe {
    const struct conf_root *root;
    struct store *store;
    char path[PATH_MAX]; /* path below the root of the current entry */
    unsigned entries;
    bool opened;
    struct err why; /* the first file or folder that cannot be opened */
};

static int look_into(struct probe *p, int parent, const char *name, size_t len, unsigned depth);

int probe_system(struct err *e)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd, rc = 0;

    if (top < 0)
        return err_sys(e, ERR_SYSTEM, "cannot open /");
    fd = (int)syscall(SYS_openat2, top, ".", &how, sizeof how);
    if (fd < 0)
        rc = err_set(
            e, ERR_SYSTEM,
            "no image can be opened without the system call openat2() (%s): it needs Linux 5.6 and a "
            "service unit without RestrictSUIDSGID=",
            strerror(errno));
    io_close(&fd);
    io_close(&top);
    return rc;
}

static void probe_open_file(struct probe *p)
{
    struct store_meta meta;
    const char *file = NULL;
    uint32_t folder = 0;
    struct err e = ERR_INIT;
    int fd = -1;

    if (store_name(p->store, p->root->name, p->path, &folder, &file, &e) == 0 &&
        store_file(p->store, folder, file, &fd, &meta, &e) == 0)
        p->opened = true;
    else
        err_pass(&p->why, &e);
    io_close(&fd);
}

static unsigned char type_of(int folder, const struct dirent *d)
{
    struct stat st;

    if (d->d_type != DT_UNKNOWN)
        return d->d_type;
    if (fstatat(folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW))
        return DT_UNKNOWN;
    return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : DT_UNKNOWN;
}

static void probe_visit(struct probe *p, int folder, const struct dirent *d, size_t len,
                        unsigned depth)
{
    unsigned char type = type_of(folder, d);
    int n = snprintf(p->path + len, sizeof p->path - len, "%s%s", len ? "/" : "", d->d_name);

    if (n < 0 || (size_t)n >= sizeof p->path - len)
        return;
    if (type == DT_REG)
        probe_open_file(p);
    else if (type == DT_DIR && depth < DEPTH_MAX &&
             look_into(p, folder, d->d_name, len + (size_t)n, depth + 1))
        err_sys(&p->why, ERR_DATA, "cannot open %s:%s", p->root->name, p->path);
}

/* Return 0, or -1 with errno if the folder itself cannot be read. */
static int look_into(struct probe *p, int parent, const char *name, size_t len, unsigned depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *d;

    if (!dir) {
        io_close(&fd);
        return -1;
    }
    while (!p->opened && p->entries < PROBE_ENTRIES && (d = readdir(dir))) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        p->entries++;
        probe_visit(p, fd, d, len, depth);
    }
    closedir(dir);
    return 0;
}

/* Return whether the path is below a folder that ProtectHome= covers. */
static bool is_protected_home(const char *path)
{
    static const char *const homes[] = {"home", "root", "run/user"};

    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
        size_t len = strlen(homes[i]);

        if (path[0] == '/' && strncmp(path + 1, homes[i], len) == 0 && path[1 + len] == '/')
            return true;
    }
    return false;
}

static int probe_judge(const struct probe *p, int rc, struct err *e)
{
    const struct conf_root *r = p->root;

    if (rc)
        return err_set(
            e, ERR_AWAY,
            "root.%s: %s cannot be read (%s): is it mounted, may this account read it?%s", r->name,
            r->path, strerror(errno),
            is_protected_home(r->path) ? " In a service unit ProtectHome= hides it" : "");
    if (p->entries == 0)
        return err_set(e, ERR_AWAY, "root.%s: %s is empty: is it mounted?", r->name, r->path);
    if (!p->opened && p->why.kind)
        return err_set(e, ERR_DATA,
                       "root.%s: no file beneath %s can be opened by this account: "
                       "let it read them, as by the group that owns them: %.200s",
                       r->name, r->path, p->why.text);
    return 0;
}

static int probe_objects(const struct conf *c, const struct conf_root *r, struct err *e)
{
    struct s3_root *objects = NULL;
    struct err why = ERR_INIT;
    bool exists = false;
    int rc = s3_root_open(c, r, &objects, e) || s3_root_exists(objects, "", &exists, &why) ? -1 : 0;

    s3_root_close(objects);
    if (rc && why.kind)
        return err_set(e, why.kind, "root.%s: %s cannot be read: %s", r->name, r->path, why.text);
    return rc || exists ? rc
                        : err_set(e, ERR_AWAY, "root.%s: %s is empty: is the prefix right?",
                                  r->name, r->path);
}

int probe_root(const struct conf *c, const struct conf_root *r, struct err *e)
{
    struct probe p = {.root = r, .why = ERR_INIT};
    int rc;

    if (conf_s3_is_url(r->path))
        return probe_objects(c, r, e);
    if (store_open(c, &p.store, e))
        return -1;
    rc = look_into(&p, AT_FDCWD, r->path, 0, 0);
    rc = probe_judge(&p, rc, e);
    store_close(p.store);
    return rc;
}
