/* SPDX-License-Identifier: MIT */
#include "store/s3_list.h"

#include <expat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"

#define PAGE "1000"
#define PAGE_BYTES_MAX ((size_t)16 << 20)
#define TOKEN_MAX 2048

/* The element that a text belongs to. */
enum element { NO_ELEMENT, KEY, ETAG, SIZE, MODIFIED, TRUNCATED, NEXT_TOKEN, ELEMENTS };

static const char *const elements[ELEMENTS] = {
    [NO_ELEMENT] = "", [KEY] = "Key", [ETAG] = "ETag", [SIZE] = "Size", [MODIFIED] = "LastModified",
    [TRUNCATED] = "IsTruncated", [NEXT_TOKEN] = "NextContinuationToken"};

struct s3_page {
    struct s3_request *request;
    const struct s3_listing *listing;
    struct buf text;
    char values[ELEMENTS][TOKEN_MAX]; /* of the current object; those of the page */
    char last[TOKEN_MAX];
    char token[TOKEN_MAX];
    bool truncated;
    int rc; /* of `each` */
};

static size_t take_page(char *data, size_t size, size_t count, void *ctx)
{
    struct s3_page *p = ctx;

    buf_add(&p->text, data, size * count);
    return p->text.failed ? 0 : size * count;
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

/* Send a request until it succeeds. p null: only the headers are of interest.
 */
static int send_until(struct s3_request *r, const char *url, struct s3_page *p, const char *what,
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
        if (p)
            buf_clear(&p->text);
        curl_easy_setopt(r->easy, CURLOPT_NOBODY, p ? 0L : 1L);
        curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, p ? take_page : take_nothing);
        curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, p);
        code = curl_easy_perform(r->easy);
        if (p && p->text.data)
            s3_request_take_error(r, p->text.data, p->text.len);
        v = s3_request_judge(r, code, what, &wait, e);
    } while (v == S3_REPEAT);
    return v == S3_GOOD ? 0 : -1;
}

/* "2026-11-29T02:12:50.000Z"; fractions are left out, as HTTP's dates have
 * none. */
static int64_t parse_time(const char *text)
{
    struct tm t = {0};

    return strptime(text, "%Y-%m-%dT%H:%M:%S", &t) ? (int64_t)timegm(&t) : -1;
}

/* The path beneath the root, or null if the key is not an object there. */
static const char *path_of(const struct s3_page *p, const char *key)
{
    const char *prefix = p->request->s3->prefix;
    size_t len = strlen(prefix);

    if (!*key || key[strlen(key) - 1] == '/')
        return NULL;
    if (len == 0)
        return key;
    return strncmp(key, prefix, len) == 0 && key[len] == '/' ? key + len + 1 : NULL;
}

static int take_object(struct s3_page *p, struct err *e)
{
    const char *key = p->values[KEY], *path = path_of(p, key), *etag = p->values[ETAG];
    struct s3_meta m = {0};

    if (strcmp(key, p->last) <= 0)
        return err_set(e, ERR_AWAY, "the object store lists %s after %s: it is not in order", key,
                       p->last);
    snprintf(p->last, sizeof p->last, "%s", key);
    if (!path)
        return 0;
    if (!num_parse(p->values[SIZE], strlen(p->values[SIZE]), INT64_MAX, &m.size))
        return err_set(e, ERR_AWAY, "the object store lists %s without a size", key);
    s3_request_take_etag(&m, etag, strlen(etag));
    m.mtime_ns = s3_stamp(parse_time(p->values[MODIFIED]), m.etag);
    return p->listing->each(p->listing->ctx, path, &m, e);
}

/* A page while expat reads it. */
struct reading {
    struct s3_page *page;
    XML_Parser parser;
    enum element element; /* the one that the parser is in */
    struct err *e;
    int rc;
};

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

