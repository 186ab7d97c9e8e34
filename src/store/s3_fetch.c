/* SPDX-License-Identifier: MIT */
#include "store/s3_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/thread.h"
#include "store/s3_page.h"
#include "store/s3_request.h"

#define IDLE_MS 1000 /* between looks at s3_fetch.stop if nobody wakes the thread */
#define RANGE_MAX 48

enum part_kind { PART_OBJECT, PART_HEAD, PART_PAGE };
enum part_state { PART_WAITING, PART_RUNNING, PART_ENDED };

struct s3_part {
    struct s3_part *next;
    struct s3_request request;
    struct s3_want want;
    char *path, *url;
    char etag[S3_ETAG_MAX], range[RANGE_MAX];
    enum part_kind kind;
    enum part_state state;
    struct buf text;     /* of a page */
    bool dropped, stale; /* nobody waits for it; another version */
    double not_before;
    uint64_t written;
    int write_error;
    struct err err;
};

struct s3_fetch {
    const struct s3 *s3;
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct s3_part *parts; /* in the order of submission */
    unsigned running;
    bool started, stop;
};

int s3_fetch_open(const struct s3 *s, struct s3_fetch **out, struct err *e)
{
    struct s3_fetch *f = calloc(1, sizeof *f);

    *out = f;
    if (!f)
        return err_set(e, ERR_MEMORY, "no memory left for an object store");
    f->s3 = s;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->ended, NULL);
    return 0;
}

static void free_part(struct s3_part *p)
{
    s3_request_release(&p->request);
    io_close(&p->want.fd);
    buf_release(&p->text);
    free(p->path);
    free(p->url);
    free(p);
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
    if (p->kind == PART_OBJECT)
        return write_bytes(p, data, len);
    buf_add(&p->text, data, len);
    return p->text.failed ? 0 : len;
}

/* Called with the lock held. */
static void end_part(struct s3_fetch *f, struct s3_part *p)
{
    p->state = PART_ENDED;
    pthread_cond_broadcast(&f->ended);
}

static void begin_part(struct s3_fetch *f, struct s3_part *p)
{
    p->written = 0;
    buf_clear(&p->text);
    if (p->request.deadline == 0)
        p->request.deadline = io_now() + (double)f->s3->conf->seconds;
    if (s3_request_begin(&p->request, p->url, p->range[0] ? p->range : NULL, p->etag, &p->err)) {
        end_part(f, p);
        return;
    }
    curl_easy_setopt(p->request.easy, CURLOPT_NOBODY, p->kind == PART_HEAD ? 1L : 0L);
    curl_easy_setopt(p->request.easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(p->request.easy, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(p->request.easy, CURLOPT_PRIVATE, p);
    if (curl_multi_add_handle(f->multi, p->request.easy)) {
        err_set(&p->err, ERR_MEMORY, "no memory left for a request to the object store");
        end_part(f, p);
        return;
    }
    p->state = PART_RUNNING;
    f->running++;
}

/* An empty object has no body. Returns whether all bytes are there. */
static bool is_complete(struct s3_part *p)
{
    if (p->written == 0)
        s3_request_take_meta(&p->request);
    if (p->kind != PART_OBJECT)
        return true;
    if (p->want.len == S3_FETCH_SIZE_UNKNOWN)
        return p->written == p->request.meta.size;
    return p->written == p->want.len;
}

static void judge(struct s3_part *p, CURLcode code)
{
    enum s3_verdict v = S3_FAILED;
    double wait = 0;

    if (p->write_error) {
        errno = p->write_error;
        err_sys(&p->err, ERR_SYSTEM, "cannot keep %s (setting spool)", p->path);
    } else if (p->stale) {
        err_set(&p->err, ERR_DATA, "%s has changed in the object store: index it again", p->path);
        p->err.sys = ESTALE;
    } else {
        if (code == CURLE_OK && s3_request_status(&p->request) < 300 &&
            (!is_answered(p) || !is_complete(p) || !is_expected(p)))
            code = CURLE_PARTIAL_FILE;
        v = s3_request_judge(&p->request, code, p->path, &wait, &p->err);
    }
    p->state = v == S3_REPEAT ? PART_WAITING : PART_ENDED;
    p->not_before = io_now() + wait;
}

/* Take the transfers that libcurl has ended. Called with the lock held. */
static void take_ended(struct s3_fetch *f)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(f->multi, &left))) {
        struct s3_part *p;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
        judge(p, m->data.result);
        curl_multi_remove_handle(f->multi, p->request.easy);
        f->running--;
        if (p->state == PART_ENDED)
            end_part(f, p);
    }
}

/* Remove requests that nobody waits for. Called with the lock held. */
static void sweep(struct s3_fetch *f)
{
    for (struct s3_part **at = &f->parts; *at;) {
        struct s3_part *p = *at;

        if (!p->dropped && !f->stop) {
            at = &p->next;
            continue;
        }
        if (p->state == PART_RUNNING) {
            curl_multi_remove_handle(f->multi, p->request.easy);
            f->running--;
        }
        *at = p->next;
        free_part(p);
    }
}

