#include "fcgi/handover.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/pieces.h"
#include "base/io.h"
#include "base/log.h"
#include "dicom/utf8.h"
#include "fcgi/param.h"
#include "fcgi/reader.h"

#define NAME_START "wz-"
#define NAME_LEN (3 + 12)
#define WAIT_MS 10000
#define SETTLED_NS 3000000000 /* lighttpd looks at a file again after a second */
#define HEX "0123456789abcdef"
/* What RFC 3986 2.3 leaves as it is, and the slash. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"

bool handover_wanted(const struct conf *c, char *const *envp)
{
    const char *server = param_find(envp, "SERVER_SOFTWARE");

    return strcmp(c->sendfile, "lighttpd") == 0 && server && strncmp(server, "lighttpd", 8) == 0;
}

/* Pieces as they are found; `bytes` goes to the file of what stands around the members. */
struct making {
    struct answer *a;
    struct sink bytes;
    uint64_t named; /* bytes of it that the value names */
    struct reader server;
    uint32_t folder; /* that the web server was last found to reach */
    int64_t now;     /* nanoseconds since 1970 */
};

/* lighttpd refuses what is no UTF-8 and changes control characters. */
static bool is_sendable(const char *path)
{
    size_t step;

    for (size_t len = strlen(path); len; path += step, len -= step)
        if ((step = utf8_character(path, len)) == 0)
            return false;
    return true;
}

static void add_path(struct buf *value, const char *path)
{
    while (*path) {
        size_t plain = strspn(path, PLAIN);

        buf_add(value, path, plain);
        path += plain;
        if (*path)
            buf_printf(value, "%%%02X", (unsigned char)*path++);
    }
}

static void add_range(struct buf *value, const char *path, uint64_t first, uint64_t last)
{
    if (value->len)
        buf_str(value, ",");
    add_path(value, path);
    buf_printf(value, " %llu-%llu", (unsigned long long)first, (unsigned long long)last);
}

/* Names what has gone to the file since it was named last. */
static void name_bytes(struct making *m)
{
    if (m->bytes.total > m->named)
        add_range(&m->a->handover.value, m->a->handover.path, m->named, m->bytes.total - 1);
    m->named = m->bytes.total;
}

/*
 * lighttpd opens what it may not read only when its turn comes, in mid-stream, and takes a file for what it has seen at its
 * path within the same second.
 */
static int check_file(struct making *m, const struct plan_member *member, const char *path, struct err *e)
{
    struct store *s = m->a->s->store;
    const char *file = plan_text(&m->a->plan, member->file);
    struct store_meta meta;

    if (store_stat(s, member->folder, file, &meta, e))
        return -1;
    if (meta.size != member->file_size || meta.mtime_ns != member->mtime_ns || m->now - meta.ctime_ns < SETTLED_NS)
        return err_set(e, ERR_DATA, "%s was changed just now", path);
    if (!reader_may(&m->server, meta.uid, meta.gid, meta.mode, 4) ||
        (m->folder != member->folder && !reader_reaches(&m->server, path)))
        return err_set(e, ERR_SYSTEM, "the web server may not read %s", path);
    m->folder = member->folder;
    return is_sendable(path) ? 0 : err_set(e, ERR_DATA, "lighttpd does not take the path %s", path);
}

static int add_file(void *ctx, const struct plan_member *member, uint64_t first, uint64_t last, struct err *e)
{
    struct making *m = ctx;
    const char *path = store_path(m->a->s->store, member->folder, plan_text(&m->a->plan, member->file));

    if (check_file(m, member, path, e))
        return -1;
    name_bytes(m);
    add_range(&m->a->handover.value, path, first, last);
    return buf_check(&m->a->handover.value, "the names of an answer's files", e);
}

static int add_part(void *ctx, uint64_t first, uint64_t last, struct err *e)
{
    struct making *m = ctx;

    return pieces_of(&m->a->plan, first, last, &m->bytes, add_file, m, e);
}

/*
 * A file that has a name only when it is whole, and a lock from before that. Its group may be the web server's, by the
 * folder's setgid bit.
 */
