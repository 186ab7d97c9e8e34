/* SPDX-License-Identifier: MIT */
#include "store/s3_list.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

static size_t take_page_text(char *data, size_t size, size_t count, void *ctx)
{
    struct buf *text = ctx;

    buf_add(text, data, size * count);
    return text->failed ? 0 : size * count;
}

static size_t take_nothing(char *data, size_t size, size_t count, void *ctx)
{
    (void)data, (void)ctx;
    return size * count;
}

static void pause_for(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};

    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

/* Send a request until it succeeds. text null: only the headers are of
 * interest. */
static int send_until(struct s3_request *r, const char *url, struct buf *text, const char *what,
                      struct err *e)
{
    enum s3_verdict v;
    double wait = 0;

    r->attempts = 0;
    r->deadline = io_now() + (double)r->s3->conf->seconds;
    do {
        CURLcode code;

        if (wait > 0)
            pause_for(wait);
        if (s3_request_begin(r, url, NULL, "", e))
            return -1;
        if (text)
            buf_clear(text);
        curl_easy_setopt(r->easy, CURLOPT_NOBODY, text ? 0L : 1L);
        curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, text ? take_page_text : take_nothing);
        curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, text);
        code = curl_easy_perform(r->easy);
        if (text && text->data)
            s3_request_take_error(r, text->data, text->len);
        v = s3_request_judge(r, code, what, &wait, e);
    } while (v == S3_REPEAT);
    return v == S3_GOOD ? 0 : -1;
}

static int read_page(struct s3_request *r, struct s3_page *p, const char *prefix, struct buf *text,
                     struct err *e)
{
    char *url = s3_page_url(r->s3, prefix, p->token, p->last);
    int rc;

    if (!url)
        return err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    rc = send_until(r, url, text, "the list of objects", e);
    free(url);
    return rc ? -1 : s3_page_parse(p, text->data ? text->data : "", text->len, e);
}

int s3_list(struct s3_request *r, const struct s3_listing *l, struct err *e)
{
    struct s3_page *p = calloc(1, sizeof *p);
    char prefix[S3_KEY_MAX + 2];
    struct buf text;
    int rc;

    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    *p = (struct s3_page){.s3 = r->s3, .each = l->each, .ctx = l->ctx};
    buf_init(&text, S3_PAGE_BYTES_MAX);
    if (!s3_key(r->s3, l->folder, prefix))
        rc = err_set(e, ERR_DATA, "the folder %s is too long for an object store", l->folder);
    else {
        if (*prefix)
            snprintf(prefix + strlen(prefix), 2, "/");
        do
            rc = read_page(r, p, prefix, &text, e);
        while (rc == 0 && p->truncated && !l->once);
    }
    buf_release(&text);
    free(p);
    return rc;
}

int s3_head(struct s3_request *r, const char *path, struct s3_meta *meta, struct err *e)
{
    char *url = s3_url(r->s3, path);
    int rc;

    if (!url)
        return err_set(e, ERR_DATA, "the key of %.200s is too long for an object store", path);
    rc = send_until(r, url, NULL, path, e);
    free(url);
    if (rc)
        return -1;
    s3_request_take_meta(r);
    *meta = r->meta;
    return 0;
}
