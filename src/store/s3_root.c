/* SPDX-License-Identifier: MIT */
#include "store/s3_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/spool.h"
#include "store/s3_check.h"
#include "store/s3_stream.h"

struct asked {
    char *path;
    int fd;
    uint64_t size;
    struct s3_part *part;
};

struct s3_root {
    struct s3 *s3;
    const char *spool;
    struct s3_fetch *fetch;
    struct s3_request request;
    struct s3_versions versions;
    struct asked asked[S3_ROOT_AHEAD]; /* in the order of requests */
    size_t count;
    uint64_t bytes;
    struct s3_stream stream;
};

int s3_root_open(const struct conf *c, const struct conf_root *root, struct s3_root **out,
                 struct err *e)
{
    struct s3_root *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r)
        return err_set(e, ERR_MEMORY, "no memory left for an object store");
    r->spool = c->spool;
    if (s3_open(c, root, &r->s3, e) || s3_fetch_open(r->s3, &r->fetch, e)) {
        s3_root_close(r);
        return -1;
    }
    r->stream = (struct s3_stream){.fetch = r->fetch, .versions = &r->versions, .fd = -1};
    r->request.s3 = r->s3;
    *out = r;
    return 0;
}

static void drop_asked(struct s3_root *r, size_t i)
{
    struct asked *a = &r->asked[i];

    s3_fetch_drop(r->fetch, a->part);
    io_close(&a->fd);
    free(a->path);
    r->bytes -= a->size;
    r->count--;
    memmove(a, a + 1, (r->count - i) * sizeof *a);
}

void s3_root_forget(struct s3_root *r)
{
    s3_root_stream_end(r);
    while (r->count)
        drop_asked(r, r->count - 1);
    s3_versions_release(&r->versions);
}

void s3_root_close(struct s3_root *r)
{
    if (!r)
        return;
    if (r->fetch)
        s3_root_forget(r);
    s3_fetch_close(r->fetch);
    s3_request_release(&r->request);
    s3_close(r->s3);
    free(r);
}

bool s3_root_trusts(const struct s3_root *r)
{
    return r->s3->conf->check == CONF_S3_CHECK_TRUST;
}

int s3_root_expect(struct s3_root *r, const char *path, struct err *e)
{
    return s3_versions_add(&r->versions, path, e);
}

int s3_root_check(struct s3_root *r, struct err *e)
{
    return r->versions.count ? s3_check(&r->versions, r->s3, r->fetch, e) : 0;
}

int s3_root_stat(struct s3_root *r, const char *path, struct s3_meta *meta, struct err *e)
{
    enum s3_version_state state = s3_versions_find(&r->versions, path, meta);

    if (state == S3_VERSION_UNKNOWN)
        return s3_head(&r->request, path, meta, e);
    if (state == S3_VERSION_PRESENT)
        return 0;
    err_set(e, ERR_DATA, "%s:%s does not exist in the object store", r->s3->conf->name, path);
    e->sys = ENOENT;
    return -1;
}

/* Create the file that an object is read into. */
static int make_file(const struct s3_root *r, uint64_t size, struct err *e)
{
    int fd;

    if (size > S3_ROOT_SMALL)
        return spool_unlinked_file(r->spool, e);
    fd = memfd_create("object", MFD_CLOEXEC);
    return fd >= 0 ? fd : err_sys(e, ERR_SYSTEM, "cannot make a file in memory");
}

/* Let the file's time be the object's identity, so that it is compared like a
 * file's. */
static int set_time(int fd, int64_t mtime_ns, struct err *e)
{
    const struct timespec when = {.tv_sec = (time_t)(mtime_ns / 1000000000),
                                  .tv_nsec = (long)(mtime_ns % 1000000000)};

    if (futimens(fd, (const struct timespec[2]){when, when}) == 0)
        return 0;
    return err_sys(e, ERR_SYSTEM, "cannot set the time of an object's file");
}

static bool has_ahead_room(const struct s3_root *r, uint64_t size)
{
    return r->count == 0 || (r->count < S3_ROOT_AHEAD && r->bytes + size <= S3_ROOT_AHEAD_BYTES);
}

static size_t find_asked(const struct s3_root *r, const char *path)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->asked[i].path, path) == 0)
            return i;
    return S3_ROOT_AHEAD;
}

static int ask(struct s3_root *r, const struct s3_want *w, struct asked *a, struct err *e)
{
    struct s3_want want = *w;
    struct s3_meta known = {0};

    *a = (struct asked){.fd = make_file(r, w->size, e), .size = w->size};
    if (a->fd < 0)
        return -1;
    want.fd = a->fd;
    (void)s3_versions_find(&r->versions, w->path, &known);
    want.etag = known.etag;
    a->part = s3_fetch_start(r->fetch, &want, e);
    if (a->part)
        return 0;
    io_close(&a->fd);
    return -1;
}

