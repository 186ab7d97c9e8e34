/* SPDX-License-Identifier: MIT */
#include "store/s3_request.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/io.h"
#include "base/num.h"
#include "store/s3_credentials.h"
#include "store/s3_signature.h"

#define CONNECT_MS 5000L
#define STALL_SECONDS 10L /* without a byte */
#define SIGNATURE_MAX ((size_t)4 << 10)
#define FIRST_WAIT 0.1    /* seconds before the second attempt; doubled for each further one */
#define LONGEST_WAIT 5.0
#define SKEWED "RequestTimeTooSkewed"

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL does not write with MSG_NOSIGNAL */
}

/* Return the value if the line is the field `name:`. */
static const char *field_value(const char *line, size_t len, const char *name, size_t *value_len)
{
    size_t n = strlen(name);

    if (len <= n || strncasecmp(line, name, n) != 0)
        return NULL;
    while (n < len && (line[n] == ' ' || line[n] == '\t'))
        n++;
    while (len > n && strchr("\r\n \t", line[len - 1]))
        len--;
    *value_len = len - n;
    return line + n;
}

void s3_request_take_etag(struct s3_meta *m, const char *value, size_t len)
{
    if (len > 2 && memcmp(value, "W/", 2) == 0)
        value += 2, len -= 2;
    if (len >= 2 && value[0] == '"' && value[len - 1] == '"')
        value++, len -= 2;
    if (len < sizeof m->etag) {
        memcpy(m->etag, value, len);
        m->etag[len] = '\0';
    }
}

/* Returns seconds since 1970, -1 if it is not a date. */
static int64_t parse_date(const char *value, size_t len)
{
    char text[64];

    if (len >= sizeof text)
        return -1;
    memcpy(text, value, len);
    text[len] = '\0';
    return (int64_t)curl_getdate(text, NULL);
}

static size_t take_response_header(char *line, size_t size, size_t count, void *ctx)
{
    struct s3_request *r = ctx;
    size_t len = size * count, n;
    const char *value;

    if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
        r->meta = (struct s3_meta){.mtime_ns = -1};
        r->has_total = false;
        r->region[0] = '\0';
        r->date = -1;
    } else if ((value = field_value(line, len, "etag:", &n))) {
        s3_request_take_etag(&r->meta, value, n);
    } else if ((value = field_value(line, len, "last-modified:", &n))) {
        r->meta.mtime_ns = parse_date(value, n);
    } else if ((value = field_value(line, len, "date:", &n))) {
        r->date = parse_date(value, n);
    } else if ((value = field_value(line, len, "x-amz-bucket-region:", &n))) {
        snprintf(r->region, sizeof r->region, "%.*s", (int)n, value);
    } else if ((value = field_value(line, len, "content-range:", &n)) && memchr(value, '/', n)) {
        const char *total = (const char *)memchr(value, '/', n) + 1;

        r->has_total = num_parse(total, n - (size_t)(total - value), UINT64_MAX, &r->meta.size);
    }
    return len;
}

