/* SPDX-License-Identifier: MIT */
#include "respond/collection_response.h"

#include <inttypes.h>

#include "base/num.h"
#include "catalog/collection_request.h"
#include "dicom/uid.h"
#include "fastcgi/cgi_params.h"
#include "fastcgi/records.h"
#include "http/response_header.h"

#define BODY_SECONDS 30.0

/* A browser sends the user's credentials with a page's request, whose address
 * is in Origin. */
static int check_origin(const struct response *a, const char *origin, struct err *e)
{
    if (!origin || strcmp(origin, a->request.origin) == 0 || a->cors.len)
        return 0;
    return err_set(
        e, ERR_REQUEST,
        "pages of another origin create no collections: allow the origin with the setting cors");
}

static int check_length(const char *text, struct err *e)
{
    uint64_t length;

    if (!text || !*text)
        return 0;
    if (!num_parse(text, strlen(text), UINT64_MAX, &length))
        return err_set(e, ERR_REQUEST, "the length of the body is not a number");
    return length <= COLLECTION_LIST_MAX
               ? 0
               : err_set(e, ERR_TOO_LARGE, "the list is longer than %zu bytes",
                         COLLECTION_LIST_MAX);
}

static int take_posted_list(struct response *a, char *const *envp, struct collection_list *l,
                            struct err *e)
{
    enum collection_list_kind kind;
    const struct buf *body = &a->wire->records->input;

    if (collection_list_kind(cgi_params_find(envp, "CONTENT_TYPE"), &kind, e) ||
        check_length(cgi_params_find(envp, "CONTENT_LENGTH"), e))
        return -1;
    if (records_input(a->wire->records, a->wire->fd, COLLECTION_LIST_MAX, BODY_SECONDS, e))
        return -1;
    return collection_list_parse(body->data ? body->data : "", body->len, kind, l, e);
}

/* 201 also if it was there: with a Location that is a path, a CGI server would
 * take 200 for a redirection (RFC 3875 6.2.2). */
static int send_created(struct response *a, const struct collection *c, bool fresh, struct err *e)
{
    const char *location = mem_printf(&a->s->mem, e, "%s/collections/%s", a->request.base, c->id);
    const char *body =
        mem_printf(&a->s->mem, e,
                   "{\"id\":\"%s\",\"studies\":%" PRIu64 ",\"series\":%" PRIu64
                   ",\"instances\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"created\":%s%s%s%s}\n",
                   c->id, c->studies, c->series, c->instances, c->bytes, fresh ? "true" : "false",
                   *c->profile ? ",\"profile\":\"" : "", c->profile, *c->profile ? "\"" : "");
    struct response_header r = {.status = 201, .type = "application/json", .length_known = true,
                                .created = location};

    if (!location || !body)
        return -1;
    r.length = strlen(body);
    a->status = r.status;
    if (response_header_head(&r, &a->head, e) || response_put_head(a, e))
        return -1;
    return sink_put(&a->s->sink, body, r.length, e);
}

/* The error's text has no room for a list of UIDs. */
static void keep_unknown(struct response *a, const struct buf *unknown, const struct err *why)
{
    struct err none = ERR_INIT;
    char *text =
        unknown->len ? mem_printf(&a->s->mem, &none, "%s:%s", why->text, unknown->data) : NULL;

    for (char *c = text; c && *c; c++)
        if (*c == '\n')
            *c = ' ';
    a->reason = text;
}

/* Of a de-identified collection, the user must have its series in that form. */
static int take_profile_of_list(struct response *a, char *const *envp,
                                const struct collection_list *l, struct err *e)
{
    const struct conf *c = a->s->conf;
    const struct access_principal p = response_principal(a, envp);

    if (!*l->profile)
        return 0;
    if (!conf_deid_of(&c->deid, l->profile))
        return err_set(e, ERR_UNPROCESSABLE, "there is no profile of de-identification \"%s\"",
                       l->profile);
    return access_restrict(a->s->tools.catalog, c, &p, ACCESS_SEARCH | ACCESS_RETRIEVE, l->profile,
                           e);
}

static int create_from_body(struct response *a, struct collection_list *l, struct err *e)
{
    struct collection made;
    struct buf unknown;
    bool fresh;
    int rc;

    buf_init(&unknown, COLLECTION_UNKNOWN_MAX * (UID_MAX + 2));
    l->creator = a->request.user;
    rc = collection_request(a->s->tools.catalog, l, &made, &fresh, &unknown, e);
    if (rc)
        keep_unknown(a, &unknown, e);
    buf_release(&unknown);
    return rc ? -1 : send_created(a, &made, fresh, e);
}

int collection_response_create(struct response *a, char *const *envp, struct err *e)
{
    struct collection_list list;
    int rc;

    if (a->link.active || !a->s->conf->create_collections)
        return err_set(e, ERR_NOT_FOUND,
                       "collections are not created over HTTP here (setting create_collections)");
    if (check_origin(a, cgi_params_find(envp, "HTTP_ORIGIN"), e))
        return -1;
    collection_list_init(&list);
    rc = take_posted_list(a, envp, &list, e);
    buf_release(&a->wire->records->input);
    if (rc == 0)
        rc = take_profile_of_list(a, envp, &list, e) || create_from_body(a, &list, e) ? -1 : 0;
    collection_list_release(&list);
    return rc;
}
