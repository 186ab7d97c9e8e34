/* SPDX-License-Identifier: MIT */
#include "respond/xsendfile.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "base/log.h"
#include "base/percent.h"
#include "base/spool.h"
#include "base/utf8.h"
#include "body/file_ranges.h"
#include "fastcgi/cgi_params.h"
#include "fastcgi/peer_access.h"
#include "store/store_remote.h"

#define NAME_START "wz-"
#define ACCEL_PREFIX "/wadozip-cache/" /* location in deploy/nginx */
#define NAME_LEN (3 + 12)
#define WAIT_MS 10000
#define RANGE_MIN \
    ((uint64_t)32 \
     << 10) /* bytes of a piece of frames on average: smaller ones are faster to copy */
#define SETTLED_NS 3000000000 /* lighttpd checks a file again after a second */

enum conf_sendfile xsendfile_wanted(const struct conf *c, char *const *envp)
{
    static const char *const names[] = {
        [CONF_SENDFILE_LIGHTTPD] = "lighttpd", [CONF_SENDFILE_NGINX] = "nginx"};
    const char *server = cgi_params_find(envp, "SERVER_SOFTWARE"), *name;

    if (c->sendfile == CONF_SENDFILE_NONE || c->max_rate || !server)
        return CONF_SENDFILE_NONE;
    name = names[c->sendfile];
    return strncmp(server, name, strlen(name)) == 0 ? c->sendfile : CONF_SENDFILE_NONE;
}

/* Pieces of the body; `bytes` goes to the file with the bytes around the
 * members. */
struct making {
    struct response *a;
    struct sink bytes;
    uint64_t named; /* its bytes that are in the value already */
    struct peer_access server;
    uint32_t folder; /* last folder that the web server was found to reach */
    int64_t now;     /* nanoseconds since 1970 */
};

/* lighttpd refuses paths that are not UTF-8 and changes control characters. */
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
    for (; *path; path++) {
        char c[PERCENT_MAX];

        buf_add(value, c, percent_encode(c, *path, "/"));
    }
}

/* lighttpd's ranges are inclusive. */
static void add_range(struct buf *value, const char *path, uint64_t from, uint64_t end)
{
    if (value->len)
        buf_str(value, ",");
    add_path(value, path);
    buf_printf(value, " %llu-%llu", (unsigned long long)from, (unsigned long long)end - 1);
}

/* Add the bytes that were written to the file since the last call to the value.
 */
static void name_bytes(struct making *m)
{
    if (m->bytes.total > m->named)
        add_range(&m->a->xsendfile.value, m->a->xsendfile.path, m->named, m->bytes.total);
    m->named = m->bytes.total;
}

/*
 * lighttpd opens each file only when its turn comes, in the middle of the
 * response, and caches a file's properties by its path for a second.
 */
static int check_file(struct making *m, const struct plan_member *member, const char *path,
                      struct err *e)
{
    struct store *s = m->a->s->tools.store;
    const char *file = plan_text(&m->a->retrieval.plan, member->file);
    struct store_meta meta;

    if (store_stat(s, member->folder, file, &meta, e))
        return -1;
    if (meta.size != member->file_size || m->now - meta.ctime_ns < SETTLED_NS ||
        meta.mtime_ns != plan_progress_mtime(&m->a->retrieval.progress, member))
        return err_set(e, ERR_DATA, "%s was changed just now", path);
    if (!peer_access_may(&m->server, meta.uid, meta.gid, meta.mode, 4) ||
        (m->folder != member->folder && !peer_access_reaches(&m->server, path)))
        return err_set(e, ERR_SYSTEM, "the web server may not read %s", path);
    m->folder = member->folder;
    return is_sendable(path) ? 0 : err_set(e, ERR_DATA, "lighttpd does not take the path %s", path);
}

static int xsendfile_add_file(void *ctx, const struct plan_member *member, uint64_t from,
                              uint64_t end, struct err *e)
{
    struct making *m = ctx;
    const char *path = store_path(m->a->s->tools.store, member->folder,
                                  plan_text(&m->a->retrieval.plan, member->file));

    if (check_file(m, member, path, e))
        return -1;
    name_bytes(m);
    add_range(&m->a->xsendfile.value, path, from, end);
    return buf_check(&m->a->xsendfile.value, "the names of an answer's files", e);
}

/* Frames as stored lie in the file of the only member. */
static int xsendfile_add_frames(void *ctx, int fd, uint64_t at, uint64_t size, struct err *e)
{
    struct making *m = ctx;

    (void)fd;
    return xsendfile_add_file(m, &m->a->retrieval.plan.members[0], at, at + size, e);
}

