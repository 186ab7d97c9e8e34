/* SPDX-License-Identifier: MIT */
#include "http/response_header.h"

#include <inttypes.h>
#include <strings.h>

#include "base/crc.h"
#include "http/capabilities.h"
#include "http/conditional.h"
#include "http/error_page.h"
#include "http/offer.h"
#include "http/query.h"

#define BODY_CAP ((size_t)256 << 10)
#define ALLOW "GET, HEAD, OPTIONS"
#define TEMPORARY true
#define PERMANENT false

/* Statuses with their reason phrases and the advice in error bodies. */
static const struct status {
    int code;
    const char *phrase, *advice;
    bool temporary;
} statuses[] = {
    {200, "OK", NULL, PERMANENT},
    {201, "Created", NULL, PERMANENT},
    {204, "No Content", NULL, PERMANENT},
    {206, "Partial Content", NULL, PERMANENT},
    {304, "Not Modified", NULL, PERMANENT},
    {400, "Bad Request", "The same request will fail again; correct it.", PERMANENT},
    {401, "Unauthorized", "Sign in and try again.", PERMANENT},
    {403, "Forbidden", "You are not admitted to this; ask those who run the service.", PERMANENT},
    {404, "Not Found", "Nothing that you may have lies at this address; check the UIDs.",
     PERMANENT},
    {405, "Method Not Allowed", "Use a method that the header field Allow names.", PERMANENT},
    {406, "Not Acceptable",
     "Ask for one of these in the Accept header or in the query parameter accept.", PERMANENT},
    {410, "Gone", "It was here and has been removed; it will not come back by itself.", PERMANENT},
    {412, "Precondition Failed", "It has changed since you fetched it; fetch it again.", PERMANENT},
    {413, "Content Too Large", "Ask for single series or instances.", PERMANENT},
    {414, "URI Too Long", "Shorten the address.", PERMANENT},
    {415, "Unsupported Media Type", "Send the body as one of the media types that are named.",
     PERMANENT},
    {416, "Range Not Satisfiable", "Ask for bytes that exist; perhaps you have it all already.",
     PERMANENT},
    {422, "Unprocessable Content", "Correct the body and send it again.", PERMANENT},
    {429, "Too Many Requests",
     "Wait until a download of yours ends, or as many seconds as Retry-After says.", TEMPORARY},
    {500, "Internal Server Error",
     "If it happens again, report the number of the request to the operator.", PERMANENT},
    {503, "Service Unavailable", "The service cannot answer just now; try again in a few seconds.",
     TEMPORARY},
};

/*
 * The one table from error kinds to statuses. `shown`: the text is about the
 * request itself and is sent to the client.
 */
static const struct kind {
    int status;
    bool shown;
    unsigned retry_after; /* seconds, or 0 */
} kinds[ERR_KINDS] = {
    [ERR_NONE] = {500, false, 0},
    [ERR_REQUEST] = {400, true, 0},
    [ERR_AUTH] = {401, false, 0},
    [ERR_FORBIDDEN] = {403, true, 0},
    [ERR_NOT_FOUND] = {404, true, 0},
    [ERR_METHOD] = {405, true, 0},
    [ERR_NOT_ACCEPTABLE] = {406, true, 0},
    [ERR_GONE] = {410, false, 0},
    [ERR_PRECONDITION] = {412, false, 0},
    [ERR_TOO_LARGE] = {413, true, 0},
    [ERR_URI_TOO_LONG] = {414, true, 0},
    [ERR_MEDIA_TYPE] = {415, true, 0},
    [ERR_UNPROCESSABLE] = {422, true, 0},
    [ERR_RANGE] = {416, false, 0},
    [ERR_TOO_MANY] = {429, true, 10},
    [ERR_LATER] = {503, true, 10},
    [ERR_BUSY] = {503, true, 5},
    [ERR_AWAY] = {503, false, 10},
    [ERR_DATA] = {500, false, 0},
    [ERR_SYSTEM] = {500, false, 0},
    [ERR_MEMORY] = {500, false, 0},
    [ERR_HELPER] = {500, false, 0},
    [ERR_PEER] = {500, false, 0},
    [ERR_CONFIG] = {500, false, 0},
};

static const struct kind *kind_row(enum err_kind kind)
{
    return &kinds[(unsigned)kind < ERR_KINDS ? kind : ERR_NONE];
}

int response_header_status(enum err_kind kind)
{
    return kind_row(kind)->status;
}

