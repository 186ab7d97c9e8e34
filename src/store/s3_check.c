/* SPDX-License-Identifier: MIT */
#include "store/s3_check.h"

#include <errno.h>

#include "base/mem.h"
#include "store/s3_page.h"

#define RANGES_MAX ((size_t)1 << 26)
#define PAGE_WANTED 900 /* objects requested by a page of 1,000: others may lie in between */
#define FEW 8           /* a page costs the store more than so many single looks */
#define RUNNING_MAX 256 /* requests submitted and not taken */

/* Objects [first, end) that are not known yet. */
struct s3_check_range {
    size_t first, end;
    bool listed; /* by pages; else one by one */
};

struct s3_check_request {
    struct s3_check_range range;
    struct s3_part *part;
};

/* The work of s3_check(). */
struct s3_checking {
    struct s3_versions *versions;
    const struct s3 *s3;
    struct s3_fetch *fetch;
    struct s3_check_range *waiting; /* to be requested, the last one first */
    size_t waiting_count, waiting_room;
    struct s3_check_request running[RUNNING_MAX]; /* a ring, in the order of submission */
    size_t oldest, running_count;
    struct s3_page page;
    size_t not_listed; /* objects that pages lack */
    size_t cursor;     /* of the page that is being read: objects before it are known */
};

static int push(struct s3_checking *r, size_t first, size_t end, bool listed, struct err *e)
{
    if (mem_grow(&r->waiting, &r->waiting_room, r->waiting_count + 1,
                 MEM_ELEMENTS(*r->waiting, RANGES_MAX, "requests to the object store"), e))
        return -1;
    r->waiting[r->waiting_count++] = (struct s3_check_range){first, end, listed && end - first > 1};
    return 0;
}

/* Push [first, end) as pages of about the same number of objects, `most` at
 * most. */
static int push_pages(struct s3_checking *r, size_t first, size_t end, size_t most, struct err *e)
{
    size_t pages = (end - first + most - 1) / most;

    for (size_t i = pages; i-- > 0;)
        if (push(r, first + (end - first) * i / pages, first + (end - first) * (i + 1) / pages,
                 true, e))
            return -1;
    return 0;
}

static size_t folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

static bool is_same_folder(const struct s3_versions *v, size_t i, size_t k)
{
    size_t len = folder_len(s3_versions_path(v, i));

    return len == folder_len(s3_versions_path(v, k)) &&
           memcmp(s3_versions_path(v, i), s3_versions_path(v, k), len) == 0;
}

static size_t end_of_folder(const struct s3_versions *v, size_t first, size_t end)
{
    size_t i = first + 1;

    while (i < end && is_same_folder(v, first, i))
        i++;
    return i;
}

static size_t s3_check_folders(const struct s3_versions *v, size_t first, size_t end)
{
    size_t count = 0;

    for (; first < end; first = end_of_folder(v, first, end))
        count++;
    return count;
}

static int push_by_folder(struct s3_checking *r, size_t first, size_t end, struct err *e)
{
    for (size_t stop; first < end; first = stop) {
        stop = end_of_folder(r->versions, first, end);
        if (push_pages(r, first, stop, PAGE_WANTED, e))
            return -1;
    }
    return 0;
}

/*
 * A page ended before the range because other objects lie in between; `found` of
 * the range were on it. Go on with the way that takes the fewest requests.
 */
static int push_rest(struct s3_checking *r, size_t first, size_t end, size_t found, struct err *e)
{
    size_t folders = s3_check_folders(r->versions, first, end);
    size_t pages = found >= FEW ? (end - first + found - 1) / found : SIZE_MAX;

    if (folders > 1 && folders < pages)
        return push_by_folder(r, first, end, e);
    return pages < SIZE_MAX ? push_pages(r, first, end, found, e) : push(r, first, end, false, e);
}

/* Push all objects that are not known. */
static int push_unknown(struct s3_checking *r, struct err *e)
{
    const struct s3_versions *v = r->versions;
    size_t unknown = 0, end;

    for (size_t i = 0; i < v->count; i++)
        unknown += v->of[i].state == S3_VERSION_UNKNOWN;
    for (size_t i = 0; unknown && i < v->count; i = end) {
        end = i + 1;
        if (v->of[i].state != S3_VERSION_UNKNOWN)
            continue;
        while (end < v->count && v->of[end].state == S3_VERSION_UNKNOWN)
            end++;
        if (r->s3->conf->check == CONF_S3_CHECK_HEAD || unknown <= FEW
                ? push(r, i, end, false, e)
                : push_pages(r, i, end, PAGE_WANTED, e))
            return -1;
    }
    return 0;
}

static void miss(struct s3_checking *r)
{
    r->versions->of[r->cursor++].state = S3_VERSION_MISSING;
    r->not_listed++;
}

/* An object of a page. Wanted ones that come before it do not exist. */
static int match_object(void *ctx, const char *path, const struct s3_meta *meta, struct err *e)
{
    struct s3_checking *r = ctx;
    const struct s3_check_range *wanted = &r->running[r->oldest].range;
    int order = -1;

    while (r->cursor < wanted->end &&
           (order = strcmp(s3_versions_path(r->versions, r->cursor), path)) < 0)
        miss(r);
    if (r->cursor == wanted->end || order > 0)
        return 0;
    return s3_versions_set(r->versions, r->cursor++, meta, e);
}