/* Build the path of the archive in the cache, and check that the web server can
 * read it. */
static int kept_path(const struct response *a, const struct peer_access *server,
                     char path[PATH_MAX], struct err *e)
{
    const struct spooled *b = &a->retrieval.body;
    struct stat st;
    int len = snprintf(path, PATH_MAX, "%s/%s", a->s->conf->conversion_cache, b->kept);

    if (len < 0 || len >= PATH_MAX || !is_sendable(path))
        return err_set(e, ERR_SYSTEM, "conversion_cache: the path is too long, or not UTF-8");
    if (fstat(b->fd, &st) || !peer_access_may(server, st.st_uid, st.st_gid, st.st_mode, 4) ||
        !peer_access_reaches(server, path))
        return err_set(e, ERR_SYSTEM, "the web server may not read %s", path);
    return 0;
}

/* The archive was used just now, so it is the last one that is removed from the
 * cache. */
static int add_kept(struct making *m, uint64_t from, uint64_t end, struct err *e)
{
    char path[PATH_MAX];

    if (kept_path(m->a, &m->server, path, e))
        return -1;
    name_bytes(m);
    add_range(&m->a->xsendfile.value, path, from, end);
    return buf_check(&m->a->xsendfile.value, "the names of an answer's files", e);
}

static int add_part(void *ctx, uint64_t first, uint64_t end, struct err *e)
{
    struct making *m = ctx;
    const struct file_ranges_out out = {&m->bytes, xsendfile_add_file, m};
    const struct assembly_out frames = {&m->bytes, xsendfile_add_frames, m};

    if (*m->a->retrieval.body.kept)
        return add_kept(m, first, end, e);
    if (m->a->request.pixels)
        return assembly_walk(&m->a->assembly, first, end, &frames, e);
    return file_ranges_of(&m->a->retrieval.progress, first, end, &out, e);
}

/*
 * Create a file that gets a name only when it is complete and that is locked
 * before. Its group can be the web server's, through the folder's setgid bit.
 */
static int xsendfile_make_file(struct xsendfile *h, const char *spool, struct err *e)
{
    uint64_t number;
    size_t len;

    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return err_sys(e, ERR_SYSTEM, "cannot create a random file name");
    h->fd = spool_unlinked_file(spool, e);
    if (h->fd < 0)
        return -1;
    spool_path(spool, h->path);
    if (fchmod(h->fd, 0640) || flock(h->fd, LOCK_EX | LOCK_NB))
        return err_sys(e, ERR_SYSTEM, "no file can be made in %s", h->path);
    len = strlen(h->path);
    snprintf(h->path + len, sizeof h->path - len, "/" NAME_START "%012llx",
             (unsigned long long)(number >> 16));
    return 0;
}

static int name_file(struct xsendfile *h, const struct peer_access *server, struct err *e)
{
    char self[32];
    struct stat st;

    if (fstat(h->fd, &st) || !peer_access_may(server, st.st_uid, st.st_gid, st.st_mode, 4) ||
        !peer_access_reaches(server, h->path))
        return err_set(e, ERR_SYSTEM, "the web server could not read %s", h->path);
    snprintf(self, sizeof self, "/proc/self/fd/%d", h->fd);
    h->named = linkat(AT_FDCWD, self, AT_FDCWD, h->path, AT_SYMLINK_FOLLOW) == 0;
    return h->named ? 0 : err_sys(e, ERR_SYSTEM, "%s cannot be made", h->path);
}

static int xsendfile_collect(struct making *m, const struct byteranges *parts, struct err *e)
{
    struct xsendfile *h = &m->a->xsendfile;

    if (xsendfile_make_file(h, m->a->s->conf->spool, e) ||
        sink_open(&m->bytes, sink_to_fd, &h->fd, e))
        return -1;
    if (byteranges_walk(parts, &m->bytes, add_part, m, e) || sink_flush(&m->bytes, e))
        return -1;
    name_bytes(m);
    if (buf_check(&h->value, "the names of an answer's files", e))
        return -1;
    return m->bytes.total ? name_file(h, &m->server, e) : 0;
}

/* Return whether lighttpd accepts a header of this size. */
static bool xsendfile_fits(struct response *a, const struct response_header *r)
{
    struct err none = ERR_INIT;
    bool good = response_header_head(r, &a->head, &none) == 0 &&
                a->head.len + a->cors.len <= XSENDFILE_HEAD_MAX;

    buf_clear(&a->head);
    return good;
}

