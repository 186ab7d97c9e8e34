/* SPDX-License-Identifier: MIT */
#include "index/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "index/walk.h"

#define EVENTS \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR)
#define BUFFER ((size_t)64 << 10)
#define TEXT_MAX ((size_t)64 << 20) /* bytes of pending paths */

struct folder {
    const struct root_path *place;
    char *path; /* null: not watched */
};

struct watch {
    int fd;
    struct folder *folders; /* indexed by watch descriptor */
    size_t folder_room, folder_end;
    struct watch_path *pending;
    size_t count, room;
    struct mem text;        /* of the pending paths */
    bool everything, given; /* given: the caller has the batch */
    double first, last;     /* times of events */
    char buffer[BUFFER] __attribute__((aligned(__alignof__(struct inotify_event))));
};

int watch_open(struct watch **out, struct err *e)
{
    struct watch *w = calloc(1, sizeof *w);

    *out = w;
    if (!w)
        return err_set(e, ERR_MEMORY, "no memory left to watch folders");
    mem_init(&w->text, TEXT_MAX);
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->fd >= 0)
        return 0;
    err_sys(e, ERR_SYSTEM,
            "cannot watch folders (sysctl fs.inotify.max_user_instances may be raised)");
    free(w);
    *out = NULL;
    return -1;
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    io_close(&w->fd);
    for (size_t i = 0; i < w->folder_end; i++)
        free(w->folders[i].path);
    free(w->folders);
    free(w->pending);
    mem_reset(&w->text);
    free(w);
}

static int remember(struct watch *w, int wd, const struct root_path *p, const char *path,
                    struct err *e)
{
    size_t need = (size_t)wd + 1;
    char *copy = strdup(path);

    if (!copy)
        return err_set(e, ERR_MEMORY, "no memory left to watch folders");
    if (mem_grow(&w->folders, &w->folder_room, need,
                 MEM_ELEMENTS(*w->folders, WATCH_FOLDERS_MAX, "watched folders"), e)) {
        free(copy);
        return -1;
    }
    while (w->folder_end < need)
        w->folders[w->folder_end++] = (struct folder){0};
    free(w->folders[wd].path);
    w->folders[wd] = (struct folder){.place = p, .path = copy};
    return 0;
}

/* Watch by descriptor, so that no link is followed. */
static int watch_folder(struct watch *w, const struct root_path *p, const char *path, int fd,
                        struct err *e)
{
    char self[32], label[ROOT_PATH_LABEL_MAX];
    int wd;

    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    wd = inotify_add_watch(w->fd, self, EVENTS);
    if (wd >= 0)
        return remember(w, wd, p, path, e);
    if (errno == EACCES)
        return 0;
    root_path_label(p->root->name, path, label);
    return errno == ENOSPC
               ? err_set(
                     e, ERR_SYSTEM,
                     "cannot watch %s: the limit is reached: raise sysctl fs.inotify.max_user_watches, or "
                     "index by a timer instead",
                     label)
               : err_sys(e, ERR_SYSTEM, "cannot watch %s", label);
}