void s3_request_take_meta(struct s3_request *r)
{
    curl_off_t length = -1;

    curl_easy_getinfo(r->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (!r->has_total && length >= 0)
        r->meta.size = (uint64_t)length;
    r->meta.mtime_ns = s3_stamp(r->meta.mtime_ns, r->meta.etag);
}

static int add_request_header(struct s3_request *r, const char *name, const char *value,
                              const char *quote)
{
    struct curl_slist *more;
    char *line;

    if (asprintf(&line, "%s: %s%s%s", name, quote, value, quote) < 0)
        return -1;
    more = curl_slist_append(r->headers, line);
    free(line);
    if (more)
        r->headers = more;
    return more ? 0 : -1;
}

static int set_headers(struct s3_request *r, const char *etag, const char *token)
{
    curl_slist_free_all(r->headers);
    r->headers = NULL;
    /* S3 requires the field; libcurl signs it, but adds it only in newer versions. */
    if (add_request_header(r, "x-amz-content-sha256", S3_SIGNATURE_EMPTY, ""))
        return -1;
    if (*etag && add_request_header(r, "If-Match", etag, "\""))
        return -1;
    return *token && add_request_header(r, "x-amz-security-token", token, "") ? -1 : 0;
}

/* Sign in place of libcurl. */
static int add_signature(struct s3_request *r, const char *url, const struct s3_key *key,
                         struct err *e)
{
    const struct s3_signature s = {url, r->s3->conf->region, key->user, key->token, time(NULL)};
    struct buf fields;
    int rc;

    buf_init(&fields, SIGNATURE_MAX);
    rc = s3_signature_write(&s, &fields, e);
    for (const char *f = fields.data; rc == 0 && f < fields.data + fields.len; f += strlen(f) + 1) {
        struct curl_slist *more = curl_slist_append(r->headers, f);

        if (more)
            r->headers = more;
        else
            rc = err_set(e, ERR_MEMORY, "no memory left for a request to the object store");
    }
    buf_release(&fields);
    return rc;
}

/* Let libcurl sign the request if it does so correctly. */
static int set_signature(struct s3_request *r, const char *url, const struct s3_key *key,
                         struct err *e)
{
    if (s3_signature_due(url))
        return add_signature(r, url, key, e);
    curl_easy_setopt(r->easy, CURLOPT_AWS_SIGV4, r->s3->signature);
    if (curl_easy_setopt(r->easy, CURLOPT_USERPWD, key->user))
        return err_set(e, ERR_MEMORY, "no memory left for a request to the object store");
    return 0;
}

/* Begin with new fields and credentials. */
static int begin_signed(struct s3_request *r, const char *url, const char *etag, struct err *e)
{
    struct s3_key key;
    int rc = 0;

    s3_credentials_get(r->s3->credentials, &key);
    r->version = key.version;
    if (!r->easy || !key.user || !key.token || set_headers(r, etag, key.token))
        rc = err_set(e, ERR_MEMORY, "no memory left for a request to the object store");
    if (rc == 0) {
        curl_easy_reset(r->easy);
        rc = set_signature(r, url, &key, e);
    }
    s3_key_release(&key);
    return rc;
}

int s3_request_begin(struct s3_request *r, const char *url, const char *range, const char *etag,
                     struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    double left = r->deadline - io_now();

    pthread_once(&once, start_curl);
    if (!r->easy)
        r->easy = curl_easy_init();
    if (begin_signed(r, url, etag, e))
        return -1;
    r->body_len = 0;
    r->error[0] = '\0';
    r->meta = (struct s3_meta){.mtime_ns = -1};
    curl_easy_setopt(r->easy, CURLOPT_URL, url);
    curl_easy_setopt(r->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(r->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* Newer libraries sign no such request: it fails with CURLE_BAD_FUNCTION_ARGUMENT. */
    curl_easy_setopt(r->easy, CURLOPT_PATH_AS_IS, s3_url_has_dots(url) ? 1L : 0L);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->easy, CURLOPT_RANGE, range);
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(r->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(r->easy, CURLOPT_TIMEOUT_MS, left > 0.001 ? (long)(left * 1000) : 1L);
    curl_easy_setopt(r->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(r->easy, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    curl_easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->error);
    curl_easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, take_response_header);
    curl_easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
    r->attempts++;
    return 0;
}

void s3_request_release(struct s3_request *r)
{
    curl_slist_free_all(r->headers);
    curl_easy_cleanup(r->easy);
    r->headers = NULL;
    r->easy = NULL;
}

long s3_request_status(const struct s3_request *r)
{
    long status = 0;

    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

void s3_request_take_error(struct s3_request *r, const char *data, size_t len)
{
    size_t room = sizeof r->body - 1 - r->body_len;

    len = len < room ? len : room;
    memcpy(r->body + r->body_len, data, len);
    r->body_len += len;
    r->body[r->body_len] = '\0';
}

/* Return the value of an element of an error's body, which is a name; "" if it is absent. */
static const char *error_value(const struct s3_request *r, const char *element, int *len)
{
    const char *value = r->body_len ? strstr(r->body, element) : NULL;

    *len = 0;
    if (!value)
        return "";
    value += strlen(element);
    *len = (int)strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
    return value;
}

/* The store's own word for an error, such as SlowDown or InvalidAccessKeyId. */
static const char *error_word(const struct s3_request *r, int *len)
{
    return error_value(r, "<Code>", len);
}

/* Amazon's servers name it in a field, MinIO in the body. */
static const char *region_of(const struct s3_request *r, int *len)
{
    *len = (int)strlen(r->region);
    return *len ? r->region : error_value(r, "<Region>", len);
}

static bool is_error(const struct s3_request *r, const char *expected)
{
    int len;
    const char *word = error_word(r, &len);

    return len == (int)strlen(expected) && strncmp(word, expected, (size_t)len) == 0;
}

static enum s3_verdict fail(enum err_kind kind, int sys, const char *what, const char *why,
                            struct err *e)
{
    err_set(e, kind, "%s %s", what, why);
    e->sys = sys;
    return S3_FAILED;
}

/* Return whether another attempt can help. */
static bool is_passing(CURLcode code, long status)
{
    return code == CURLE_OK ? status == 429 || status == 408 || status >= 500
                            : code != CURLE_PEER_FAILED_VERIFICATION;
}

static enum s3_verdict judge_away(struct s3_request *r, CURLcode code, const char *what,
                                  double *wait, struct err *e)
{
    unsigned doublings = r->attempts - 1 < 8 ? r->attempts - 1 : 8;
    const char *word;
    int len;

    *wait = FIRST_WAIT * (double)(1u << doublings);
    *wait = *wait < LONGEST_WAIT ? *wait : LONGEST_WAIT;
    *wait *= 0.5 + (double)(rand() % 1000) / 2000; /* so that not all come back at once */
    if (is_passing(code, s3_request_status(r)) && io_now() + *wait < r->deadline)
        return S3_REPEAT;
    word = error_word(r, &len);
    if (code == CURLE_OK)
        err_set(e, ERR_AWAY,
                "the object store does not deliver %s: status %ld %.*s after %u attempts", what,
                s3_request_status(r), len, word, r->attempts);
    else
        err_set(e, ERR_AWAY, "the object store does not deliver %s: %s after %u attempts", what,
                *r->error ? r->error : curl_easy_strerror(code), r->attempts);
    e->sys = ETIMEDOUT;
    return S3_FAILED;
}

/* A refusal that no attempt changes: name the setting to change. */
static enum s3_verdict refuse(struct s3_request *r, const char *what, struct err *e)
{
    const struct conf_s3 *c = r->s3->conf;
    long status = s3_request_status(r);
    int len, region_len;
    const char *word = error_word(r, &len), *region = region_of(r, &region_len);
    char *elsewhere = NULL;

    curl_easy_getinfo(r->easy, CURLINFO_REDIRECT_URL, &elsewhere);
    if (region_len &&
        (strncmp(region, c->region, (size_t)region_len) != 0 || c->region[region_len]))
        err_set(e, ERR_CONFIG,
                "the object store has %s in region %.*s: set s3.%s.region, which is %s", what,
                region_len, region, c->name, c->region);
    else if (elsewhere)
        err_set(e, ERR_CONFIG, "the object store sends requests for %s to %.200s: set s3.%s.endpoint",
                what, elsewhere, c->name);
    else if (r->date >= 0 && is_error(r, SKEWED))
        err_set(e, ERR_CONFIG,
                "the object store refuses %s with %s: its clock is %lld s ahead of this machine's",
                what, SKEWED, (long long)r->date - (long long)time(NULL));
    else
        err_set(e, ERR_CONFIG,
                "the object store refuses %s with status %ld %.*s: check s3.%s.credentials, .region and the clock",
                what, status, len, word, c->name);
    e->sys = EACCES;
    return S3_FAILED;
}

/* A HEAD request has no body: then the bucket may be missing, too. */
static enum s3_verdict fail_missing(const struct s3_request *r, const char *what, struct err *e)
{
    if (!is_error(r, "NoSuchBucket"))
        return fail(ERR_DATA, ENOENT, what, "does not exist in the object store", e);
    err_set(e, ERR_CONFIG, "the object store has no bucket %s: correct root.%s", r->s3->bucket,
            r->s3->conf->name);
    e->sys = EACCES;
    return S3_FAILED;
}

enum s3_verdict s3_request_judge(struct s3_request *r, CURLcode code, const char *what,
                                 double *wait, struct err *e)
{
    long status = s3_request_status(r);

    if (code == CURLE_OK && (status == 200 || status == 206))
        return S3_GOOD;
    if (code == CURLE_BAD_FUNCTION_ARGUMENT)
        return fail(ERR_DATA, EINVAL, what,
                    "cannot be requested: libcurl signs no key with a segment \".\" or \"..\"", e);
    if (code != CURLE_OK || is_passing(code, status))
        return judge_away(r, code, what, wait, e);
    if (status == 404)
        return fail_missing(r, what, e);
    if (status == 412 || status == 416)
        return fail(ERR_DATA, ESTALE, what, "has changed in the object store: index it again", e);
    if (status == 403 && is_error(r, "InvalidObjectState"))
        return fail(ERR_DATA, EACCES, what,
                    "is archived by the object store (InvalidObjectState): restore it there", e);
    if (s3_credentials_version(r->s3->credentials) != r->version) {
        *wait = 0;
        return S3_REPEAT;
    }
    return refuse(r, what, e);
}
