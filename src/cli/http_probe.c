/* SPDX-License-Identifier: MIT */
#include "cli/http_probe.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#define CONNECT_MS 15000L
#define TOTAL_MS 120000L

/* Keep the fields of the last response: of a redirection or 100 none. */
static size_t http_probe_take_head(char *line, size_t size, size_t count, void *ctx)
{
    struct http_answer *a = ctx;
    size_t len = size * count, room = sizeof a->head - 1 - a->head_len;

    if (len >= 5 && strncmp(line, "HTTP/", 5) == 0)
        a->head_len = 0;
    else if (len <= room) {
        memcpy(a->head + a->head_len, line, len);
        a->head_len += len;
    }
    a->head[a->head_len] = '\0';
    return len;
}

/* A count that is not all of it makes libcurl end the transfer. */
static size_t http_probe_take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct http_answer *a = ctx;
    size_t len = size * count, room = HTTP_PROBE_BODY_MAX - a->body_len,
           n = len < room ? len : room;

    memcpy(a->body + a->body_len, data, n);
    a->body_len += n;
    a->body[a->body_len] = '\0';
    a->cut = n < len;
    return n;
}

static struct curl_slist *add_field(struct curl_slist *list, const char *name, const char *value)
{
    char line[HTTP_PROBE_FIELD_MAX * 2];
    struct curl_slist *more;

    if (!value)
        return list;
    snprintf(line, sizeof line, "%s: %s", name, value);
    more = curl_slist_append(list, line);
    return more ? more : list;
}

static struct curl_slist *fields_of(const struct http_request *r)
{
    struct curl_slist *list = add_field(NULL, "Accept", r->accept ? r->accept : "*/*");

    list = add_field(list, "Range", r->range);
    list = add_field(list, "If-Range", r->if_range);
    list = add_field(list, "Origin", r->origin);
    list = add_field(list, "Access-Control-Request-Method", r->origin ? "GET" : NULL);
    return add_field(list, "Accept-Encoding", r->coded ? "gzip" : NULL);
}

static void set_up(CURL *easy, const struct http_probe *p, const struct http_request *r,
                   struct http_answer *a)
{
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, r->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(easy, CURLOPT_NOBODY, strcmp(r->method, "HEAD") == 0 ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "wadozip-doctor/" WADOZIP_VERSION);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TOTAL_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_probe_take_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, a);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_probe_take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, a);
    if (p->user && !r->anonymous) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERPWD, p->user);
    }
    if (p->cacert)
        curl_easy_setopt(easy, CURLOPT_CAINFO, p->cacert);
    if (p->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

int http_probe_send(struct http_probe *p, const struct http_request *r, struct http_answer *a,
                    struct err *e)
{
    struct curl_slist *fields = fields_of(r);
    char why[CURL_ERROR_SIZE] = "";
    CURLcode code;
    long status = 0;

    a->head_len = a->body_len = 0;
    a->head[0] = a->body[0] = '\0';
    a->cut = false;
    if (!p->easy)
        p->easy = curl_easy_init();
    if (!p->easy) {
        curl_slist_free_all(fields);
        return err_set(e, ERR_MEMORY, "no memory left for a request");
    }
    set_up(p->easy, p, r, a);
    curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, why);
    code = curl_easy_perform(p->easy);
    curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(p->easy, CURLINFO_STARTTRANSFER_TIME, &a->first_byte);
    curl_slist_free_all(fields);
    a->status = (int)status;
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && a->cut))
        return err_set(e, ERR_AWAY, "%s %s: %s", r->method, r->url,
                       *why ? why : curl_easy_strerror(code));
    return 0;
}

bool http_answer_field(const struct http_answer *a, const char *name,
                       char out[HTTP_PROBE_FIELD_MAX])
{
    size_t len = strlen(name);

    out[0] = '\0';
    for (const char *line = a->head; *line;
         line += strcspn(line, "\n") + (strchr(line, '\n') != NULL)) {
        const char *value = line + len + 1;

        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        value += strspn(value, " \t");
        snprintf(out, HTTP_PROBE_FIELD_MAX, "%.*s", (int)strcspn(value, "\r\n"), value);
        return true;
    }
    return false;
}

void http_probe_close(struct http_probe *p)
{
    if (p->easy)
        curl_easy_cleanup(p->easy);
    p->easy = NULL;
}