/* Objects have no path. */
static bool has_objects(const struct response *a)
{
    for (size_t i = 0; i < a->retrieval.plan.count; i++)
        if (store_is_remote(a->s->tools.store, a->retrieval.plan.members[i].folder))
            return true;
    return false;
}

/* Return whether the body consists of ranges of files: frames if they are sent
 * as stored, or members. */
static bool is_possible(const struct response *a)
{
    if (a->retrieval.body.fd >= 0)
        return *a->retrieval.body.kept;
    if (has_objects(a))
        return false;
    if (a->request.pixels)
        return a->assembly.count > 0 && !a->pixels.job && !a->pixels.cleaned &&
               a->retrieval.progress.length / a->assembly.count >= RANGE_MIN;
    return file_ranges_possible(&a->retrieval.progress);
}

/*
 * nginx sends one file, or the one range of it that the request asks for. It
 * would compare If-Match and If-Unmodified-Since, which have been checked, with
 * the file's own values.
 */
static bool accel_make(struct response *a, const struct peer_access *server,
                       const struct byteranges *parts, struct response_header *r)
{
    struct err why = ERR_INIT;
    char path[PATH_MAX];

    if (!*a->retrieval.body.kept || parts->set->count != 1 || a->request.if_match ||
        a->request.if_unmodified_since)
        return false;
    if (kept_path(a, server, path, &why)) {
        log_warn("streamed, because it cannot be handed over: %s", why.text);
        return false;
    }
    buf_init(&a->xsendfile.value, sizeof path);
    buf_printf(&a->xsendfile.value, ACCEL_PREFIX "%s", a->retrieval.body.kept);
    r->accel = a->xsendfile.value.data;
    return r->accel != NULL;
}

bool xsendfile_make(struct response *a, const struct byteranges *parts, struct response_header *r)
{
    struct xsendfile *h = &a->xsendfile;
    struct making m = {.a = a, .folder = UINT32_MAX};
    struct err why = ERR_INIT;
    struct timespec now;
    int rc;

    if (h->wanted == CONF_SENDFILE_NONE || accept_is_table(a->item->media) || !is_possible(a) ||
        !peer_access_of(&m.server, a->wire->fd))
        return false;
    if (h->wanted == CONF_SENDFILE_NGINX)
        return accel_make(a, &m.server, parts, r);
    clock_gettime(CLOCK_REALTIME, &now);
    m.now = io_nanoseconds(&now);
    buf_init(&h->value, XSENDFILE_HEAD_MAX);
    rc = xsendfile_collect(&m, parts, &why);
    sink_close(&m.bytes);
    r->sendfile = h->value.data;
    if (rc == 0 && xsendfile_fits(a, r))
        return true;
    if (why.kind == ERR_SYSTEM)
        log_warn("streamed, because it cannot be handed over: %s", why.text);
    r->sendfile = NULL;
    xsendfile_release(a);
    return false;
}

void xsendfile_wait(const struct response *a)
{
    struct pollfd p = {.fd = a->wire->fd, .events = POLLRDHUP};

    if (a->xsendfile.named && poll(&p, 1, WAIT_MS) == 0)
        log_warn("the web server has not taken an answer over within %d seconds", WAIT_MS / 1000);
}

void xsendfile_release(struct response *a)
{
    struct xsendfile *h = &a->xsendfile;

    if (h->named)
        unlink(h->path);
    h->named = false;
    io_close(&h->fd);
    buf_release(&h->value);
}

/* Return whether it is one of our files and nobody holds its lock. */
static bool is_orphan(int folder, const char *name)
{
    struct stat st;
    int fd;
    bool orphan;

    if (strlen(name) != NAME_LEN || strncmp(name, NAME_START, 3) != 0 ||
        strspn(name + 3, HEX_DIGITS) != NAME_LEN - 3)
        return false;
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    orphan = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
             flock(fd, LOCK_EX | LOCK_NB) == 0;
    io_close(&fd);
    return orphan;
}

void xsendfile_sweep(const char *spool)
{
    struct err none = ERR_INIT;
    int folder = spool_open(spool, &none);
    DIR *d = folder < 0 ? NULL : fdopendir(folder);
    struct dirent *f;

    /* cppcheck-suppress readdirCalled ; the stream is this call's own */
    while (d && (f = readdir(d)) != NULL)
        if (is_orphan(dirfd(d), f->d_name) && unlinkat(dirfd(d), f->d_name, 0) == 0)
            log_info("%s in the spool folder, of a worker that is no more, is removed", f->d_name);
    if (d)
        closedir(d);
    else
        io_close(&folder);
}
