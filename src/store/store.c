/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "store/store_objects.h"
#include "store/store_state.h"

int store_open(const struct conf *c, struct store **out, struct err *e)
{
    struct store *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory left for the store");
    s->conf = c;
    for (size_t i = 0; i < OPEN_FOLDERS; i++)
        s->open[i] = (struct open_folder){NO_FOLDER, -1};
    for (; s->root_count < c->root_count; s->root_count++) {
        struct root *r = &s->roots[s->root_count];

        *r = (struct root){.conf = &c->roots[s->root_count],
                           .name = strdup(c->roots[s->root_count].name),
                           .path = strdup(c->roots[s->root_count].path),
                           .fd = -1};
        if (!r->name || !r->path) {
            s->root_count++;
            store_close(s);
            return err_set(e, ERR_MEMORY, "no memory left for the roots");
        }
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_forget(s);
    store_objects_close(s);
    for (size_t i = 0; i < s->root_count; i++) {
        free(s->roots[i].name);
        free(s->roots[i].path);
    }
    free(s);
}

void store_forget(struct store *s)
{
    for (size_t i = 0; i < OPEN_FOLDERS; i++) {
        io_close(&s->open[i].fd);
        s->open[i].folder = NO_FOLDER;
    }
    store_objects_forget(s);
    for (size_t i = 0; i < s->root_count; i++)
        io_close(&s->roots[i].fd);
    folder_table_release(&s->folders);
    s->hand = s->last = 0;
}

/*
 * Return whether every component is a plain name, so that the path stays
 * beneath the root by its text alone.
 */
static bool store_is_plain(const char *path)
{
    if (strlen(path) >= PATH_MAX)
        return false;
    for (const char *c = path;; c += strcspn(c, "/") + 1) {
        size_t len = strcspn(c, "/");

        if (len == 0 || len > NAME_MAX || (len == 1 && c[0] == '.') ||
            (len == 2 && c[0] == '.' && c[1] == '.'))
            return false;
        if (c[len] == '\0')
            return true;
    }
}

static int store_find_root(const struct store *s, const char *name, uint32_t *root, struct err *e)
{
    for (size_t i = 0; i < s->root_count; i++)
        if (strcmp(s->roots[i].name, name) == 0) {
            *root = (uint32_t)i;
            return 0;
        }
    return err_set(e, ERR_CONFIG, "the catalogue names a root \"%s\" for which there is no setting",
                   name);
}

int store_name(struct store *s, const char *root, const char *path, uint32_t *folder,
               const char **file, struct err *e)
{
    const char *slash = strrchr(path, '/');
    uint32_t number = 0;

    if (store_find_root(s, root, &number, e))
        return -1;
    if (!store_is_plain(path))
        return err_set(e, ERR_DATA, "%s:%s is not a path beneath a root", root, path);
    *file = slash ? slash + 1 : path;
    return folder_table_add(&s->folders, number, path, slash ? (size_t)(slash - path) : 0, folder,
                            e);
}

const char *store_label(struct store *s, uint32_t folder, const char *file)
{
    const struct folder_table_entry *f = &s->folders.entries[folder];
    const char *path = s->folders.text + f->path;

    snprintf(s->label, sizeof s->label, "%s:%s%s%s", s->roots[f->root].name, path,
             *path && *file ? "/" : "", file);
    return s->label;
}

size_t store_place(const struct store *s, uint32_t folder, const char *file, const char **root,
                   char *out, size_t room)
{
    const struct folder_table_entry *f = &s->folders.entries[folder];
    const char *path = s->folders.text + f->path;
    size_t len = strlen(path), slash = len > 0, bytes = strlen(file) + 1;

    if (len + slash + bytes > room)
        return 0;
    *root = s->roots[f->root].name;
    memcpy(out, path, len);
    out[len] = '/';
    memcpy(out + len + slash, file, bytes);
    return len + slash + bytes;
}

const char *store_path(struct store *s, uint32_t folder, const char *file)
{
    const struct folder_table_entry *f = &s->folders.entries[folder];
    const char *path = s->folders.text + f->path;

    snprintf(s->path, sizeof s->path, "%s/%s%s%s", s->roots[f->root].path, path, *path ? "/" : "",
             file);
    return s->path;
}

static int open_root(struct root *r, struct err *e)
{
    if (r->fd < 0)
        r->fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (r->fd < 0)
        return err_sys(e, ERR_AWAY, "the root %s cannot be opened at %s", r->name, r->path);
    return 0;
}

/* Classify a failed system call on a folder or file: our own limits, or the
 * state of the files. */
static int store_refuse(struct store *s, uint32_t folder, const char *file, struct err *e)
{
    const char *label = store_label(s, folder, file);

    switch (errno) {
    case ELOOP:
        return err_sys(e, ERR_DATA,
                       "%s is, or lies behind, a symbolic link, and links are never followed",
                       label);
    case ENOSYS:
        return err_set(
            e, ERR_SYSTEM,
            "cannot open %s: the system call openat2() is not available: it needs Linux 5.6 and a "
            "service unit without RestrictSUIDSGID=",
            label);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return err_sys(e, ERR_SYSTEM, "cannot open %s", label);
    default:
        return err_sys(e, ERR_DATA, "cannot open %s", label);
    }
}

static int store_open_beneath(struct store *s, uint32_t folder, struct err *e)
{
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    const struct folder_table_entry *f = &s->folders.entries[folder];
    const char *path = s->folders.text + f->path;
    int fd;

    if (open_root(&s->roots[f->root], e))
        return -1;
    fd = (int)syscall(SYS_openat2, s->roots[f->root].fd, *path ? path : ".", &how, sizeof how);
    return fd >= 0 ? fd : store_refuse(s, folder, "", e);
}

/* Return the open entry of the folder, opening it if necessary. Sets *fresh if
 * it was opened. */
static struct open_folder *store_enter(struct store *s, uint32_t folder, bool *fresh, struct err *e)
{
    struct open_folder *o = &s->open[s->last];

    *fresh = false;
    for (size_t i = 0; o->folder != folder && i < OPEN_FOLDERS; i++)
        o = &s->open[i];
    if (o->folder != folder) {
        o = &s->open[s->hand];
        io_close(&o->fd);
        o->folder = NO_FOLDER;
        o->fd = store_open_beneath(s, folder, e);
        if (o->fd < 0)
            return NULL;
        o->folder = folder;
        s->hand = (s->hand + 1) % OPEN_FOLDERS;
        *fresh = true;
    }
    s->last = (size_t)(o - s->open);
    return o;
}

/*
 * Return whether a file was missing because the folder behind an open
 * descriptor has been replaced. Forgets that descriptor, so the caller can try
 * again.
 */
static bool is_stale(struct open_folder *o, bool fresh)
{
    if (fresh || (errno != ENOENT && errno != ESTALE))
        return false;
    io_close(&o->fd);
    o->folder = NO_FOLDER;
    return true;
}

static int check(struct store *s, uint32_t folder, const char *file, const struct stat *st,
                 struct store_meta *meta, struct err *e)
{
    if (!S_ISREG(st->st_mode))
        return err_set(e, ERR_DATA, "%s is %s", store_label(s, folder, file),
                       S_ISLNK(st->st_mode) ? "a symbolic link, and links are never followed"
                                            : "not a regular file");
    *meta = (struct store_meta){
        .size = (uint64_t)st->st_size,
        .mtime_ns = io_nanoseconds(&st->st_mtim),
        .ctime_ns = io_nanoseconds(&st->st_ctim),
        .uid = st->st_uid,
        .gid = st->st_gid,
        .mode = st->st_mode,
    };
    return 0;
}

/*
 * The mode decides in most cases. The kernel decides about access control lists
 * and capabilities.
 */
static bool is_readable(const struct open_folder *o, const char *file, const struct stat *st)
{
    if ((st->st_mode & 0444) == 0444 || (st->st_uid == geteuid() && st->st_mode & S_IRUSR))
        return true;
    return faccessat(o->fd, file, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0;
}

int store_stat(struct store *s, uint32_t folder, const char *file, struct store_meta *meta,
               struct err *e)
{
    struct open_folder *o;
    struct stat st;
    bool fresh;

    if (store_objects_has(s, folder))
        return store_objects_stat(s, folder, file, meta, e);
    do {
        o = store_enter(s, folder, &fresh, e);
        if (!o)
            return -1;
        if (fstatat(o->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            (!S_ISREG(st.st_mode) || is_readable(o, file, &st)))
            return check(s, folder, file, &st, meta, e);
    } while (is_stale(o, fresh));
    return store_refuse(s, folder, file, e);
}

int store_descriptor(struct store *s, uint32_t folder, const char *file, int *fd, struct err *e)
{
    struct open_folder *o;
    bool fresh;

    *fd = -1;
    if (store_objects_has(s, folder))
        return store_objects_descriptor(s, folder, file, fd, e);
    do {
        o = store_enter(s, folder, &fresh, e);
        if (!o)
            return -1;
        *fd = openat(o->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } while (*fd < 0 && is_stale(o, fresh));
    return *fd < 0 ? store_refuse(s, folder, file, e) : 0;
}

int store_look(struct store *s, uint32_t folder, const char *file, int fd, struct store_meta *meta,
               struct err *e)
{
    struct stat st;

    return fstat(fd, &st) ? store_refuse(s, folder, file, e) : check(s, folder, file, &st, meta, e);
}

int store_file(struct store *s, uint32_t folder, const char *file, int *fd, struct store_meta *meta,
               struct err *e)
{
    if (store_descriptor(s, folder, file, fd, e))
        return -1;
    if (store_look(s, folder, file, *fd, meta, e) == 0)
        return 0;
    io_close(fd);
    return -1;
}
