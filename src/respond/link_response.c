/* SPDX-License-Identifier: MIT */
#include "respond/link_response.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/hex.h"
#include "base/log.h"
#include "fastcgi/cgi_params.h"
#include "http/origin.h"
#include "link/link_page.h"
#include "respond/complete.h"
#include "respond/link_digest.h"
#include "respond/link_door.h"
#include "rights/access.h"

#define PAGE_MAX ((size_t)64 << 10)
_Static_assert(LINKS_ETAG >= PLAN_ETAG_MAX, "every entity tag can be recorded");

#define PRIVACY "Referrer-Policy: no-referrer\r\nX-Robots-Tag: noindex\r\n"

struct answer {
    int status;
    bool head;
    const char *fields; /* more header fields, or "" */
};

static const char *phrase_of(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } rows[] = {{200, "OK"}, {303, "See Other"}, {403, "Forbidden"}, {404, "Not Found"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].phrase;
    return "Gone";
}

static int put_answer(struct response *a, const struct answer *how, const struct link_page *p,
                      const struct buf *body, struct err *e)
{
    a->status = how->status;
    buf_printf(
        &a->head,
        "Status: %d %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
        "Content-Language: %s\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: ",
        how->status, phrase_of(how->status), body->len, link_text_tag(p->language));
    link_page_policy(p->nonce, &a->head);
    buf_printf(&a->head, "\r\n%s\r\n", how->fields);
    if (!how->head)
        buf_add(&a->head, body->data, body->len);
    return buf_check(&a->head, "a page", e) || response_put_head(a, e) ? -1 : 0;
}

static int send_page(struct response *a, const struct answer *how, struct link_page *p,
                     struct err *e)
{
    char nonce[SECRET_TOKEN + 1];
    struct buf body;
    int rc;

    if (secret_token(nonce, e))
        return -1;
    nonce[LINK_PAGE_NONCE] = '\0';
    p->nonce = nonce;
    p->language = a->link.language;
    buf_init(&body, PAGE_MAX);
    link_page_write(p, &body);
    rc = buf_check(&body, "a page", e) || put_answer(a, how, p, &body, e) ? -1 : 0;
    p->nonce = NULL;
    buf_release(&body);
    return rc;
}

static int send_problem(struct response *a, const struct request_in *in, int status,
                        enum link_text problem, struct err *e)
{
    struct link_page p = {.kind = LINK_PAGE_PROBLEM, .problem = problem};
    const struct answer how = {
        .status = status, .head = in->method && strcmp(in->method, "HEAD") == 0, .fields = ""};

    return send_page(a, &how, &p, e);
}

/* Send the form. Its own address is 200, so that browsers and previews show it;
 * all others are 403. */
static int send_form(struct response *a, const struct request_in *in, bool wrong, struct err *e)
{
    const struct link_use *l = &a->link;
    struct link_page p = {.kind = wrong ? LINK_PAGE_WRONG : LINK_PAGE_PASSCODE,
                          .label = l->link.label,
                          .base = l->address};
    const struct answer how = {.status = wrong || l->path.resource != LINK_PAGE ? 403 : 200,
                               .head = in->method && strcmp(in->method, "HEAD") == 0, .fields = ""};

    if (l->link.locked && !wrong)
        return send_problem(a, in, 410, LINK_TEXT_LOCKED, e);
    return send_page(a, &how, &p, e);
}

/* Check the passcode of a form. A try is taken before, so that parallel ones
 * count. */
static int enter(struct response *a, const struct request_in *in, struct err *e)
{
    struct link_use *l = &a->link;
    const char *passcode;
    char fields[LINK_DOOR_COOKIE_MAX];
    struct link_page p = {.kind = LINK_PAGE_PASSCODE, .label = "", .base = l->address};
    bool taken, right;

    if (link_door_passcode(a, &passcode, e) ||
        links_take_try(a->s->tools.catalog, l->link.id, &taken, e))
        return -1;
    if (!taken)
        return send_problem(a, in, 410, LINK_TEXT_LOCKED, e);
    if (secret_matches(passcode, l->link.passcode, &right, e))
        return -1;
    if (!right)
        return send_form(a, in, true, e);
    if (links_give_back(a->s->tools.catalog, l->link.id, e) ||
        link_door_cookie(l, (int64_t)time(NULL), fields, e))
        return -1;
    return send_page(a, &(const struct answer){.status = 303, .fields = fields}, &p, e);
}

static const enum link_text problems[] = {
    [LINK_UNKNOWN] = LINK_TEXT_UNKNOWN,
    [LINK_EXPIRED] = LINK_TEXT_EXPIRED,
    [LINK_REVOKED] = LINK_TEXT_REVOKED,
    [LINK_USED_UP] = LINK_TEXT_USED_UP,
};

/* Return whether the link is open. A download that began in time may be resumed
 * for a while. */
