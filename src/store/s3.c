/* SPDX-License-Identifier: MIT */
#include "store/s3.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc.h"
#include "base/io.h"
#include "base/percent.h"

#define FILE_MAX ((size_t)64 << 10)
#define NS_PER_S 1000000000
#define URL_MAX ((size_t)16 << 10)

/* Names in the environment, and in upper case those of Amazon's credentials files. */
static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};
enum { KEY_ID, SECRET, TOKEN, NAMES };

struct credentials {
    char *text; /* of the file, cut into values */
    const char *values[NAMES];
};

static char *trimmed(char *s)
{
    size_t len;

    s += strspn(s, " \t\r");
    for (len = strlen(s); len && strchr(" \t\r", s[len - 1]); len--)
        s[len - 1] = '\0';
    return s;
}

/* The first section that has the keys counts; other lines are left alone. */
static void take_credential(struct credentials *c, char *line)
{
    char *sign = strchr(line, '=');

    if (!sign)
        return;
    *sign = '\0';
    for (int i = 0; i < NAMES; i++)
        if (!c->values[i] && strcasecmp(trimmed(line), names[i]) == 0)
            c->values[i] = trimmed(sign + 1);
}

static int read_credentials(struct credentials *c, const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    ssize_t n;
    char *rest;

    if (fd < 0 || fstat(fd, &st))
        return err_sys(e, ERR_CONFIG, "cannot open the credentials %s", path);
    if (st.st_mode & 0007) {
        io_close(&fd);
        return err_set(e, ERR_CONFIG, "everybody may read the credentials %s: chmod o= it", path);
    }
    c->text = calloc(1, FILE_MAX);
    n = c->text ? io_pread(fd, c->text, FILE_MAX - 1, 0) : -1;
    io_close(&fd);
    if (n < 0)
        return err_sys(e, ERR_CONFIG, "cannot read the credentials %s", path);
    rest = c->text;
    for (char *line; (line = strsep(&rest, "\n"));)
        take_credential(c, line);
    return 0;
}

static int keep(struct s3 *s, const struct credentials *c, const char *from, struct err *e)
{
    if (!c->values[KEY_ID] || !c->values[SECRET] || !*c->values[KEY_ID] || !*c->values[SECRET])
        return err_set(e, ERR_CONFIG, "s3.%s.credentials: there is no %s and %s in %s", s->conf->name, names[KEY_ID],
                       names[SECRET], from);
    if (strchr(c->values[KEY_ID], ':'))
        return err_set(e, ERR_CONFIG, "s3.%s.credentials: %s has a colon", s->conf->name, names[KEY_ID]);
    if (asprintf(&s->user, "%s:%s", c->values[KEY_ID], c->values[SECRET]) < 0)
        s->user = NULL;
    if (c->values[TOKEN] && *c->values[TOKEN])
        s->token = strdup(c->values[TOKEN]);
    return s->user ? 0 : err_set(e, ERR_MEMORY, "no memory left for credentials");
}

static int find_credentials(struct s3 *s, struct err *e)
{
    const char *from = s->conf->credentials;
    struct credentials c = {0};
    int rc = 0;

    if (strcmp(from, CONF_S3_ENVIRONMENT) == 0)
        for (int i = 0; i < NAMES; i++)
            c.values[i] = getenv(names[i]);
    else
        rc = read_credentials(&c, from, e);
    if (rc == 0)
        rc = keep(s, &c, from, e);
    if (c.text)
        explicit_bzero(c.text, FILE_MAX);
    free(c.text);
    return rc;
}

/* Cut s3://BUCKET/PREFIX. */
static int take_bucket(struct s3 *s, const struct conf_root *r, struct err *e)
{
    const char *place = r->path + strlen(CONF_S3_SCHEME), *slash = place + strcspn(place, "/");
    size_t len = strlen(slash);

    if (slash == place || strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") <
                              (size_t)(slash - place))
        return err_set(e, ERR_CONFIG, "root.%s: \"%s\" does not name a bucket: s3://BUCKET/PREFIX", r->name, r->path);
    while (*slash == '/')
        slash++, len--;
    while (len && slash[len - 1] == '/')
        len--;
    s->bucket = strndup(place, strcspn(place, "/"));
    s->prefix = strndup(slash, len);
    if (asprintf(&s->signature, "aws:amz:%s:s3", s->conf->region) < 0)
        s->signature = NULL;
    return s->bucket && s->prefix && s->signature ? 0 : err_set(e, ERR_MEMORY, "no memory left for an object store");
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
    if (take_bucket(s, r, e) || find_credentials(s, e)) {
        s3_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void s3_close(struct s3 *s)
{
    if (!s)
        return;
    free(s->bucket);
    free(s->prefix);
    free(s->signature);
    wipe(s->user);
    wipe(s->token);
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
    int n = snprintf(out, S3_KEY_MAX + 1, "%s%s%s", s->prefix, *s->prefix && *path ? "/" : "", path);

    return n >= 0 && n <= S3_KEY_MAX ? out : NULL;
}

/* Unreserved characters and slashes stay (RFC 3986 2.3), as the signature requires. */
static void add_escaped(struct buf *url, const char *key, bool slashes)
{
    for (; *key; key++) {
        char c[PERCENT_MAX];

        buf_add(url, c, percent_encode(c, *key, slashes ? "/" : ""));
    }
}

char *s3_list_url(const struct s3 *s, const char *const (*query)[2], size_t count)
{
    struct buf url;

    buf_init(&url, URL_MAX);
    buf_printf(&url, "%s/%s", s->conf->endpoint, s->bucket);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&url, "%s%s=", i ? "&" : "?", query[i][0]);
        add_escaped(&url, query[i][1], false);
    }
    if (!url.failed)
        return url.data;
    buf_release(&url);
    return NULL;
}

char *s3_url(const struct s3 *s, const char *path)
{
    char key[S3_KEY_MAX + 1];
    struct buf url;

    if (!s3_key(s, path, key))
        return NULL;
    buf_init(&url, URL_MAX);
    buf_printf(&url, "%s/%s/", s->conf->endpoint, s->bucket);
    add_escaped(&url, key, true);
    if (!url.failed)
        return url.data;
    buf_release(&url);
    return NULL;
}