static int match_page(struct s3_checking *r, const struct s3_check_request *q, struct err *e)
{
    const struct buf *text = s3_fetch_text(q->part);

    r->page = (struct s3_page){.s3 = r->s3, .each = match_object, .ctx = r};
    r->cursor = q->range.first;
    if (s3_page_parse(&r->page, text->data ? text->data : "", text->len, e))
        return -1;
    if (r->page.truncated && r->cursor < q->range.end)
        return push_rest(r, r->cursor, q->range.end, r->cursor - q->range.first, e);
    while (r->cursor < q->range.end)
        miss(r);
    return 0;
}

/*
 * Write the prefix of the keys of a range, the folder above all of them, and a key
 * just before the first: itself without its last character.
 */
static int page_bounds(const struct s3_checking *r, const struct s3_check_range *w,
                       char prefix[S3_KEY_MAX + 1], char after[S3_KEY_MAX + 1], struct err *e)
{
    const char *path = s3_versions_path(r->versions, w->first),
               *last = s3_versions_path(r->versions, w->end - 1);
    size_t same = 0;

    if (!s3_key(r->s3, path, after) || !s3_key(r->s3, last, prefix))
        return err_set(e, ERR_DATA, "the key of %.200s is too long for an object store", path);
    while (after[same] && after[same] == prefix[same])
        same++;
    while (same && prefix[same - 1] != '/')
        same--;
    prefix[same] = '\0';
    same = strlen(after);
    do
        same--;
    while (same && ((uint8_t)after[same] & 0xc0) == 0x80);
    after[same] = '\0';
    return 0;
}

static struct s3_part *request_page(const struct s3_checking *r, const struct s3_check_range *w,
                                    struct err *e)
{
    char prefix[S3_KEY_MAX + 1], after[S3_KEY_MAX + 1];
    struct s3_part *part;
    char *url;

    if (page_bounds(r, w, prefix, after, e))
        return NULL;
    url = s3_page_url(r->s3, prefix, "", after);
    if (!url) {
        (void)err_set(e, ERR_MEMORY, "no memory left for a list of objects");
        return NULL;
    }
    part = s3_fetch_page(r->fetch, url, e);
    free(url);
    return part;
}

/* Submit a page, or the first object, of the last waiting range. */
static int s3_check_submit(struct s3_checking *r, struct err *e)
{
    struct s3_check_range *w = &r->waiting[r->waiting_count - 1];
    struct s3_check_request *q = &r->running[(r->oldest + r->running_count) % RUNNING_MAX];

    q->range = *w;
    if (!w->listed)
        q->range.end = w->first + 1;
    q->part = w->listed ? request_page(r, w, e)
                        : s3_fetch_head(r->fetch, s3_versions_path(r->versions, w->first), e);
    if (!q->part)
        return -1;
    w->first = q->range.end;
    r->waiting_count -= w->first == w->end;
    r->running_count++;
    return 0;
}

static int s3_check_take(struct s3_checking *r, struct err *e)
{
    const struct s3_check_request *q = &r->running[r->oldest];
    struct err why = ERR_INIT;
    struct s3_meta meta;

    if (s3_fetch_wait(r->fetch, q->part, &meta, &why)) {
        if (q->range.listed || why.sys != ENOENT)
            return err_pass(e, &why);
        r->versions->of[q->range.first].state = S3_VERSION_MISSING;
        return 0;
    }
    return q->range.listed ? match_page(r, q, e)
                           : s3_versions_set(r->versions, q->range.first, &meta, e);
}

static void drop_oldest(struct s3_checking *r)
{
    s3_fetch_drop(r->fetch, r->running[r->oldest].part);
    r->oldest = (r->oldest + 1) % RUNNING_MAX;
    r->running_count--;
}

/* Twice as many as connections, so that none of them waits for the oldest. */
static size_t most_running(const struct s3_checking *r)
{
    uint64_t most = 2 * r->s3->conf->connections;

    return most < RUNNING_MAX ? (size_t)most : RUNNING_MAX;
}

static int work(struct s3_checking *r, struct err *e)
{
    int rc = 0;

    while (rc == 0 && (r->waiting_count || r->running_count)) {
        if (r->waiting_count && r->running_count < most_running(r)) {
            rc = s3_check_submit(r, e);
            continue;
        }
        rc = s3_check_take(r, e);
        drop_oldest(r);
    }
    while (r->running_count)
        drop_oldest(r);
    return rc;
}

/* A list may not have the newest objects yet (Swift). A few that it lacks are
 * looked at. */
static int confirm_missing(struct s3_checking *r, struct err *e)
{
    const struct s3_versions *v = r->versions;

    for (size_t i = 0; i < v->count; i++)
        if (v->of[i].state == S3_VERSION_MISSING && push(r, i, i + 1, false, e))
            return -1;
    return work(r, e);
}

int s3_check(struct s3_versions *v, const struct s3 *s, struct s3_fetch *f, struct err *e)
{
    struct s3_checking *r = calloc(1, sizeof *r);
    int rc;

    if (!r)
        return err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    r->versions = v;
    r->s3 = s;
    r->fetch = f;
    s3_versions_sort(v);
    rc = push_unknown(r, e);
    if (rc == 0)
        rc = work(r, e);
    if (rc == 0 && r->not_listed && r->not_listed <= FEW)
        rc = confirm_missing(r, e);
    free(r->waiting);
    free(r);
    return rc;
}