static const struct status *status_row(int code)
{
    const struct status *s = statuses;

    while (s->code != code && s + 1 < statuses + sizeof statuses / sizeof *statuses)
        s++;
    return s;
}

static bool is_clean(const char *s)
{
    for (; s && *s; s++)
        if (*s < 0x20 || *s >= 0x7f)
            return false;
    return true;
}

static void add_header(struct buf *out, const char *name, const char *value)
{
    if (value)
        buf_printf(out, "%s: %s\r\n", name, value);
}

static void add_status(struct buf *out, int code)
{
    buf_printf(out, "Status: %d %s\r\n", code, status_row(code)->phrase);
}

static void add_modified(struct buf *out, int64_t modified)
{
    char date[CONDITIONAL_DATE_MAX];

    if (!modified)
        return;
    conditional_date_format(modified, date);
    add_header(out, "Last-Modified", date);
}

/* Add the fields of 200 and 206 that a 304 does not repeat. */
static void add_content(struct buf *out, const struct response_header *r)
{
    add_header(out, "Content-Type", r->type);
    add_header(out, "Content-Encoding", r->coding);
    if (r->length_known)
        buf_printf(out, "Content-Length: %" PRIu64 "\r\n", r->length);
    if (r->range)
        buf_printf(out, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
                   r->range->first, r->range->last, r->size);
    if (r->filename)
        buf_printf(out, "Content-Disposition: attachment; filename=\"%s\"\r\n", r->filename);
    add_header(out, "Accept-Ranges", r->ranges_offered ? "bytes" : "none");
    add_header(out, "X-Content-Type-Options", "nosniff");
    add_header(out, "X-Sendfile2", r->sendfile);
    add_header(out, "X-Accel-Redirect", r->accel);
}

int response_header_head(const struct response_header *r, struct buf *out, struct err *e)
{
    if (!is_clean(r->sendfile) || !is_clean(r->type) || !is_clean(r->etag) ||
        !is_clean(r->location) || !is_clean(r->digest) || !is_clean(r->created) ||
        !is_clean(r->warning) || !is_clean(r->viewer) || !is_clean(r->filename) ||
        (r->filename && strpbrk(r->filename, "\"\\")))
        return err_set(e, ERR_SYSTEM,
                       "a header of the answer would hold characters that do not belong there");
    add_status(out, r->status);
    if (r->status != 304 && r->status != 204)
        add_content(out, r);
    add_header(out, "Warning", r->warning);
    if (r->viewer)
        buf_printf(out, "Link-Template: \"%s\"; rel=\"alternate\"; type=\"text/html\"\r\n",
                   r->viewer);
    add_header(out, "Content-Location", r->location);
    add_header(out, "Location", r->created);
    add_header(out, "ETag", r->etag);
    if (r->digest)
        buf_printf(out, "Repr-Digest: sha-256=:%s:\r\n", r->digest);
    if (r->status != 304 || !r->etag)
        add_modified(out, r->modified);
    buf_printf(out, "Vary: Accept%s\r\nCache-Control: %s\r\n\r\n",
               r->coding_varies ? ", Accept-Encoding" : "", r->cache ? r->cache : "private");
    return buf_check(out, "the header of an answer", e);
}

static bool is_harmless(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("._-", c));
}

void response_header_filename(const char *wished, const char *stem, enum accept_media media,
                              char out[RESPONSE_HEADER_FILENAME_MAX])
{
    const char *name = wished ? wished : stem, *ending = offer_of(media)->ending;
    size_t most = RESPONSE_HEADER_FILENAME_MAX - 1 - strlen(ending), n = 0;

    for (; *name && n < most; name++)
        out[n++] = is_harmless(*name) ? *name : '_';
    out[n] = '\0';
    if (n < strlen(ending) || strcasecmp(out + n - strlen(ending), ending) != 0)
        memcpy(out + n, ending, strlen(ending) + 1);
}

/* An error response that is being built. */
struct failure {
    struct error_page report;
    unsigned retry_after;
    const char *content_range; /* for 416, or null */
    const char *allow;         /* of 405; null: that of resources that are read */
};