static bool is_folder(int parent, const struct dirent *d)
{
    struct stat st;

    if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
        return false;
    if (d->d_type != DT_UNKNOWN)
        return d->d_type == DT_DIR;
    return fstatat(parent, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/*
 * path: a buffer of WALK_PATH_MAX bytes, extended during the call and restored.
 * Takes the folder's descriptor.
 */
static int watch_tree(struct watch *w, const struct root_path *p, char *path, int fd_take,
                      unsigned depth, struct err *e)
{
    size_t len = strlen(path);
    int rc = watch_folder(w, p, path, fd_take, e);
    DIR *dir = rc == 0 && depth < DATASET_WALK_DEPTH_MAX ? fdopendir(fd_take) : NULL;
    const struct dirent *d;

    if (!dir) {
        io_close(&fd_take);
        return rc;
    }
    while (rc == 0 && (d = readdir(dir))) {
        int n, fd;

        if (!is_folder(dirfd(dir), d))
            continue;
        n = snprintf(path + len, WALK_PATH_MAX - len, "%s%s", len ? "/" : "", d->d_name);
        fd = n > 0 && (size_t)n < WALK_PATH_MAX - len
                 ? openat(dirfd(dir), d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                 : -1;
        if (fd >= 0)
            rc = watch_tree(w, p, path, fd, depth + 1, e);
        path[len] = '\0';
    }
    closedir(dir);
    return rc;
}

/* Watch the folder at a path, if it exists. */
static int watch_beneath(struct watch *w, const struct root_path *p, const char *path,
                         struct err *e)
{
    char text[WALK_PATH_MAX];
    int fd;

    if (strlen(path) >= sizeof text)
        return 0;
    memcpy(text, path, strlen(path) + 1);
    fd = openat(p->root_fd, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? 0 : watch_tree(w, p, text, fd, 0, e);
}

int watch_add(struct watch *w, const struct root_path *p, struct err *e)
{
    return watch_beneath(w, p, p->path, e);
}

static bool watch_is_beneath(const char *outer, const char *inner)
{
    size_t len = strlen(outer);

    return strncmp(outer, inner, len) == 0 && (len == 0 || inner[len] == '/' || inner[len] == '\0');
}

/* Invalidate the paths of watches beneath a folder that was moved away. */
static void forget_beneath(struct watch *w, const struct root_path *p, const char *path)
{
    for (size_t i = 0; i < w->folder_end; i++) {
        struct folder *f = &w->folders[i];

        if (!f->path || f->place->root != p->root || !watch_is_beneath(path, f->path))
            continue;
        inotify_rm_watch(w->fd, (int)i);
        free(f->path);
        f->path = NULL;
    }
}

/* If the path does not fit, the batch becomes one of everything. */
static void note(struct watch *w, const struct root_path *p, const char *path)
{
    struct err none = ERR_INIT;
    char *copy;

    w->last = io_now();
    if (!w->count && !w->everything)
        w->first = w->last;
    if (w->everything)
        return;
    copy = mem_strdup(&w->text, path, &none);
    if (copy && mem_grow(&w->pending, &w->room, w->count + 1,
                         MEM_ELEMENTS(*w->pending, WATCH_PENDING_MAX, "paths"), &none) == 0)
        w->pending[w->count++] = (struct watch_path){.place = p, .path = copy};
    else
        w->everything = true;
}

static int take_folder_event(struct watch *w, const struct root_path *p, const char *path,
                             uint32_t mask, struct err *e)
{
    if (mask & IN_ATTRIB)
        return 0;
    if (mask & IN_MOVED_FROM)
        forget_beneath(w, p, path);
    note(w, p, path);
    /* watch it before it is indexed, so that no change between the two is
     * missed */
    return mask & (IN_CREATE | IN_MOVED_TO) ? watch_beneath(w, p, path, e) : 0;
}

static int take_event(struct watch *w, const struct inotify_event *v, struct err *e)
{
    struct folder *f = v->wd >= 0 && (size_t)v->wd < w->folder_end ? &w->folders[v->wd] : NULL;
    char path[WALK_PATH_MAX];
    int n;

    if (v->mask & IN_Q_OVERFLOW) {
        w->everything = true;
        w->first = w->last = io_now();
        return 0;
    }
    if (!f || !f->path)
        return 0;
    if (v->mask & IN_UNMOUNT)
        return err_set(e, ERR_AWAY, "the file system of root.%s (%s) was unmounted",
                       f->place->root->name, f->place->root->path);
    if (v->mask & IN_IGNORED) {
        free(f->path);
        f->path = NULL;
        return 0;
    }
    if (!v->len)
        return 0;
    n = snprintf(path, sizeof path, "%s%s%s", f->path, *f->path ? "/" : "", v->name);
    if (n < 0 || (size_t)n >= sizeof path)
        return 0;
    if (v->mask & IN_ISDIR)
        return take_folder_event(w, f->place, path, v->mask, e);
    if (!(v->mask & IN_CREATE)) /* it is being written; its close event follows */
        note(w, f->place, path);
    return 0;
}

static int read_events(struct watch *w, struct err *e)
{
    ssize_t got = read(w->fd, w->buffer, sizeof w->buffer);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR
                   ? 0
                   : err_sys(e, ERR_SYSTEM, "cannot read what happens in folders");
    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *v =
            (const struct inotify_event *)(const void *)(w->buffer + at);

        if (take_event(w, v, e))
            return -1;
        at += (ssize_t)(sizeof *v + v->len);
    }
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct watch_path *x = a, *y = b;

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return strcmp(x->path, y->path);
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

static bool same_folder(const struct watch_path *a, const struct watch_path *b)
{
    size_t len = folder_length(a->path);

    return a->place == b->place && folder_length(b->path) == len &&
           strncmp(a->path, b->path, len) == 0;
}

/*
 * Reduce the paths: each once, none beneath another, and a folder in place of
 * many of its files, but never above its root path.
 */
static void merge_paths(struct watch *w)
{
    size_t kept = 0;

    qsort(w->pending, w->count, sizeof *w->pending, by_path);
    for (size_t i = 0, end; i < w->count; i = end) {
        struct watch_path *p = &w->pending[i], *last = kept ? &w->pending[kept - 1] : NULL;

        for (end = i + 1; end < w->count && same_folder(p, &w->pending[end]); end++)
            ;
        if (last && last->place == p->place && watch_is_beneath(last->path, p->path)) {
            end = i + 1;
        } else if (end - i > WATCH_SINGLE_MAX && folder_length(p->path) >= strlen(p->place->path)) {
            ((char *)p->path)[folder_length(p->path)] = '\0';
            w->pending[kept++] = *p;
        } else {
            end = i + 1;
            w->pending[kept++] = *p;
        }
    }
    w->count = kept;
}

/* Return the milliseconds until the batch is due, at most timeout_ms. */
static int watch_time_left(const struct watch *w, int timeout_ms)
{
    double now = io_now(), quiet = w->last + WATCH_QUIET_MS / 1e3 - now,
           latest = w->first + WATCH_LATEST_MS / 1e3 - now;
    double left = (quiet < latest ? quiet : latest) * 1e3;

    if (!w->count && !w->everything)
        return timeout_ms;
    return left <= 0 ? 0 : left < timeout_ms ? (int)left + 1 : timeout_ms;
}

static void start_batch(struct watch *w)
{
    w->count = 0;
    w->everything = w->given = false;
    mem_reset(&w->text);
}

int watch_next(struct watch *w, int timeout_ms, struct watch_batch *b, struct err *e)
{
    double end = io_now() + timeout_ms / 1e3;

    if (w->given)
        start_batch(w);
    for (;;) {
        struct pollfd p = {.fd = w->fd, .events = POLLIN};
        double now = io_now();
        int left = watch_time_left(w, now < end ? (int)((end - now) * 1e3) + 1 : 0), rc;

        if (left == 0 && (w->count || w->everything))
            break;
        if (left == 0 || now >= end)
            return 0;
        rc = poll(&p, 1, left);
        if (rc < 0)
            return errno == EINTR
                       ? 0
                       : err_sys(e, ERR_SYSTEM, "cannot wait for what happens in folders");
        if (rc > 0 && read_events(w, e))
            return -1;
    }
    if (!w->everything)
        merge_paths(w);
    w->given = true;
    *b = (struct watch_batch){
        .everything = w->everything, .paths = w->pending, .count = w->everything ? 0 : w->count};
    return 1;
}