static bool is_open(const struct response *a, const struct request_in *in)
{
    const struct link *l = &a->link.link;

    if (l->state == LINK_VALID)
        return true;
    return l->state == LINK_EXPIRED && a->link.path.resource == LINK_ARCHIVE &&
           link_door_resumes(in) && l->ago < (int64_t)a->s->conf->link_grace;
}

/* Browsers and previews fetch in advance what nobody has asked for yet: not the
 * archive, whose downloads count. */
static bool is_prefetch(const struct link_use *l, char *const *envp)
{
    const char *purpose = cgi_params_find(envp, "HTTP_SEC_PURPOSE");

    if (!purpose)
        purpose = cgi_params_find(envp, "HTTP_PURPOSE");
    return l->path.resource == LINK_ARCHIVE && purpose &&
           strncasecmp(purpose, "prefetch", strlen("prefetch")) == 0;
}

/* Set the whole address of the link. */
static int find_service(struct response *a, const struct request_in *in, struct err *e)
{
    struct mem *m = &a->s->mem;
    struct link_use *l = &a->link;
    int prefix = (int)(strlen(l->address) - strlen("/s/") - SECRET_TOKEN);
    const char *origin;
    struct buf b;

    if (origin_find(in, m, &origin, e) ||
        !(origin = mem_printf(m, e, "%s%.*s", origin, prefix, l->address)))
        return -1;
    buf_init(&b, PAGE_MAX);
    link_path_address(a->s->conf, origin, l->path.token, &b);
    if (buf_check(&b, "the address of a link", e) == 0)
        l->service = mem_strdup(m, b.data, e);
    buf_release(&b);
    return l->service ? 0 : -1;
}

/* Replace the request by one for the contents of the link. */
static int rewrite(struct response *a, struct request_in *in, struct err *e)
{
    struct link_use *l = &a->link;
    struct mem *m = &a->s->mem;
    bool one = l->contents.studies == 1,
         medium = one && (l->link.dicomdir || l->path.form == LINK_MEDIUM);
    const char *syntax = l->link.transfer_syntax;

    l->page = l->path.resource == LINK_PAGE;
    in->query = mem_printf(m, e, "filename=images.zip%s%s%s%s", medium ? "&dicomdir=true" : "",
                           l->path.form == LINK_MANIFEST ? "&manifest=sha256" : "",
                           *l->link.profile ? "&deidentify=" : "", l->link.profile);
    if (!in->query)
        return -1;
    in->uri = mem_printf(m, e, "%s/studies%s%s?%s", l->path.base, one ? "/" : "",
                         one ? l->contents.study : "", in->query);
    in->accept = *syntax ? mem_printf(m, e, "application/zip; transfer-syntax=%s", syntax)
                         : "application/zip";
    if (l->page)
        in->range = in->if_range = in->if_match = in->if_none_match = in->if_modified_since =
            in->if_unmodified_since = NULL;
    else if (l->link.state != LINK_VALID)
        /* not the archive of today if it is another one */
        in->if_match = in->if_range ? in->if_range : in->if_match;
    if (!in->uri || !in->accept)
        return -1;
    return l->page ? find_service(a, in, e) : 0;
}

static int open_link(struct response *a, struct request_in *in, bool *answered, struct err *e)
{
    struct link_use *l = &a->link;
    const struct access_link limit = {.id = l->link.id,
                                      .creator = l->link.creator,
                                      .groups = l->link.groups,
                                      .profile = l->link.profile};

    if (access_restrict_link(a->s->tools.catalog, a->s->conf, &limit, e))
        return -1;
    l->active = true;
    *answered = false;
    if (l->path.resource == LINK_DICOMWEB)
        return 0;
    if (links_contents(a->s->tools.catalog, &l->contents, e))
        return -1;
    if (l->contents.studies)
        return rewrite(a, in, e);
    *answered = true;
    return send_problem(a, in, 410, LINK_TEXT_GONE, e);
}

/* DICOMweb requests are not downloads of the whole, so a link that counts these
 * has none. */
static bool has_resource(const struct link_use *l)
{
    return l->path.resource != LINK_NONE && !(l->path.resource == LINK_DICOMWEB && l->link.counted);
}

/* Answer OPTIONS for the page or an archive (RFC 9110 9.3.7). It needs no
 * passcode. */
static int send_methods(struct response *a, struct err *e)
{
    const struct link_use *l = &a->link;
    bool form = *l->link.passcode && l->path.resource == LINK_PAGE;

    a->status = 204;
    a->request.method = REQUEST_OPTIONS;
    buf_printf(&a->head,
               "Status: 204 No Content\r\nAllow: GET, HEAD,%s OPTIONS\r\nCache-Control: no-store\r\n\r\n",
               form ? " POST," : "");
    return buf_check(&a->head, "an answer", e) || response_put_head(a, e) ? -1 : 0;
}

