/* SPDX-License-Identifier: MIT */
#include "respond/share_response.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/utf8.h"
#include "rights/access.h"
#include "rights/links_share.h"
#include "fastcgi/cgi_params.h"
#include "fastcgi/records.h"
#include "http/node.h"
#include "http/response_header.h"

#define BODY_SECONDS 10.0
#define DEFAULT_DAYS 7
#define DAY 86400
#define JSON_TYPE "application/json"
#define LIST_MAX ((size_t)4 << 20)
#define MISSING_MAX ((size_t)2 << 10)

/* A browser sends the user's credentials with every page's request; the page's
 * address is in Origin, and its relation to the service in Sec-Fetch-Site.
 * Other clients send neither. */
static int check_page(const struct response *a, char *const *envp, struct err *e)
{
    const char *origin = cgi_params_find(envp, "HTTP_ORIGIN"),
               *site = cgi_params_find(envp, "HTTP_SEC_FETCH_SITE");
    const char *url = a->s->conf->public_url;
    bool own = !origin || strcmp(origin, a->request.origin) == 0 ||
               (strncmp(url, origin, strlen(origin)) == 0 && strchr("/", url[strlen(origin)]));

    if (own && (!site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0))
        return 0;
    return err_set(e, ERR_FORBIDDEN, "only pages of this service create and revoke links");
}

static int check_setting(const struct response *a, struct err *e)
{
    if (!a->s->conf->create_links || a->s->conf->access == CONF_ACCESS_NONE || a->link.active)
        return err_set(e, ERR_NOT_FOUND,
                       "links are not created over HTTP here (setting create_links)");
    if (access_check(a->s->conf, &a->request, e))
        return -1;
    if (!a->request.user) /* no 401, which makes browsers ask for a password */
        return err_set(e, ERR_NOT_FOUND,
                       "links belong to users whom the web server has authenticated");
    if (!utf8_is_text(a->request.user, 4 * LINKS_CREATOR_MAX + 1))
        return err_set(e, ERR_UNPROCESSABLE,
                       "a user whose name is not UTF-8, or too long, has no links");
    return 0;
}

/* Restrict look-ups to what the user has with these acts. */
static int restrict_to(struct response *a, char *const *envp, unsigned acts, struct err *e)
{
    const struct conf *c = a->s->conf;
    const struct access_principal p = response_principal(a, envp);

    return access_restrict(a->s->tools.catalog, c, &p, acts, "", e);
}

static int send_json(struct response *a, int status, const char *created, const char *text,
                     struct err *e)
{
    struct response_header r = {.status = status,
                                .type = JSON_TYPE,
                                .length_known = true,
                                .length = strlen(text),
                                .created = created,
                                .cache = "no-store"};

    a->status = status;
    if (response_header_head(&r, &a->head, e) || response_put_head(a, e))
        return -1;
    return a->request.method == REQUEST_HEAD ? 0 : sink_put(&a->s->sink, text, strlen(text), e);
}

/* Send the links of the user, and whether the user may make more. */
static int send_list(struct response *a, char *const *envp, struct err *e)
{
    struct catalog *c = a->s->tools.catalog;
    struct buf links;
    const char *text = NULL;
    bool may = true;

    if (restrict_to(a, envp, ACCESS_RETRIEVE | ACCESS_SHARE, e))
        return -1;
    if (a->s->conf->access == CONF_ACCESS_GRANTS && links_share_granted(c, &may, e))
        return -1;
    buf_init(&links, LIST_MAX);
    if (links_share_list(c, a->request.user, &links, e) == 0)
        text = mem_printf(
            &a->s->mem, e, "{\"may_share\":%s,\"max_days\":%" PRIu64 ",\"links\":[%s]}\n",
            may ? "true" : "false", a->s->conf->link_max_days, links.data ? links.data : "");
    buf_release(&links);
    return text ? send_json(a, 200, NULL, text, e) : -1;
}

