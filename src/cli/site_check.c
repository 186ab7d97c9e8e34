/* SPDX-License-Identifier: MIT */
#include "cli/site_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "cli/http_probe.h"
#include "cli/site_advice.h"
#include "dicom/uid.h"

#define URL_MAX 1024
#define ZIP "application/zip"
#define FIELD HTTP_PROBE_FIELD_MAX
#define PART "bytes=0-99"
#define PART_BYTES 100

struct site {
    const struct site_check_setup *setup;
    struct http_probe probe;
    struct http_answer answer; /* of the last request */
    enum site_server server;
    unsigned bad;
    char base[URL_MAX], study[URL_MAX + UID_MAX + 16], uid[UID_MAX + 1];
    char length[FIELD], etag[FIELD]; /* of HEAD */
    double whole, part; /* seconds until the first byte of the archive and of a range */
};

__attribute__((format(printf, 3, 4))) static bool say(struct site *s, const char *word,
                                                      const char *format, ...)
{
    va_list args;

    printf("%-4s ", word);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    s->bad += strcmp(word, "bad") == 0;
    return strcmp(word, "bad") != 0;
}

static void advise(const struct site *s, enum site_problem problem)
{
    site_advice_print(problem, s->server, stdout);
}

/* Send a request. Returns the status, or 0 after a line with the reason. */
static int site_ask(struct site *s, const struct http_request *r)
{
    struct err e = ERR_INIT;

    if (http_probe_send(&s->probe, r, &s->answer, &e) == 0)
        return s->answer.status;
    say(s, "bad", "connection: %s", e.text);
    return 0;
}

static bool has_field(const struct site *s, const char *name)
{
    char value[FIELD];

    return http_answer_field(&s->answer, name, value);
}

static bool is_local(const char *url)
{
    const char *host = strstr(url, "://") + 3;

    return strncmp(host, "127.", 4) == 0 || strncmp(host, "localhost", 9) == 0 ||
           strncmp(host, "[::1]", 5) == 0;
}

static bool check_capabilities(struct site *s)
{
    char url[URL_MAX + 16], server[FIELD];
    const struct http_request r = {.method = "OPTIONS", .url = url, .accept = "application/json"};
    int status;

    snprintf(url, sizeof url, "%s/studies", s->base);
    status = site_ask(s, &r);
    if (!status)
        return false;
    http_answer_field(&s->answer, "Server", server);
    s->server = site_server_of(server);
    if (strncasecmp(s->base, "https:", 6) == 0)
        say(s, "ok", "TLS: %s",
            s->probe.insecure ? "not checked (--insecure)" : "the certificate is valid");
    else if (is_local(s->base))
        say(s, "note", "TLS: none on this machine's own address; from outside use https");
    else if (!say(s, "bad", "TLS: none: passwords and images travel in the open"))
        advise(s, SITE_PLAIN);
    if (status == 200 && strstr(s->answer.body, "application/zip"))
        return say(s, "ok", "capabilities: this is wadozip");
    if (status == 401)
        return say(s, "bad", "capabilities: 401: give --user-file FILE with NAME:PASSWORD of an account");
    return say(
        s, "bad",
        "capabilities: OPTIONS %s was answered with %d: the service is not there, or OPTIONS cannot reach it",
        url, status);
}

/* Take the first UID of the answer to a search. */
static bool take_study_uid(struct site *s)
{
    const char *tag = strstr(s->answer.body, "\"0020000D\""),
               *value = tag ? strstr(tag, "\"Value\"") : NULL;
    const char *open = value ? strchr(value + 7, '"') : NULL;
    size_t len = open ? strcspn(open + 1, "\"") : 0;

    if (!len || !uid_valid(open + 1, len))
        return false;
    snprintf(s->uid, sizeof s->uid, "%.*s", (int)len, open + 1);
    return true;
}

static bool find_study(struct site *s)
{
    char url[URL_MAX + 32];
    const struct http_request r = {.method = "GET", .url = url, .accept = "application/dicom+json"};
    int status;

    snprintf(url, sizeof url, "%s/studies?limit=1", s->base);
    if (s->setup->study) {
        snprintf(s->uid, sizeof s->uid, "%s", s->setup->study);
    } else {
        status = site_ask(s, &r);
        if (status == 401)
            return say(s, "bad",
                       "search: 401: give --user-file FILE with NAME:PASSWORD of an account that may retrieve");
        if (status != 200 || !take_study_uid(s))
            return say(s, "bad", "search: %d: no study to try with; give --study UID, or --user-file",
                       status);
    }
    snprintf(s->study, sizeof s->study, "%s/studies/%s", s->base, s->uid);
    return true;
}