/* Start requests that are due. Returns the milliseconds until the next one is.
 * Called with the lock held. */
static int start_due(struct s3_fetch *f)
{
    double now = io_now(), next = now + IDLE_MS / 1000.0;

    for (struct s3_part *p = f->parts; p && f->running < f->s3->conf->connections; p = p->next) {
        if (p->state != PART_WAITING)
            continue;
        if (p->not_before <= now)
            begin_part(f, p);
        else if (p->not_before < next)
            next = p->not_before;
    }
    return (int)((next - now) * 1000) + 1;
}

static void *s3_fetch_run(void *ctx)
{
    struct s3_fetch *f = ctx;
    int running, wait;
    bool stop;

    do {
        pthread_mutex_lock(&f->lock);
        sweep(f);
        wait = start_due(f);
        stop = f->stop;
        pthread_mutex_unlock(&f->lock);
        if (stop)
            break;
        curl_multi_perform(f->multi, &running);
        pthread_mutex_lock(&f->lock);
        take_ended(f);
        wait = start_due(f) < wait ? start_due(f) : wait;
        pthread_mutex_unlock(&f->lock);
        curl_multi_poll(f->multi, NULL, 0, wait, NULL);
    } while (!stop);
    return NULL;
}

static int start_thread(struct s3_fetch *f, struct err *e)
{
    if (f->started)
        return 0;
    f->multi = curl_multi_init();
    if (!f->multi)
        return err_set(e, ERR_MEMORY, "no memory left for an object store");
    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)f->s3->conf->connections);
    if (thread_start(&f->thread, s3_fetch_run, f, e)) {
        curl_multi_cleanup(f->multi);
        return -1;
    }
    f->started = true;
    return 0;
}

void s3_fetch_close(struct s3_fetch *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_mutex_unlock(&f->lock);
    if (f->started) {
        curl_multi_wakeup(f->multi);
        pthread_join(f->thread, NULL);
        curl_multi_cleanup(f->multi);
    }
    pthread_cond_destroy(&f->ended);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* path: for messages. url: taken over. */
static struct s3_part *new_part(struct s3_fetch *f, enum part_kind kind, const char *path,
                                char *url, struct err *e)
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
    p->request.s3 = f->s3;
    p->path = strdup(path);
    p->url = url;
    buf_init(&p->text, S3_PAGE_BYTES_MAX);
    if (p->path && p->url)
        return p;
    (void)err_set(e, ERR_DATA, "the key of %.200s is too long for an object store", path);
    free_part(p);
    return NULL;
}

static struct s3_part *make_object_part(struct s3_fetch *f, const struct s3_want *w, struct err *e)
{
    struct s3_part *p = new_part(f, PART_OBJECT, w->path, s3_url(f->s3, w->path), e);

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
    free_part(p);
    return NULL;
}

/* Hand a request, or null, to the thread. */
static struct s3_part *submit_part(struct s3_fetch *f, struct s3_part *p, struct err *e)
{
    struct s3_part **last = &f->parts;

    if (!p)
        return NULL;
    if (start_thread(f, e)) {
        free_part(p);
        return NULL;
    }
    pthread_mutex_lock(&f->lock);
    while (*last)
        last = &(*last)->next;
    *last = p;
    pthread_mutex_unlock(&f->lock);
    curl_multi_wakeup(f->multi);
    return p;
}

struct s3_part *s3_fetch_start(struct s3_fetch *f, const struct s3_want *w, struct err *e)
{
    return submit_part(f, make_object_part(f, w, e), e);
}

struct s3_part *s3_fetch_head(struct s3_fetch *f, const char *path, struct err *e)
{
    return submit_part(f, new_part(f, PART_HEAD, path, s3_url(f->s3, path), e), e);
}

struct s3_part *s3_fetch_page(struct s3_fetch *f, const char *url, struct err *e)
{
    return submit_part(f, new_part(f, PART_PAGE, "the list of objects", strdup(url), e), e);
}

const struct buf *s3_fetch_text(const struct s3_part *p)
{
    return &p->text;
}

int s3_fetch_wait(struct s3_fetch *f, struct s3_part *p, struct s3_meta *meta, struct err *e)
{
    pthread_mutex_lock(&f->lock);
    while (p->state != PART_ENDED)
        pthread_cond_wait(&f->ended, &f->lock);
    pthread_mutex_unlock(&f->lock);
    if (meta)
        *meta = p->request.meta;
    return p->err.kind ? err_pass(e, &p->err) : 0;
}

void s3_fetch_drop(struct s3_fetch *f, struct s3_part *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&f->lock);
    p->dropped = true;
    pthread_mutex_unlock(&f->lock);
    curl_multi_wakeup(f->multi);
}