static int read_request(struct response *a, char *const *envp, struct link_request *out,
                        struct err *e)
{
    const struct buf *body = &a->wire->records->input;
    const char *type = cgi_params_find(envp, "CONTENT_TYPE"),
               *length = cgi_params_find(envp, "CONTENT_LENGTH");
    uint64_t bytes;

    if (!type || strcspn(type, "; \t") != strlen(JSON_TYPE) ||
        strncasecmp(type, JSON_TYPE, strlen(JSON_TYPE)) != 0)
        return err_set(e, ERR_MEDIA_TYPE,
                       "a link is described as " JSON_TYPE ": name it in Content-Type");
    if (length && *length && !num_parse(length, strlen(length), LINK_REQUEST_MAX, &bytes))
        return err_set(e, ERR_TOO_LARGE, "the description of a link has more than %zu bytes",
                       LINK_REQUEST_MAX);
    if (records_input(a->wire->records, a->wire->fd, LINK_REQUEST_MAX, BODY_SECONDS, e))
        return -1;
    return link_request_parse(body->data ? body->data : "", body->len, out, e);
}

/* Check the parts of a request that depend on settings. */
static int check_request(const struct conf *c, struct link_request *q, struct err *e)
{
    if (!q->seconds)
        q->seconds = (c->link_max_days < DEFAULT_DAYS ? c->link_max_days : DEFAULT_DAYS) * DAY;
    if (q->seconds > c->link_max_days * DAY)
        return err_set(e, ERR_UNPROCESSABLE, "a link expires after at most %" PRIu64 " days",
                       c->link_max_days);
    if (*q->profile && !conf_deid_of(&c->deid, q->profile))
        return err_set(e, ERR_REQUEST, "there is no profile of de-identification \"%s\"",
                       q->profile);
    return 0;
}

/* Store a reason that names the things; the error's text has no room for them.
 */
static int fail_naming(struct response *a, enum err_kind kind, const char *why,
                       const struct buf *things, struct err *e)
{
    struct err none = ERR_INIT;

    a->reason = mem_printf(&a->s->mem, &none, "%s: %s", why, things->data);
    return err_set(e, kind, "%s", why);
}

static int check_missing(struct response *a, char *const *envp, const struct link_things *t,
                         struct buf *missing, struct err *e)
{
    struct catalog *c = a->s->tools.catalog;
    uint64_t all, unknown;

    if (restrict_to(a, envp, ACCESS_RETRIEVE | ACCESS_SHARE, e) ||
        links_share_missing(c, t, missing, &all, e))
        return -1;
    if (!all)
        return 0;
    buf_clear(missing);
    if (restrict_to(a, envp, ACCESS_RETRIEVE, e) || links_share_missing(c, t, missing, &unknown, e))
        return -1;
    if (unknown)
        return fail_naming(a, ERR_UNPROCESSABLE, "not in the catalogue", missing, e);
    return err_set(e, ERR_FORBIDDEN,
                   "you may retrieve this, but not share all of it (%" PRIu64 " of %zu)", all,
                   t->count);
}

/* Check that the user may share everything that is named. */
static int check_contents(struct response *a, char *const *envp, const struct link_things *t,
                          struct err *e)
{
    struct buf missing;
    int rc;

    buf_init(&missing, MISSING_MAX);
    rc = check_missing(a, envp, t, &missing, e);
    buf_release(&missing);
    return rc;
}

static int share_passcode(const struct link_request *q, char chosen[SECRET_CHOSEN],
                          char hash[SECRET_HASH], struct err *e)
{
    *chosen = *hash = '\0';
    if (q->choose && secret_choose(chosen, e))
        return -1;
    if (!q->choose && !*q->passcode)
        return 0;
    return secret_hash(q->choose ? chosen : q->passcode, hash, e);
}

/* Return the body of 201, which has the address and a chosen passcode. They are
 * shown only here. */
