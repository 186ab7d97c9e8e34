/* SPDX-License-Identifier: MIT */
#include "rights/fhir_post.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"

#define CONNECT_MS 15000L
#define STALL_SECONDS 60L /* without a byte */
#define BUNDLE_MAX ((size_t)8 << 20)
#define ANSWER_MAX ((size_t)8 << 20)
#define TOKEN_MAX 8192
#define RESOURCE "/AuditEvent"
#define FORMAT "application/fhir+json"

struct fhir_post {
    const struct fhir_setup *setup;
    CURL *easy;
    struct curl_slist *headers;
    bool single;
    struct buf bundle, answer;
    long status;
    char why[CURL_ERROR_SIZE];
};

static int fhir_add_header(struct fhir_post *p, const char *line, struct err *e)
{
    struct curl_slist *more = curl_slist_append(p->headers, line);

    if (!more)
        return err_set(e, ERR_MEMORY, "no memory left for a request to audit_fhir");
    p->headers = more;
    return 0;
}

static bool is_resource(const char *address)
{
    size_t len = strlen(address), end = strlen(RESOURCE);

    return len > end && strcmp(address + len - end, RESOURCE) == 0;
}

int fhir_open(const struct fhir_setup *s, struct fhir_post **out, struct err *e)
{
    static const char *const lines[] = {"Content-Type: " FORMAT, "Accept: " FORMAT,
                                        "Prefer: return=minimal", "Expect:"};
    struct fhir_post *p = calloc(1, sizeof *p);
    int rc = 0;

    *out = p;
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for audit_fhir");
    p->setup = s;
    p->single = is_resource(s->address);
    buf_init(&p->bundle, BUNDLE_MAX);
    buf_init(&p->answer, ANSWER_MAX);
    p->easy = curl_easy_init();
    if (!p->easy)
        return err_set(e, ERR_MEMORY, "no memory left for audit_fhir");
    for (size_t i = 0; rc == 0 && i < sizeof lines / sizeof *lines; i++)
        rc = fhir_add_header(p, lines[i], e);
    return rc;
}

void fhir_close(struct fhir_post *p)
{
    if (!p)
        return;
    curl_easy_cleanup(p->easy);
    curl_slist_free_all(p->headers);
    buf_release(&p->bundle);
    buf_release(&p->answer);
    free(p);
}

/* A count that is not all of it makes libcurl end the transfer. */
static size_t fhir_take_answer(char *data, size_t size, size_t count, void *ctx)
{
    struct buf *answer = ctx;

    buf_add(answer, data, size * count);
    return answer->failed ? 0 : size * count;
}

static int look_at_stop(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct fhir_post *p = ctx;

    (void)a, (void)b, (void)c, (void)d;
    return p->setup->stop && *p->setup->stop;
}

/* Read the token, which may have been replaced. */
static int set_token(struct fhir_post *p, struct err *e)
{
    const char *path = p->setup->token;
    char text[TOKEN_MAX + 1];
    int fd;
    ssize_t n;

    if (strcmp(path, "none") == 0)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : io_pread(fd, text, sizeof text, 0);
    io_close(&fd);
    if (n < 0)
        return err_sys(e, ERR_CONFIG, "audit_fhir_token: %s cannot be read", path);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    if (n == 0 || n > TOKEN_MAX)
        return err_set(e, ERR_CONFIG, "audit_fhir_token: %s must hold a token of 1 to %d bytes",
                       path, TOKEN_MAX);
    text[n] = '\0';
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") !=
        (size_t)n)
        return err_set(e, ERR_CONFIG,
                       "audit_fhir_token: %s holds characters that no token has (RFC 6750 2.1)",
                       path);
    curl_easy_setopt(p->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    curl_easy_setopt(p->easy, CURLOPT_XOAUTH2_BEARER, text);
    return 0;
}