/* Check that nothing compresses the archive, which the client allowed. */
static bool check_coding(struct site *s, const char *method)
{
    char coding[FIELD];

    if (!http_answer_field(&s->answer, "Content-Encoding", coding) ||
        strcasecmp(coding, "identity") == 0)
        return true;
    say(s, "bad",
        "compression: the archive has Content-Encoding %s (%s): length and ranges are lost", coding,
        method);
    advise(s, SITE_CODED);
    return false;
}

/* An archive has its length and its tag, also for a client that takes gzip. */
static bool check_archive_head(struct site *s)
{
    const struct http_request r = {.method = "HEAD", .url = s->study, .accept = ZIP, .coded = true};
    char ranges[FIELD];
    int status = site_ask(s, &r);

    if (status != 200)
        return status &&
               say(s, "bad", "HEAD: study %s was answered with %d instead of 200", s->uid, status);
    if (!check_coding(s, "HEAD"))
        return false;
    if (!http_answer_field(&s->answer, "Content-Length", s->length)) {
        say(s, "bad",
            "length: the archive has no Content-Length, so that a broken download can look complete");
        advise(s, SITE_CODED);
        return false;
    }
    say(s, "ok", "length: %s bytes, not compressed again on the way", s->length);
    if (!http_answer_field(&s->answer, "ETag", s->etag) || strncmp(s->etag, "W/", 2) == 0) {
        say(s, "bad", "tag: there is no strong ETag (%s), so that nobody can resume",
            *s->etag ? s->etag : "none");
        advise(s, SITE_CODED);
        return false;
    }
    http_answer_field(&s->answer, "Accept-Ranges", ranges);
    if (strcasecmp(ranges, "bytes") != 0)
        say(s, "note", "ranges: Accept-Ranges is missing: download managers may not resume");
    return true;
}

static void check_get(struct site *s)
{
    const struct http_request r = {.method = "GET", .url = s->study, .accept = ZIP, .coded = true};
    char length[FIELD], etag[FIELD];
    int status = site_ask(s, &r);

    s->whole = s->answer.first_byte;
    if (!status || !check_coding(s, "GET"))
        return;
    http_answer_field(&s->answer, "Content-Length", length);
    http_answer_field(&s->answer, "ETag", etag);
    if (status != 200 || strcmp(length, s->length) != 0 || strcmp(etag, s->etag) != 0)
        say(s, "bad", "GET: %d with length %s and tag %s; HEAD had length %s and tag %s", status,
            *length ? length : "none", *etag ? etag : "none", s->length, s->etag);
    else if (memcmp(s->answer.body, "PK\3\4", 4) != 0)
        say(s, "bad", "GET: the body does not begin as a ZIP archive");
    else
        say(s, "ok", "GET: has the length and the tag of HEAD");
    if (has_field(s, "Transfer-Encoding")) {
        say(s, "bad", "framing: the archive is sent in chunks: a broken one can look complete");
        advise(s, SITE_CODED);
    } else if (status == 200 && *length) {
        say(s, "ok", "framing: by length, so that every client sees a download that breaks off");
    }
}

/* Ask for a part, with a tag if it is not null. */
static int ask_part(struct site *s, const char *tag)
{
    const struct http_request r = {
        .method = "GET", .url = s->study, .accept = ZIP, .range = PART, .if_range = tag};

    return site_ask(s, &r);
}

static bool is_asked_part(const struct site *s, int status)
{
    char range[FIELD], want[FIELD + 32];

    http_answer_field(&s->answer, "Content-Range", range);
    snprintf(want, sizeof want, "bytes 0-%d/%s", PART_BYTES - 1, s->length);
    return status == 206 && strcmp(range, want) == 0 && s->answer.body_len == PART_BYTES;
}

static void check_ranges(struct site *s)
{
    int status = ask_part(s, NULL);

    s->part = s->answer.first_byte;
    if (!is_asked_part(s, status)) {
        say(s, "bad", "ranges: a range was answered with %d instead of 206: nobody can resume",
            status);
        advise(s, SITE_RANGES);
        return;
    }
    say(s, "ok", "ranges: 206 with the right part");
    status = ask_part(s, s->etag);
    if (!is_asked_part(s, status)) {
        say(s, "bad", "resume: If-Range with the current tag was answered with %d instead of 206",
            status);
        advise(s, SITE_RANGES);
        return;
    }
    status = ask_part(s, "\"another\"");
    if (status != 200) {
        say(s, "bad",
            "resume: If-Range with another tag: %d instead of 200: a resumed archive could be mixed of"
            " two",
            status);
        advise(s, SITE_RANGES);
        return;
    }
    say(s, "ok", "resume: If-Range is honoured");
}