static int make_file(struct handover *h, const char *spool, struct err *e)
{
    uint64_t number;

    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return err_sys(e, ERR_SYSTEM, "no random name to be had");
    h->fd = open(spool, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (h->fd < 0 || fchmod(h->fd, 0640) || flock(h->fd, LOCK_EX | LOCK_NB))
        return err_sys(e, ERR_SYSTEM, "no file can be made in %s", spool);
    snprintf(h->path, sizeof h->path, "%s/" NAME_START "%012llx", spool, (unsigned long long)(number >> 16));
    return 0;
}

static int name_file(struct handover *h, const struct reader *server, struct err *e)
{
    char self[32];
    struct stat st;

    if (fstat(h->fd, &st) || !reader_may(server, st.st_uid, st.st_gid, st.st_mode, 4) || !reader_reaches(server, h->path))
        return err_set(e, ERR_SYSTEM, "the web server could not read %s", h->path);
    snprintf(self, sizeof self, "/proc/self/fd/%d", h->fd);
    h->named = linkat(AT_FDCWD, self, AT_FDCWD, h->path, AT_SYMLINK_FOLLOW) == 0;
    return h->named ? 0 : err_sys(e, ERR_SYSTEM, "%s cannot be made", h->path);
}

static int collect(struct making *m, const struct ranges *parts, struct err *e)
{
    struct handover *h = &m->a->handover;

    if (make_file(h, m->a->s->conf->spool, e) || sink_open(&m->bytes, sink_to_fd, &h->fd, e) ||
        ranges_walk(parts, &m->bytes, add_part, m, e) || sink_flush(&m->bytes, e))
        return -1;
    name_bytes(m);
    if (buf_check(&h->value, "the names of an answer's files", e))
        return -1;
    return m->bytes.total ? name_file(h, &m->server, e) : 0;
}

/* Whether the header with the field is one that lighttpd takes. */
static bool fits(struct answer *a, const struct reply *r)
{
    struct err none = ERR_INIT;
    bool good = reply_head(r, &a->head, &none) == 0 && a->head.len + a->cors.len <= HANDOVER_HEAD_MAX;

    buf_clear(&a->head);
    return good;
}

bool handover_make(struct answer *a, const struct ranges *parts, struct reply *r)
{
    struct handover *h = &a->handover;
    struct making m = {.a = a, .folder = UINT32_MAX};
    struct err why = ERR_INIT;
    struct timespec now;
    int rc;

    if (!h->wanted || accept_is_table(a->item->media) || !pieces_possible(&a->plan) || !reader_of(&m.server, a->wire->fd))
        return false;
    clock_gettime(CLOCK_REALTIME, &now);
    m.now = io_nanoseconds(&now);
    buf_init(&h->value, HANDOVER_HEAD_MAX);
    rc = collect(&m, parts, &why);
    sink_close(&m.bytes);
    r->sendfile = h->value.data;
    if (rc == 0 && fits(a, r))
        return true;
    if (why.kind == ERR_SYSTEM)
        log_warn("streamed, because it cannot be handed over: %s", why.text);
    r->sendfile = NULL;
    handover_release(a);
    return false;
}

void handover_wait(const struct answer *a)
{
    struct pollfd p = {.fd = a->wire->fd, .events = POLLRDHUP};

    if (a->handover.named && poll(&p, 1, WAIT_MS) == 0)
        log_warn("the web server has not taken an answer over within %d seconds", WAIT_MS / 1000);
}

void handover_release(struct answer *a)
{
    struct handover *h = &a->handover;

    if (h->named)
        unlink(h->path);
    h->named = false;
    io_close(&h->fd);
    buf_release(&h->value);
}

/* Whether it is a file of ours whose lock nobody holds. */
static bool is_orphan(int folder, const char *name)
{
    struct stat st;
    int fd;
    bool orphan;

    if (strlen(name) != NAME_LEN || strncmp(name, NAME_START, 3) != 0 || strspn(name + 3, HEX) != NAME_LEN - 3)
        return false;
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    orphan = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
             flock(fd, LOCK_EX | LOCK_NB) == 0;
    io_close(&fd);
    return orphan;
}

void handover_sweep(const char *spool)
{
    DIR *d = opendir(spool);
    struct dirent *f;

    /* cppcheck-suppress readdirCalled ; the stream is this call's own */
    while (d && (f = readdir(d)) != NULL)
        if (is_orphan(dirfd(d), f->d_name) && unlinkat(dirfd(d), f->d_name, 0) == 0)
            log_info("%s/%s of a worker that is no more is removed", spool, f->d_name);
    if (d)
        closedir(d);
}
