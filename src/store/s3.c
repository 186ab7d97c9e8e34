/* SPDX-License-Identifier: MIT */
#include "store/s3.h"

#include <curl/curl.h>

#include "base/buf.h"
#include "base/crc.h"
#include "base/io.h"
#include "base/percent.h"
#include "store/s3_credentials.h"

#define NS_PER_S 1000000000
#define URL_MAX ((size_t)16 << 10)

/* Cut s3://BUCKET/PREFIX. */
static int take_bucket(struct s3 *s, const struct conf_root *r, struct err *e)
{
    const char *place = r->path + strlen(CONF_S3_SCHEME), *slash = place + strcspn(place, "/");
    size_t len = strlen(slash);

    if (slash == place ||
        strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") <
            (size_t)(slash - place))
        return err_set(e, ERR_CONFIG, "root.%s: \"%s\" does not name a bucket: s3://BUCKET/PREFIX",
                       r->name, r->path);
    while (*slash == '/')
        slash++, len--;
    while (len && slash[len - 1] == '/')
        len--;
    s->bucket = strndup(place, strcspn(place, "/"));
    s->prefix = strndup(slash, len);
    if (asprintf(&s->signature, "aws:amz:%s:s3", s->conf->region) < 0)
        s->signature = NULL;
    return s->bucket && s->prefix && s->signature
               ? 0
               : err_set(e, ERR_MEMORY, "no memory left for an object store");
}

int s3_open(const struct conf *c, const struct conf_root *r, struct s3 **out, struct err *e)
{
    struct s3 *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory left for an object store");
    s->conf = conf_s3_of(&c->s3, r->name);
    if (!s->conf) {
        free(s);
        return err_set(e, ERR_CONFIG, "s3.%s.endpoint is missing", r->name);
    }
    if (take_bucket(s, r, e) || s3_credentials_open(s->conf, &s->credentials, e)) {
        s3_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void s3_close(struct s3 *s)
{
    if (!s)
        return;
    free(s->bucket);
    free(s->prefix);
    free(s->signature);
    s3_credentials_close(s->credentials);
    free(s);
}

int64_t s3_stamp(int64_t seconds, const char *etag)
{
    if (seconds < 0 || seconds > INT64_MAX / NS_PER_S - 1)
        seconds = 0;
    return seconds * NS_PER_S + crc_update(0, etag, strlen(etag)) % NS_PER_S;
}

const char *s3_key(const struct s3 *s, const char *path, char out[S3_KEY_MAX + 1])
{
    int n =
        snprintf(out, S3_KEY_MAX + 1, "%s%s%s", s->prefix, *s->prefix && *path ? "/" : "", path);

    return n >= 0 && n <= S3_KEY_MAX ? out : NULL;
}

/* Unreserved characters and slashes stay (RFC 3986 2.3), as the signature
 * requires. */
static void add_escaped(struct buf *url, const char *key, bool slashes)
{
    for (; *key; key++) {
        char c[PERCENT_MAX];

        buf_add(url, c, percent_encode(c, *key, slashes ? "/" : ""));
    }
}

/* Append the address of the bucket, without a slash at its end. */
static void add_bucket(struct buf *url, const struct s3 *s)
{
    const char *endpoint = s->conf->endpoint, *host = strstr(endpoint, "://") + 3;

    if (s->conf->addressing == CONF_S3_HOST)
        buf_printf(url, "%.*s%s.%s", (int)(host - endpoint), endpoint, s->bucket, host);
    else
        buf_printf(url, "%s/%s", endpoint, s->bucket);
}

char *s3_list_url(const struct s3 *s, const char *const (*query)[2], size_t count)
{
    struct buf url;

    buf_init(&url, URL_MAX);
    add_bucket(&url, s);
    if (s->conf->addressing == CONF_S3_HOST)
        buf_add(&url, "/", 1);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&url, "%s%s=", i ? "&" : "?", query[i][0]);
        add_escaped(&url, query[i][1], false);
    }
    if (!url.failed)
        return url.data;
    buf_release(&url);
    return NULL;
}

bool s3_url_has_dots(const char *url)
{
    for (const char *at = strchr(url, '/'); at && *at != '?'; at = strpbrk(at + 1, "/?")) {
        size_t dots = strspn(at + 1, ".");
        char end = at[1 + dots];

        if ((dots == 1 || dots == 2) && (end == '/' || end == '?' || end == '\0'))
            return true;
    }
    return false;
}

char *s3_url(const struct s3 *s, const char *path)
{
    char key[S3_KEY_MAX + 1];
    struct buf url;

    if (!s3_key(s, path, key))
        return NULL;
    buf_init(&url, URL_MAX);
    add_bucket(&url, s);
    buf_add(&url, "/", 1);
    add_escaped(&url, key, true);
    if (!url.failed)
        return url.data;
    buf_release(&url);
    return NULL;
}