static void set_connection(struct fhir_post *p)
{
    const struct fhir_setup *s = p->setup;

    curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(p->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(p->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(p->easy, CURLOPT_USERAGENT, "wadozip/" WADOZIP_VERSION);
    curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(p->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(p->easy, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
    if (strcmp(s->ca, "system") != 0)
        curl_easy_setopt(p->easy, CURLOPT_CAINFO, s->ca);
    if (strcmp(s->client, "none") != 0) {
        curl_easy_setopt(p->easy, CURLOPT_SSLCERT, s->client);
        curl_easy_setopt(p->easy, CURLOPT_SSLKEY, s->client);
    }
}

static int fail_transfer(struct fhir_post *p, CURLcode code, struct err *e)
{
    const char *why = *p->why ? p->why : curl_easy_strerror(code);
    const struct fhir_setup *s = p->setup;

    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return err_set(e, ERR_AWAY, "audit_fhir: stopped");
    case CURLE_PEER_FAILED_VERIFICATION:
        return err_set(e, ERR_CONFIG,
                       "audit_fhir: the certificate of %s is rejected: %s; see audit_fhir_ca",
                       s->address, why);
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(e, ERR_CONFIG, "audit_fhir_ca: %s cannot be read: %s", s->ca, why);
    case CURLE_SSL_CERTPROBLEM:
        return err_set(e, ERR_CONFIG, "audit_fhir_client: %s cannot be used: %s", s->client, why);
    case CURLE_WRITE_ERROR:
        return err_set(e, ERR_AWAY, "audit_fhir: %s answers with more than %zu bytes", s->address,
                       ANSWER_MAX);
    default:
        return err_set(e, ERR_AWAY, "audit_fhir: %s: %s", s->address, why);
    }
}

/* Send a request: POST of `body`, or GET if it is null. Redirections are not followed. */
static int send_request(struct fhir_post *p, const char *url, const char *body, size_t len,
                        struct err *e)
{
    CURLcode code;

    curl_easy_reset(p->easy); /* keeps the connection */
    set_connection(p);
    if (set_token(p, e))
        return -1;
    buf_clear(&p->answer);
    p->why[0] = '\0';
    curl_easy_setopt(p->easy, CURLOPT_URL, url);
    curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
    if (body) {
        curl_easy_setopt(p->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    }
    curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, fhir_take_answer);
    curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, &p->answer);
    curl_easy_setopt(p->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(p->easy, CURLOPT_XFERINFOFUNCTION, look_at_stop);
    curl_easy_setopt(p->easy, CURLOPT_XFERINFODATA, p);
    curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->why);
    code = curl_easy_perform(p->easy);
    curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &p->status);
    return code == CURLE_OK ? 0 : fail_transfer(p, code, e);
}

static bool is_good(long status)
{
    return status >= 200 && status < 300;
}

/* Return whether the status may be due to the resource rather than to the service. */
static bool is_rejection(long status)
{
    return status == 400 || status == 409 || status == 410 || status == 412 || status == 413 ||
           status == 422 || status == 451 || status == 500;
}

static int fail_status(const struct fhir_post *p, long status, struct err *e)
{
    const char *address = p->setup->address;

    if (status == 401 || status == 403)
        return err_set(e, ERR_CONFIG,
                       "audit_fhir: %s answers with status %ld: see audit_fhir_token and"
                       " audit_fhir_client",
                       address, status);
    if (status == 408 || status == 425 || status == 429 || status >= 500)
        return err_set(e, ERR_AWAY, "audit_fhir: %s answers with status %ld", address, status);
    return err_set(e, ERR_CONFIG, "audit_fhir: %s answers with status %ld to %s", address, status,
                   p->single ? "an AuditEvent: does it create these?"
                             : "a Bundle: if it takes none, add " RESOURCE " to audit_fhir");
}

static int judge_item(const struct fhir_post *p, struct fhir_item *item, long status,
                      json_object *outcome, struct err *e)
{
    item->status = status;
    if (is_good(status)) {
        item->verdict = FHIR_ACCEPTED;
        return 0;
    }
    if (!is_rejection(status))
        return fail_status(p, status, e);
    item->verdict = FHIR_REJECTED;
    fhir_answer_describe(outcome, status, item->reason);
    return 0;
}

static json_object *parse_answer(const struct fhir_post *p)
{
    return p->answer.len ? json_tokener_parse(p->answer.data) : NULL;
}

static int send_single(struct fhir_post *p, struct fhir_item *item, struct err *e)
{
    json_object *outcome;
    int rc;

    if (send_request(p, p->setup->address, item->json, item->len, e))
        return -1;
    outcome = is_good(p->status) ? NULL : parse_answer(p);
    rc = judge_item(p, item, p->status, outcome, e);
    json_object_put(outcome);
    return rc;
}

/* Judge each resource by its entry in the answer, which has the same order. */
static int judge_entries(const struct fhir_post *p, json_object *answer, struct fhir_item *items,
                         size_t count, struct err *e)
{
    int rc = 0;

    if (!fhir_answer_is_bundle(answer, count))
        return err_set(e, ERR_CONFIG,
                       "audit_fhir: %s does not answer with a Bundle of %zu entries: is it the"
                       " address of a FHIR service?",
                       p->setup->address, count);
    for (size_t i = 0; i < count; i++) {
        json_object *outcome;
        long status = fhir_answer_status(answer, i, &outcome);
        struct err why = ERR_INIT;

        if (judge_item(p, &items[i], status, outcome, &why))
            rc = err_pass(e, &why);
    }
    return rc;
}

static int put_bundle(struct fhir_post *p, const struct fhir_item *items, size_t count,
                      struct err *e)
{
    buf_clear(&p->bundle);
    buf_str(&p->bundle, "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[");
    for (size_t i = 0; i < count; i++) {
        buf_str(&p->bundle, i ? ",{\"resource\":" : "{\"resource\":");
        buf_add(&p->bundle, items[i].json, items[i].len);
        buf_str(&p->bundle, ",\"request\":{\"method\":\"POST\",\"url\":\"AuditEvent\"}}");
    }
    buf_str(&p->bundle, "]}");
    return buf_check(&p->bundle, "a Bundle", e);
}

/* *whole: the Bundle was rejected as such. */
static int send_bundle(struct fhir_post *p, struct fhir_item *items, size_t count, bool *whole,
                       struct err *e)
{
    json_object *answer;
    int rc = 0;

    *whole = false;
    if (put_bundle(p, items, count, e))
        return -1;
    if (send_request(p, p->setup->address, p->bundle.data, p->bundle.len, e))
        return -1;
    answer = parse_answer(p);
    if (is_good(p->status))
        rc = judge_entries(p, answer, items, count, e);
    else if (count == 1)
        rc = judge_item(p, items, p->status, answer, e);
    else if (is_rejection(p->status))
        *whole = true;
    else
        rc = fail_status(p, p->status, e);
    json_object_put(answer);
    return rc;
}

static int send_items(struct fhir_post *p, struct fhir_item *items, size_t count, struct err *e)
{
    bool whole = false;
    int rc = 0;

    if (!p->single && send_bundle(p, items, count, &whole, e))
        return -1;
    for (size_t i = 0; rc == 0 && p->single && i < count; i++)
        rc = send_single(p, &items[i], e);
    for (size_t i = 0; rc == 0 && whole && i < count; i++)
        rc = send_bundle(p, &items[i], 1, &(bool){false}, e);
    return rc;
}

/*
 * A service that answers everything with 500 is out of order; one that accepted
 * other resources fails because of this one.
 */
static int check_errors(const struct fhir_post *p, const struct fhir_item *items, size_t count,
                        struct err *e)
{
    bool failed = false;

    for (size_t i = 0; i < count; i++) {
        if (items[i].verdict == FHIR_ACCEPTED)
            return 0;
        failed = failed || items[i].status >= 500;
    }
    return failed ? fail_status(p, 500, e) : 0;
}

int fhir_deliver(struct fhir_post *p, struct fhir_item *items, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        items[i].verdict = FHIR_UNKNOWN;
    return send_items(p, items, count, e) || check_errors(p, items, count, e) ? -1 : 0;
}

int fhir_try(struct fhir_post *p, char version[FHIR_VERSION_MAX], struct err *e)
{
    const char *address = p->setup->address;
    size_t base = strlen(address) - (p->single ? strlen(RESOURCE) : 0);
    json_object *statement;
    char *url;
    int rc;

    version[0] = '\0';
    if (asprintf(&url, "%.*s/metadata", (int)base, address) < 0)
        return err_set(e, ERR_MEMORY, "no memory left for audit_fhir");
    rc = send_request(p, url, NULL, 0, e);
    free(url);
    if (rc || p->status == 404 || p->status == 405)
        return rc;
    if (!is_good(p->status))
        return fail_status(p, p->status, e);
    statement = parse_answer(p);
    fhir_answer_version(statement, version);
    json_object_put(statement);
    return *version && strncmp(version, "4.", 2) != 0
               ? err_set(e, ERR_CONFIG, "audit_fhir: %s speaks FHIR %s, not R4 (4.0 or 4.3)",
                         address, version)
               : 0;
}