/* Errors are those of the later opening. */
bool s3_root_ask(struct s3_root *r, const char *path, uint64_t size, int64_t mtime_ns)
{
    const struct s3_want w = {
        .path = path, .size = size, .mtime_ns = mtime_ns, .etag = "", .len = size};
    struct err later = ERR_INIT;
    struct asked *a;

    if (size == 0 || size > S3_ROOT_SMALL || find_asked(r, path) < S3_ROOT_AHEAD)
        return true;
    if (!has_ahead_room(r, size))
        return false;
    a = &r->asked[r->count];
    if (ask(r, &w, a, &later))
        return false;
    a->path = strdup(path);
    r->count++;
    r->bytes += size;
    if (!a->path)
        drop_asked(r, r->count - 1);
    return true;
}

static int finish(struct s3_root *r, struct asked *a, int *fd, struct err *e)
{
    struct s3_meta meta;
    int rc = s3_fetch_wait(r->fetch, a->part, &meta, e);

    s3_fetch_drop(r->fetch, a->part);
    a->part = NULL;
    if (rc == 0)
        rc = set_time(a->fd, meta.mtime_ns, e);
    if (rc == 0)
        *fd = a->fd;
    else
        io_close(&a->fd);
    return rc;
}

static int read_large(struct s3_root *r, const char *path, const struct s3_meta *m, int *fd,
                      struct err *e)
{
    const struct s3_want w = {
        .path = path, .size = m->size, .mtime_ns = m->mtime_ns, .etag = "", .len = m->size};
    struct s3_stream s = {.fetch = r->fetch, .versions = &r->versions};
    int rc = s3_stream_begin(&s, &w, make_file(r, m->size, e), e);

    while (rc == 0 && s.done * S3_STREAM_PART < m->size)
        rc = s3_stream_take(&s, e);
    if (rc == 0)
        rc = set_time(s.fd, m->mtime_ns, e);
    if (rc == 0) {
        *fd = s.fd;
        s.fd = -1;
    }
    s3_stream_release(&s);
    return rc;
}

static int read_now(struct s3_root *r, const char *path, int *fd, struct err *e)
{
    struct s3_want w = {.path = path, .etag = ""};
    struct s3_meta m;
    struct asked a;

    if (s3_root_stat(r, path, &m, e))
        return -1;
    if (m.size > S3_ROOT_SMALL)
        return read_large(r, path, &m, fd, e);
    w.size = w.len = m.size;
    w.mtime_ns = m.mtime_ns;
    return ask(r, &w, &a, e) ? -1 : finish(r, &a, fd, e);
}

int s3_root_descriptor(struct s3_root *r, const char *path, int *fd, struct err *e)
{
    size_t i = find_asked(r, path);
    int rc;

    *fd = -1;
    if (i == S3_ROOT_AHEAD &&
        !has_ahead_room(r, 1)) /* the oldest was requested and is not opened */
        drop_asked(r, 0);
    if (i == S3_ROOT_AHEAD)
        return read_now(r, path, fd, e);
    rc = finish(r, &r->asked[i], fd, e);
    r->asked[i].fd = -1;
    drop_asked(r, i);
    return rc;
}

void s3_root_stream_end(struct s3_root *r)
{
    s3_stream_release(&r->stream);
}

int s3_root_stream(struct s3_root *r, const struct s3_want *w, int *fd, struct err *e)
{
    *fd = -1;
    s3_root_stream_end(r);
    if (s3_stream_begin(&r->stream, w, memfd_create("object", MFD_CLOEXEC), e) == 0) {
        *fd = fcntl(r->stream.fd, F_DUPFD_CLOEXEC, 0);
        if (*fd < 0)
            (void)err_sys(e, ERR_SYSTEM, "no descriptor left");
    }
    if (*fd < 0)
        s3_root_stream_end(r);
    return *fd < 0 ? -1 : 0;
}

int s3_root_need(struct s3_root *r, uint64_t from, uint64_t len, struct err *e)
{
    struct s3_stream *s = &r->stream;
    uint64_t end = from + len < s->want.size ? from + len : s->want.size;

    while (s->path && s->done * S3_STREAM_PART < end) {
        if (s3_stream_take(s, e))
            return -1;
        if (s->done > 1) /* the memory of parts that were sent */
            (void)fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                            (off_t)((s->done - 2) * S3_STREAM_PART));
    }
    return 0;
}

int s3_root_walk(struct s3_root *r, const char *folder, s3_page_each *each, void *ctx,
                 struct err *e)
{
    return s3_list(&r->request, &(const struct s3_listing){folder, false, each, ctx}, e);
}

static int found(void *ctx, const char *path, const struct s3_meta *meta, struct err *e)
{
    (void)path, (void)meta, (void)e;
    *(bool *)ctx = true;
    return 0;
}

int s3_root_exists(struct s3_root *r, const char *path, bool *exists, struct err *e)
{
    const struct s3_listing first = {path, true, found, exists};
    struct s3_meta meta;

    *exists = false;
    if (*path) {
        if (s3_head(&r->request, path, &meta, e) == 0) {
            *exists = true;
            return 0;
        }
        if (e->sys != ENOENT)
            return -1;
        err_clear(e);
    }
    return s3_list(&r->request, &first, e);
}