static enum element element_of(const char *name)
{
    for (int i = 1; i < ELEMENTS; i++)
        if (strcmp(name, elements[i]) == 0)
            return (enum element)i;
    return NO_ELEMENT;
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attributes)
{
    struct reading *r = ctx;

    (void)attributes;
    name = local_name(name);
    r->element = element_of(name);
    if (strcmp(name, "Contents") == 0)
        memset(r->page->values, 0, sizeof r->page->values[0] * TRUNCATED);
}

static void XMLCALL on_text(void *ctx, const char *text, int len)
{
    struct reading *r = ctx;
    char *value = r->page->values[r->element];
    size_t used = strlen(value);

    snprintf(value + used, TOKEN_MAX - used, "%.*s", len, text);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
    struct reading *r = ctx;

    r->element = NO_ELEMENT;
    if (r->rc || strcmp(local_name(name), "Contents") != 0)
        return;
    r->rc = take_object(r->page, r->e);
    if (r->rc)
        XML_StopParser(r->parser, XML_FALSE);
}

/* A list has no document type, and without one there are no entities to expand.
 */
static void XMLCALL on_doctype(void *ctx, const char *name, const char *system_id,
                               const char *public_id, int internal)
{
    struct reading *r = ctx;

    (void)name, (void)system_id, (void)public_id, (void)internal;
    XML_StopParser(r->parser, XML_FALSE);
}

static int parse_page(struct s3_page *p, struct err *e)
{
    struct reading r = {.page = p, .parser = XML_ParserCreate(NULL), .e = e};
    bool good;

    if (!r.parser)
        return err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    memset(p->values, 0, sizeof p->values);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    good = XML_Parse(r.parser, p->text.data ? p->text.data : "", (int)p->text.len, XML_TRUE) ==
           XML_STATUS_OK;
    XML_ParserFree(r.parser);
    p->truncated = strcmp(p->values[TRUNCATED], "true") == 0;
    snprintf(p->token, sizeof p->token, "%s", p->values[NEXT_TOKEN]);
    if (r.rc == 0 && (!good || !p->values[TRUNCATED][0]))
        return err_set(e, ERR_AWAY, "the object store sent a list that is no ListBucketResult");
    return r.rc;
}

static int ask_page(struct s3_page *p, struct err *e)
{
    const struct s3_listing *l = p->listing;
    char prefix[S3_KEY_MAX + 2];
    const char *query[6][2];
    size_t count = 0;
    char *url;
    int rc;

    if (!s3_key(p->request->s3, l->folder, prefix))
        return err_set(e, ERR_DATA, "the folder %s is too long for an object store", l->folder);
    if (*prefix)
        snprintf(prefix + strlen(prefix), 2, "/");
    if (p->token[0])
        query[count][0] = "continuation-token", query[count++][1] = p->token;
    if (!l->deep)
        query[count][0] = "delimiter", query[count++][1] = "/";
    query[count][0] = "list-type", query[count++][1] = "2";
    query[count][0] = "max-keys", query[count++][1] = PAGE;
    query[count][0] = "prefix", query[count++][1] = prefix;
    if (p->last[0] && !p->token[0])
        query[count][0] = "start-after", query[count++][1] = p->last;
    url = s3_list_url(p->request->s3, query, count);
    if (!url)
        return err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    rc = send_until(p->request, url, p, "the list of objects", e);
    free(url);
    return rc;
}

int s3_list(struct s3_request *r, const struct s3_listing *l, bool *complete, struct err *e)
{
    struct s3_page *p = calloc(1, sizeof *p);
    int rc;

    *complete = false;
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    p->request = r;
    p->listing = l;
    buf_init(&p->text, PAGE_BYTES_MAX);
    p->truncated = true;
    for (unsigned page = 0; (rc = ask_page(p, e)) == 0 && (rc = parse_page(p, e)) == 0;)
        if (!p->truncated || ++page == l->pages)
            break;
    *complete = rc == 0 && !p->truncated;
    buf_release(&p->text);
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