int link_response_begin(struct response *a, struct request_in *in, char *const *envp,
                        const char *prefix, bool *answered, struct err *e)
{
    struct link_use *l = &a->link;
    bool is_link = false, post = in->method && strcmp(in->method, "POST") == 0, inside = false;

    *answered = false;
    if (!in->uri || link_path_parse(in->uri, &a->s->mem, &l->path, &is_link, e) || !is_link)
        return e->kind ? -1 : 0;
    buf_str(&a->cors, PRIVACY);
    in->remote_user = NULL;
    *answered = true;
    l->address = mem_printf(&a->s->mem, e, "%s%s", prefix, l->path.base);
    if (!l->address || links_find(a->s->tools.catalog, l->path.token, &l->link, e))
        return -1;
    link_door_name(a, in);
    l->language = link_text_language(cgi_params_find(envp, "HTTP_ACCEPT_LANGUAGE"));
    if (!is_open(a, in))
        return send_problem(a, in, l->link.state == LINK_UNKNOWN ? 404 : 410,
                            problems[l->link.state], e);
    if (is_prefetch(l, envp))
        return send_problem(a, in, 403, LINK_TEXT_PREVIEW, e);
    if (!has_resource(l))
        return send_problem(a, in, 404, LINK_TEXT_NO_RESOURCE, e);
    if (in->method && strcmp(in->method, "OPTIONS") == 0 && l->path.resource != LINK_DICOMWEB)
        return send_methods(a, e);
    if (*l->link.passcode && post && l->path.resource == LINK_PAGE)
        return enter(a, in, e);
    if (*l->link.passcode && link_door_is_open(l, in, cgi_params_find(envp, "HTTP_COOKIE"),
                                               a->s->conf->link_grace, &inside, e))
        return -1;
    if (*l->link.passcode && !inside)
        return send_form(a, in, false, e);
    return open_link(a, in, answered, e);
}

int link_response_limit(struct response *a, struct err *e)
{
    const char *profile = a->link.link.profile;
    struct request *r = &a->request;

    if (!a->link.active || !*profile || r->link || r->method == REQUEST_POST)
        return 0;
    if (r->deidentify && strcmp(r->deidentify, profile) != 0)
        return err_set(e, ERR_REQUEST,
                       "the link shows only what the profile %s leaves: leave deidentify out",
                       profile);
    r->deidentify = profile;
    return 0;
}

int link_response_page(struct response *a, struct err *e)
{
    struct link_use *l = &a->link;
    const struct answer how = {
        .status = 200, .head = a->request.method == REQUEST_HEAD, .fields = ""};
    struct link_page p = {.kind = LINK_PAGE_CONTENTS,
                          .label = l->link.label,
                          .base = l->address,
                          .service = l->service,
                          .studies = l->contents.studies,
                          .instances = l->contents.instances,
                          .bytes = l->contents.bytes,
                          .dicomdir = l->link.dicomdir,
                          .counted = l->link.counted,
                          .sha256 = "",
                          .expires = l->link.expires};
    const struct links_archive *known;
    struct err why = ERR_INIT;

    if (complete_length(a, &why) == 0 && a->retrieval.progress.length_known) {
        p.bytes = a->retrieval.progress.length;
        p.exact = true;
        known = link_digest_known(l, response_etag(a));
        p.sha256 = known ? known->hex : "";
    }
    p.download = link_door_download(l, &a->s->mem, (int64_t)time(NULL), e);
    return p.download ? send_page(a, &how, &p, e) : -1;
}

bool link_response_digests(const struct response *a)
{
    return link_digest_wanted(&a->link, response_etag(a));
}

/* Record the digest of a complete response. */
static void record_digest(const struct response *a, const struct err *why)
{
    struct err e = ERR_INIT;
    char hex[2 * SHA256_BYTES + 1];

    if (!a->tee.digested || why->kind || !a->wire->finished || a->status != 200)
        return;
    hex_write(hex, a->tee.sum, sizeof a->tee.sum);
    if (links_record_digest(a->s->tools.catalog, a->link.link.id, response_etag(a), hex, &e))
        log_warn("the checksum of link %llu is not recorded: %s",
                 (unsigned long long)a->link.link.id, e.text);
}

void link_response_end(struct response *a, const struct err *why)
{
    const struct link_use *l = &a->link;
    struct err e = ERR_INIT;

    record_digest(a, why);
    if (!l->active || !l->link.counted || !l->ends || l->page)
        return;
    if (why->kind || !a->wire->finished || a->request.method != REQUEST_GET ||
        (a->status != 200 && a->status != 206))
        return;
    if (links_count(a->s->tools.catalog, l->link.id, &e))
        log_error("a download of link %llu is not counted: %s", (unsigned long long)l->link.id,
                  e.text);
}
