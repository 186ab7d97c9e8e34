/* SPDX-License-Identifier: MIT */
#include "store/s3_fetch.h"

#include "base/io.h"
#include "base/thread.h"
#include "store/s3_part.h"

#define IDLE_MS 1000 /* between looks at s3_fetch.stop if nobody wakes the thread */

struct s3_fetch {
    const struct s3 *s3;
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct s3_part *parts; /* in the order of submission */
    unsigned running;
    bool started, stop;
    bool unconditional; /* the store refuses If-Match for unchanged objects */
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

/* Called with the lock held. */
static void end_part(struct s3_fetch *f, struct s3_part *p)
{
    p->state = S3_PART_ENDED;
    pthread_cond_broadcast(&f->ended);
}

static void begin_part(struct s3_fetch *f, struct s3_part *p)
{
    if (s3_part_begin(p, !f->unconditional)) {
        end_part(f, p);
        return;
    }
    if (curl_multi_add_handle(f->multi, p->request.easy)) {
        err_set(&p->err, ERR_MEMORY, "no memory left for a request to the object store");
        end_part(f, p);
        return;
    }
    p->state = S3_PART_RUNNING;
    f->running++;
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
        s3_part_judge(p, m->data.result);
        curl_multi_remove_handle(f->multi, p->request.easy);
        f->running--;
        f->unconditional |= p->mismatched && p->state == S3_PART_ENDED && !p->err.kind;
        if (p->state == S3_PART_ENDED)
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
        if (p->state == S3_PART_RUNNING) {
            curl_multi_remove_handle(f->multi, p->request.easy);
            f->running--;
        }
        *at = p->next;
        s3_part_free(p);
    }
}

/* Start requests that are due. Returns the milliseconds until the next one is.
 * Called with the lock held. */
static int start_due(struct s3_fetch *f)
{
    double now = io_now(), next = now + IDLE_MS / 1000.0;

    for (struct s3_part *p = f->parts; p && f->running < f->s3->conf->connections; p = p->next) {
        if (p->state != S3_PART_WAITING)
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

/* Hand a request, or null, to the thread. */
static struct s3_part *submit_part(struct s3_fetch *f, struct s3_part *p, struct err *e)
{
    struct s3_part **last = &f->parts;

    if (!p)
        return NULL;
    if (start_thread(f, e)) {
        s3_part_free(p);
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
    return submit_part(f, s3_part_object(f->s3, w, e), e);
}

struct s3_part *s3_fetch_head(struct s3_fetch *f, const char *path, struct err *e)
{
    return submit_part(f, s3_part_new(f->s3, S3_PART_HEAD, path, s3_url(f->s3, path), e), e);
}

struct s3_part *s3_fetch_page(struct s3_fetch *f, const char *url, struct err *e)
{
    return submit_part(f, s3_part_new(f->s3, S3_PART_PAGE, "the list of objects", strdup(url), e),
                       e);
}

const struct buf *s3_fetch_text(const struct s3_part *p)
{
    return &p->text;
}

int s3_fetch_wait(struct s3_fetch *f, struct s3_part *p, struct s3_meta *meta, struct err *e)
{
    pthread_mutex_lock(&f->lock);
    while (p->state != S3_PART_ENDED)
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
