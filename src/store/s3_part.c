/* SPDX-License-Identifier: MIT */
#include "store/s3_part.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "store/s3_page.h"

void s3_part_free(struct s3_part *p)
{
    s3_request_release(&p->request);
    io_close(&p->want.fd);
    buf_release(&p->text);
    free(p->path);
    free(p->url);
    free(p);
}

struct s3_part *s3_part_new(const struct s3 *s, enum s3_part_kind kind, const char *path, char *url,
                            struct err *e)
{
    struct s3_part *p = calloc(1, sizeof *p);

    if (!p) {
        free(url);
        (void)err_set(e, ERR_MEMORY, "no memory left for a request to the object store");
        return NULL;
    }
    p->kind = kind;
    p->want = (struct s3_want){
        .size = S3_FETCH_SIZE_UNKNOWN, .mtime_ns = S3_FETCH_TIME_UNKNOWN, .fd = -1};
    p->request.s3 = s;
    p->path = strdup(path);
    p->url = url;
    buf_init(&p->text, S3_PAGE_BYTES_MAX);
    if (p->path && p->url)
        return p;
    (void)err_set(e, ERR_DATA, "the key of %.200s is too long for an object store", path);
    s3_part_free(p);
    return NULL;
}

struct s3_part *s3_part_object(const struct s3 *s, const struct s3_want *w, struct err *e)
{
    struct s3_part *p = s3_part_new(s, S3_PART_OBJECT, w->path, s3_url(s, w->path), e);

    if (!p)
        return NULL;
    p->want = *w;
    p->want.fd = fcntl(w->fd, F_DUPFD_CLOEXEC, 0);
    snprintf(p->etag, sizeof p->etag, "%s", w->etag);
    if (w->from || w->len != w->size)
        snprintf(p->range, sizeof p->range, "%llu-%llu", (unsigned long long)w->from,
                 (unsigned long long)(w->from + w->len - 1));
    if (p->want.fd >= 0)
        return p;
    (void)err_sys(e, ERR_SYSTEM, "no descriptor left");
    s3_part_free(p);
    return NULL;
}

/* Return whether the response is of the expected version. */
static bool is_expected(const struct s3_part *p)
{
    const struct s3_meta *m = &p->request.meta;

    return (p->want.size == S3_FETCH_SIZE_UNKNOWN || m->size == p->want.size) &&
           (p->want.mtime_ns == S3_FETCH_TIME_UNKNOWN || m->mtime_ns == p->want.mtime_ns);
}

/* A store that ignores Range sends all. */
static bool is_answered(const struct s3_part *p)
{
    return s3_request_status(&p->request) == (p->range[0] ? 206 : 200);
}

/* The first bytes: all headers are there. */
static bool may_write(struct s3_part *p)
{
    if (p->written == 0)
        s3_request_take_meta(&p->request);
    p->stale = !is_expected(p);
    return !p->stale && is_answered(p);
}

/* Write bytes of an object to its file. Returns how many it took. */
static size_t write_bytes(struct s3_part *p, const char *data, size_t len)
{
    if (!may_write(p) || (p->want.len != S3_FETCH_SIZE_UNKNOWN && len > p->want.len - p->written))
        return 0;
    for (size_t at = 0; at < len;) {
        ssize_t n = pwrite(p->want.fd, data + at, len - at, (off_t)(p->want.from + p->written));

        if (n < 0 && errno != EINTR) {
            p->write_error = errno;
            return 0;
        }
        at += n > 0 ? (size_t)n : 0;
        p->written += n > 0 ? (uint64_t)n : 0;
    }
    return len;
}

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct s3_part *p = ctx;
    size_t len = size * count;

    if (s3_request_status(&p->request) >= 300) {
        s3_request_take_error(&p->request, data, len);
        return len;
    }
    if (p->kind == S3_PART_OBJECT)
        return write_bytes(p, data, len);
    buf_add(&p->text, data, len);
    return p->text.failed ? 0 : len;
}

int s3_part_begin(struct s3_part *p, bool conditional)
{
    p->written = 0;
    buf_clear(&p->text);
    if (p->request.deadline == 0)
        p->request.deadline = io_now() + (double)p->request.s3->conf->seconds;
    if (s3_request_begin(&p->request, p->url, p->range[0] ? p->range : NULL,
                         conditional && !p->mismatched ? p->etag : "", &p->err))
        return -1;
    curl_easy_setopt(p->request.easy, CURLOPT_NOBODY, p->kind == S3_PART_HEAD ? 1L : 0L);
    curl_easy_setopt(p->request.easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(p->request.easy, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(p->request.easy, CURLOPT_PRIVATE, p);
    return 0;
}

/* An empty object has no body. Returns whether all bytes are there. */
static bool is_complete(struct s3_part *p)
{
    if (p->written == 0)
        s3_request_take_meta(&p->request);
    if (p->kind != S3_PART_OBJECT)
        return true;
    if (p->want.len == S3_FETCH_SIZE_UNKNOWN)
        return p->written == p->request.meta.size;
    return p->written == p->want.len;
}

/*
 * Return whether the store refused If-Match. It compares strongly (RFC 9110
 * 13.1.1), so behind a gateway that makes entity tags weak none matches. The
 * response without the field decides.
 */
static bool is_mismatch(const struct s3_part *p, CURLcode code)
{
    return code == CURLE_OK && p->etag[0] && !p->mismatched &&
           s3_request_status(&p->request) == 412;
}

void s3_part_judge(struct s3_part *p, CURLcode code)
{
    enum s3_verdict v = S3_FAILED;
    double wait = 0;

    if (p->write_error) {
        errno = p->write_error;
        err_sys(&p->err, ERR_SYSTEM, "cannot keep %s (setting spool)", p->path);
    } else if (p->stale) {
        err_set(&p->err, ERR_DATA, "%s has changed in the object store: index it again", p->path);
        p->err.sys = ESTALE;
    } else if (is_mismatch(p, code)) {
        p->mismatched = true;
        v = S3_REPEAT;
    } else {
        if (code == CURLE_OK && s3_request_status(&p->request) < 300 &&
            (!is_answered(p) || !is_complete(p) || !is_expected(p)))
            code = CURLE_PARTIAL_FILE;
        v = s3_request_judge(&p->request, code, p->path, &wait, &p->err);
    }
    p->state = v == S3_REPEAT ? S3_PART_WAITING : S3_PART_ENDED;
    p->not_before = io_now() + wait;
}