/* A client cannot see whether a server writes an archive to its disk, and time is
 * no proof: this is no verdict. */
static void note_buffering(struct site *s)
{
    say(s, "note",
        "buffering: cannot be seen from outside. First byte of %s bytes after %.0f ms, of a range of %d"
        " after %.0f ms:\n     if the first grows with the archive, or the server's disk fills while a slow"
        " client downloads, add",
        s->length, s->whole * 1000, PART_BYTES, s->part * 1000);
    advise(s, SITE_SPOOLED);
}

static void check_preflight(struct site *s)
{
    const char *origin = s->setup->origin ? s->setup->origin : "https://viewer.example";
    const struct http_request r = {
        .method = "OPTIONS", .url = s->study, .origin = origin, .anonymous = true};
    int status = site_ask(s, &r);

    if (status == 401 || status == 403) {
        say(s, "bad",
            "CORS: OPTIONS without a password is answered with %d: viewers on other origins cannot ask",
            status);
        advise(s, SITE_PREFLIGHT);
    } else if (has_field(s, "Access-Control-Allow-Origin")) {
        say(s, "ok", "CORS: pages of %s may read", origin);
    } else if (s->setup->origin) {
        say(s, "bad", "CORS: pages of %s may not read: name it in the setting cors", origin);
    } else if (status) {
        say(s, "ok",
            "CORS: OPTIONS passes without a password; no other origin is admitted (--origin checks one)");
    }
}

static void check_anonymous(struct site *s)
{
    const struct http_request r = {
        .method = "HEAD", .url = s->study, .accept = ZIP, .anonymous = true};
    int status = site_ask(s, &r);

    if (status == 200)
        say(s, s->setup->user ? "bad" : "note",
            "access: everybody may retrieve it without a password (setting access)");
    else if (status)
        say(s, "ok", "access: %d without a password", status);
}

static void check_status_page(struct site *s, const char *name)
{
    char url[URL_MAX + 16];
    const struct http_request r = {.method = "GET", .url = url};
    int status;

    snprintf(url, sizeof url, "%s/%s", s->base, name);
    status = site_ask(s, &r);
    if (status == 200 && is_local(s->base)) {
        say(s, "note", "/%s: can be read from this machine; check from another one, too", name);
    } else if (status == 200) {
        say(s, "bad",
            "/%s: can be read from outside; correct status_clients and trusted_proxies, or add",
            name);
        advise(s, SITE_STATUS);
    } else if (status) {
        say(s, "ok", "/%s: %d from here", name, status);
    }
}

/* A link that does not exist: the service's 404 has a policy, a web server's
 * own has none. */
static void check_links(struct site *s)
{
    char url[URL_MAX + 64], token[SECRET_TOKEN + 1];
    const struct http_request r = {.method = "GET", .url = url, .anonymous = true};
    size_t origin = (size_t)(strstr(s->base, "://") + 3 - s->base);
    int status;

    memset(token, 'A', SECRET_TOKEN);
    token[SECRET_TOKEN] = '\0';
    origin += strcspn(s->base + origin, "/");
    snprintf(url, sizeof url, "%.*s/s/%s", (int)origin, s->base, token);
    status = site_ask(s, &r);
    if (status == 404 && has_field(s, "Content-Security-Policy")) {
        say(s, "ok", "links: /s leads to the service, without a password");
    } else if (status) {
        say(s, "note",
            "links: /s was answered with %d, and not by the service; wadozip link needs it:",
            status);
        advise(s, SITE_LINKS);
    }
}

static void check_all(struct site *s)
{
    if (!check_capabilities(s) || !find_study(s))
        return;
    if (check_archive_head(s)) {
        check_get(s);
        check_ranges(s);
        note_buffering(s);
    }
    check_preflight(s);
    check_anonymous(s);
    check_status_page(s, "health");
    check_status_page(s, "metrics");
    check_links(s);
}

unsigned site_check_run(const struct site_check_setup *setup)
{
    struct site *s = calloc(1, sizeof *s);
    size_t len = strlen(setup->url);
    unsigned bad = 1;

    if (!s)
        return bad;
    s->setup = setup;
    s->server = SITE_SERVERS;
    s->probe = (struct http_probe){
        .user = setup->user, .cacert = setup->cacert, .insecure = setup->insecure};
    while (len && setup->url[len - 1] == '/')
        len--;
    if (snprintf(s->base, sizeof s->base, "%.*s", (int)len, setup->url) >= (int)sizeof s->base)
        say(s, "bad", "address: longer than %zu bytes", sizeof s->base - 1);
    else
        check_all(s);
    bad = s->bad;
    http_probe_close(&s->probe);
    free(s);
    return bad;
}