static const char *describe_link(struct response *a, uint64_t id, const char *address,
                                 const char *passcode, const char *until, struct err *e)
{
    json_object *o = json_object_new_object();
    const char *text;

    if (!o) {
        err_set(e, ERR_MEMORY, "out of memory");
        return NULL;
    }
    json_object_object_add(o, "link", json_object_new_int64((int64_t)id));
    json_object_object_add(o, "address", json_object_new_string(address));
    if (*passcode)
        json_object_object_add(o, "passcode", json_object_new_string(passcode));
    json_object_object_add(o, "expires", json_object_new_string(until));
    text = mem_printf(&a->s->mem, e, "%s\n",
                      json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
    return text;
}

static int send_link(struct response *a, const struct links_share *s, const char *prefix,
                     const char *passcode, struct err *e)
{
    char until[LINKS_SHARE_UNTIL];
    uint64_t id;
    struct buf address;
    const char *origin = mem_printf(&a->s->mem, e, "%s%s", a->request.origin, prefix), *body = NULL,
               *created;

    if (!origin || links_share_add(a->s->tools.catalog, s, &id, until, e))
        return -1;
    buf_init(&address, LIST_MAX);
    link_path_address(a->s->conf, origin, s->wish.token, &address);
    if (buf_check(&address, "the address of a link", e) == 0)
        body = describe_link(a, id, address.data, passcode, until, e);
    buf_release(&address);
    created = mem_printf(&a->s->mem, e, "%s/links/%" PRIu64, a->request.base, id);
    return body && created ? send_json(a, 201, created, body, e) : -1;
}

static int share_create_from(struct response *a, char *const *envp, const char *prefix,
                             struct link_request *q, struct err *e)
{
    const char *groups = cgi_params_find(envp, a->s->conf->groups_variable);
    char token[SECRET_TOKEN + 1], hash[SECRET_HASH], chosen[SECRET_CHOSEN];
    struct links_share s = {.wish = {.token = token,
                                     .things = &q->things,
                                     .label = q->label,
                                     .creator = a->request.user,
                                     .transfer_syntax = q->transfer_syntax,
                                     .seconds = q->seconds,
                                     .max_downloads = q->max_downloads,
                                     .dicomdir = q->dicomdir,
                                     .profile = q->profile},
                            .groups = groups ? groups : "",
                            .who = a->who};

    if (!utf8_is_text(s.groups, LINKS_GROUPS_MAX + 1))
        return err_set(e, ERR_UNPROCESSABLE, "the list of your groups is not UTF-8, or too long");
    if (check_contents(a, envp, &q->things, e))
        return -1;
    if (secret_token(token, e) || share_passcode(q, chosen, hash, e))
        return -1;
    s.wish.passcode = *hash ? hash : NULL;
    return send_link(a, &s, prefix, chosen, e);
}

static int share_create(struct response *a, char *const *envp, const char *prefix, struct err *e)
{
    struct link_request *q = mem_alloc(&a->s->mem, sizeof *q, e);
    int rc = q ? read_request(a, envp, q, e) : -1;

    buf_release(&a->wire->records->input);
    if (rc || check_request(a->s->conf, q, e))
        return -1;
    return share_create_from(a, envp, prefix, q, e);
}

static int share_revoke(struct response *a, struct err *e)
{
    struct response_header r = {.status = 204, .cache = "no-store"};
    bool found;

    if (links_share_revoke(a->s->tools.catalog, a->request.link, a->request.user, a->who, &found,
                           e))
        return -1;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "you have no link %s", a->request.link);
    a->status = r.status;
    return response_header_head(&r, &a->head, e) || response_put_head(a, e) ? -1 : 0;
}

int share_response_serve(struct response *a, char *const *envp, const char *prefix, struct err *e)
{
    bool changes = a->request.method == REQUEST_POST || a->request.method == REQUEST_DELETE;

    if (check_setting(a, e) || (changes && check_page(a, envp, e)))
        return -1;
    if (a->request.method == REQUEST_POST)
        return share_create(a, envp, prefix, e);
    return a->request.method == REQUEST_DELETE ? share_revoke(a, e) : send_list(a, envp, e);
}
