/* SPDX-License-Identifier: MIT */
#include "store/s3_page.h"

#include <expat.h>
#include <time.h>

#include "base/num.h"
#include "base/percent.h"
#include "store/s3_request.h"

#define PAGE "1000" /* objects */

/* The element that a text belongs to. */
enum element { NO_ELEMENT, KEY, ETAG, SIZE, MODIFIED, TRUNCATED, NEXT_TOKEN, ELEMENTS };

static const char *const elements[ELEMENTS] = {[NO_ELEMENT] = "",
                                               [KEY] = "Key",
                                               [ETAG] = "ETag",
                                               [SIZE] = "Size",
                                               [MODIFIED] = "LastModified",
                                               [TRUNCATED] = "IsTruncated",
                                               [NEXT_TOKEN] = "NextContinuationToken"};

/* A page while expat reads it. */
struct reading {
    struct s3_page *page;
    XML_Parser parser;
    bool encoded;                            /* keys are */
    enum element element;                    /* the one that the parser is in */
    char values[ELEMENTS][S3_PAGE_TEXT_MAX]; /* of the current object; those of the page */
    struct err *e;
};

char *s3_page_url(const struct s3 *s, const char *prefix, const char *token, const char *after)
{
    const char *query[6][2];
    size_t count = 0;

    if (*token)
        query[count][0] = "continuation-token", query[count++][1] = token;
    query[count][0] = "encoding-type", query[count++][1] = "url";
    query[count][0] = "list-type", query[count++][1] = "2";
    query[count][0] = "max-keys", query[count++][1] = PAGE;
    query[count][0] = "prefix", query[count++][1] = prefix;
    if (*after && !*token)
        query[count][0] = "start-after", query[count++][1] = after;
    return s3_list_url(s, query, count);
}

/* "2026-11-29T02:12:50.000Z"; fractions are left out, as HTTP's dates have
 * none. */
static int64_t parse_time(const char *text)
{
    struct tm t = {0};

    return strptime(text, "%Y-%m-%dT%H:%M:%S", &t) ? (int64_t)timegm(&t) : -1;
}

/* The path beneath the root, or null if the key is not an object there. */
static const char *path_of(const struct s3 *s, const char *key)
{
    size_t len = strlen(s->prefix);

    if (!*key || key[strlen(key) - 1] == '/')
        return NULL;
    if (len == 0)
        return key;
    return strncmp(key, s->prefix, len) == 0 && key[len] == '/' ? key + len + 1 : NULL;
}

/* Decode a key in place. A space is "+" in some stores, "%20" in others. */
static bool decode_key(char *key)
{
    char *out = key;

    for (size_t left = strlen(key), n; left > 0; key += n, left -= n, out++) {
        char c;

        n = percent_decode(key, left, &c);
        if (n == 0 || c == '\0')
            return false;
        *out = c == '+' && n == 1 ? ' ' : c;
    }
    *out = '\0';
    return true;
}

static int read_contents(struct reading *r)
{
    struct s3_page *p = r->page;
    const char *key = r->values[KEY], *path, *etag = r->values[ETAG];
    struct s3_meta m = {0};

    if (r->encoded && !decode_key(r->values[KEY]))
        return err_set(r->e, ERR_AWAY, "the object store lists a key with a broken escape after %s",
                       p->last);
    path = path_of(p->s3, key);
    if (strcmp(key, p->last) <= 0)
        return err_set(r->e, ERR_AWAY, "the object store lists %s after %s: it is not in order",
                       key, p->last);
    snprintf(p->last, sizeof p->last, "%s", key);
    if (!path)
        return 0;
    if (!num_parse(r->values[SIZE], strlen(r->values[SIZE]), INT64_MAX, &m.size))
        return err_set(r->e, ERR_AWAY, "the object store lists %s without a size", key);
    s3_request_take_etag(&m, etag, strlen(etag));
    m.mtime_ns = s3_stamp(parse_time(r->values[MODIFIED]), m.etag);
    return p->each(p->ctx, path, &m, r->e);
}

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
        memset(r->values, 0, sizeof r->values[0] * TRUNCATED);
}

static void XMLCALL on_text(void *ctx, const char *text, int len)
{
    struct reading *r = ctx;
    char *value = r->values[r->element];
    size_t used = strlen(value);

    snprintf(value + used, S3_PAGE_TEXT_MAX - used, "%.*s", len, text);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
    struct reading *r = ctx;

    r->element = NO_ELEMENT;
    if (r->page->rc || strcmp(local_name(name), "Contents") != 0)
        return;
    r->page->rc = read_contents(r);
    if (r->page->rc)
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

/* Return whether keys are encoded, as was asked: some stores ignore it. The element may follow the
 * objects. */
static bool has_encoded_keys(const char *text, size_t len)
{
    static const char element[] = "EncodingType>url</";

    return memmem(text, len, element, sizeof element - 1) != NULL;
}

static bool parse_text(struct reading *r, const char *text, size_t len)
{
    bool good;

    r->encoded = has_encoded_keys(text, len);

    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    good = XML_Parse(r->parser, text, (int)len, XML_TRUE) == XML_STATUS_OK;
    XML_ParserFree(r->parser);
    return good;
}

/* Take what follows the objects: whether there are more, and where. */
static int take_page_end(struct reading *r, const char *last)
{
    struct s3_page *p = r->page;

    if (!*r->values[TRUNCATED])
        return err_set(r->e, ERR_AWAY, "the object store sent a list that is no ListBucketResult");
    p->truncated = strcmp(r->values[TRUNCATED], "true") == 0;
    if (p->truncated && strcmp(p->last, last) == 0 && strcmp(p->token, r->values[NEXT_TOKEN]) == 0)
        return err_set(r->e, ERR_AWAY, "the object store repeats a page of its list after %s",
                       *last ? last : "its beginning");
    memcpy(p->token, r->values[NEXT_TOKEN], sizeof p->token);
    return 0;
}

int s3_page_parse(struct s3_page *p, const char *text, size_t len, struct err *e)
{
    struct reading *r = calloc(1, sizeof *r);
    char last[S3_PAGE_TEXT_MAX];
    int rc;

    if (r)
        r->parser = XML_ParserCreate(NULL);
    if (!r || !r->parser) {
        free(r);
        return err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    }
    r->page = p;
    r->e = e;
    memcpy(last, p->last, sizeof last);
    if (parse_text(r, text, len))
        rc = take_page_end(r, last);
    else
        rc = p->rc
                 ? p->rc
                 : err_set(e, ERR_AWAY, "the object store sent a list that is no ListBucketResult");
    free(r);
    return rc;
}