static void add_failure_headers(struct buf *out, const struct failure *f)
{
    if (f->retry_after)
        buf_printf(out, "Retry-After: %u\r\n", f->retry_after);
    if (f->report.status == 401)
        add_header(out, "WWW-Authenticate", "Basic realm=\"wadozip\", charset=\"UTF-8\"");
    if (f->report.status == 405)
        add_header(out, "Allow", f->allow ? f->allow : ALLOW);
    add_header(out, "Content-Range", f->content_range);
    buf_str(out, "Vary: Accept\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                 "Content-Security-Policy: default-src 'none'\r\n\r\n");
}

static int send_failure(struct failure *f, enum accept_text text, bool head, struct buf *out,
                        struct err *e)
{
    const struct status *s = status_row(f->report.status);
    struct buf body;
    int rc;

    f->report.phrase = s->phrase;
    f->report.advice = s->advice;
    f->report.temporary = s->temporary;
    buf_init(&body, BODY_CAP);
    rc = error_page_body(&f->report, text, &body, e);
    if (rc == 0) {
        add_status(out, s->code);
        add_header(out, "Content-Type", error_page_type(text));
        buf_printf(out, "Content-Length: %zu\r\n", body.len);
        add_failure_headers(out, f);
        if (!head)
            buf_add(out, body.data, body.len);
        rc = buf_check(out, "an error answer", e);
    }
    buf_release(&body);
    return rc;
}

int response_header_error_help(const struct err *why, const struct response_header_help *help,
                               enum accept_text text, bool head, struct buf *out, struct err *e)
{
    const struct kind *k = kind_row(why->kind);
    const char *own = k->shown && *why->text ? why->text : NULL;
    struct failure f = {
        .report = {.status = k->status,
                   .reason = help->reason ? help->reason : own,
                   .offers = k->status == 406,
                   .as_stored = help->as_stored,
                   .request = help->request_id},
        .retry_after = help->retry_after ? help->retry_after : k->retry_after,
        .allow = help->allow,
    };

    return send_failure(&f, text, head, out, e);
}

int response_header_error(const struct err *why, enum accept_text text, bool head,
                          const char *request_id, struct buf *out, struct err *e)
{
    const struct response_header_help help = {.request_id = request_id};

    return response_header_error_help(why, &help, text, head, out, e);
}

int response_header_unsatisfiable(uint64_t size, enum accept_text text, bool head,
                                  const char *request_id, struct buf *out, struct err *e)
{
    char content_range[40];
    struct failure f = {.report = {.status = 416, .request = request_id},
                        .content_range = content_range};

    snprintf(content_range, sizeof content_range, "bytes */%" PRIu64, size);
    return send_failure(&f, text, head, out, e);
}

static int response_header_send_capabilities(const struct request *r, const struct buf *body,
                                             struct buf *out, struct err *e)
{
    static const char *const types[] = {[ACCEPT_WADL] = "application/vnd.sun.wadl+xml",
                                        [ACCEPT_CAPABILITIES_JSON] = "application/json"};
    char etag[32];
    bool known;

    snprintf(etag, sizeof etag, "\"%08" PRIx32 "-%zx\"", crc_update(0, body->data, body->len),
             body->len);
    known = conditional_check(&(struct request){.if_none_match = r->if_none_match}, etag, 0) ==
            CONDITIONAL_NOT_MODIFIED;
    add_status(out, known ? 304 : 200);
    if (!known) {
        add_header(out, "Content-Type", types[r->capabilities]);
        buf_printf(out, "Content-Length: %zu\r\n", body->len);
    }
    add_header(out, "Allow", ALLOW);
    add_header(out, "ETag", etag);
    buf_str(out,
            "Vary: Accept\r\nCache-Control: private\r\nX-Content-Type-Options: nosniff\r\n\r\n");
    if (!known)
        buf_add(out, body->data, body->len);
    return buf_check(out, "the capabilities", e);
}

int response_header_capabilities(const struct request *r, struct buf *out, struct err *e)
{
    struct buf body;
    int rc;

    buf_init(&body, BODY_CAP);
    rc = capabilities_body(r->base, r->capabilities, &body, e);
    if (rc == 0)
        rc = response_header_send_capabilities(r, &body, out, e);
    buf_release(&body);
    return rc;
}

int response_header_part(struct buf *out, const char *boundary, const char *type,
                         const struct range *range, uint64_t size, struct err *e)
{
    buf_printf(out,
               "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: bytes %" PRIu64 "-%" PRIu64
               "/%" PRIu64 "\r\n\r\n",
               boundary, type, range->first, range->last, size);
    return buf_check(out, "a part of several ranges", e);
}

int response_header_last_part(struct buf *out, const char *boundary, struct err *e)
{
    buf_printf(out, "\r\n--%s--\r\n", boundary);
    return buf_check(out, "the end of several ranges", e);
}
