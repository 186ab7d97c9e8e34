/* SPDX-License-Identifier: MIT */
#include "http/request.h"

#include <string.h>

#include "http/coding.h"
#include "http/offer.h"
#include "http/origin.h"
#include "http/query.h"
#include "http/request_path.h"
#include "http/request_pixels.h"

static int parse_method(const char *method, struct request *out, struct err *e)
{
    static const char *const names[] = {[REQUEST_GET] = "GET",
                                        [REQUEST_HEAD] = "HEAD",
                                        [REQUEST_OPTIONS] = "OPTIONS",
                                        [REQUEST_POST] = "POST",
                                        [REQUEST_DELETE] = "DELETE"};

    for (size_t i = 0; method && i < sizeof names / sizeof *names; i++) {
        if (strcmp(method, names[i]) == 0) {
            out->method = (enum request_method)i;
            return 0;
        }
    }
    return err_set(e, ERR_METHOD, "this method is not offered");
}

/* Links are listed, created and revoked. */
static int check_link_method(const struct request *r, struct err *e)
{
    if (*r->link && r->method != REQUEST_DELETE)
        return err_set(e, ERR_METHOD, "a link is revoked here by DELETE");
    if (!*r->link && r->method == REQUEST_DELETE)
        return err_set(e, ERR_METHOD, "links are listed here by GET, and created by POST");
    return 0;
}

/* Collections are created by POST, and everything else but links is read. */
static int check_method(const struct request *r, struct err *e)
{
    bool creates = r->collection && !*r->collection;

    if (r->link && r->method != REQUEST_OPTIONS)
        return check_link_method(r, e);
    if (r->method == REQUEST_DELETE)
        return err_set(e, ERR_METHOD, "only links are revoked by DELETE");
    if (r->method == REQUEST_OPTIONS || creates == (r->method == REQUEST_POST))
        return 0;
    return err_set(e, ERR_METHOD,
                   creates ? "collections are created here by POST"
                           : "only collections are created by POST");
}

static int check_parts(const struct request *r, struct err *e)
{
    if (!r->part_bytes && !r->part)
        return 0;
    if (!r->collection)
        return err_set(e, ERR_REQUEST,
                       "the query parameters part_bytes and part are for collections");
    return r->part_bytes ? 0 : err_set(e, ERR_REQUEST, "the query parameter part needs part_bytes");
}

/* QUERY_STRING is the query after rewriting. If it is empty, REQUEST_URI may
 * still contain one. */
static int raw_query(const struct request_in *in, const char **query, struct err *e)
{
    const char *mark = in->uri ? strchr(in->uri, '?') : NULL;

    *query = in->query && *in->query ? in->query : mark ? mark + 1 : "";
    return request_path_length(*query, e);
}

static int parse_search(const char *raw, enum search_level level, struct mem *m,
                        struct request *out, struct err *e)
{
    const struct search_target of = {level, out->study, out->series, true};
    struct search_query *q = mem_alloc(m, sizeof *q, e);

    out->search = q;
    return q ? search_query_parse(raw, &of, m, q, e) : -1;
}

/*
 * Choose representations. A request without an Accept field gets the default:
 * about a third of all clients send none, and Chromium sends none when it
 * resumes. PS3.18 8.7.5 requires 406 unless the parameter names one.
 */
static int parse_accept(const struct request_in *in, const char *accept, struct mem *m,
                        struct request *out, struct err *e)
{
    enum accept_category category = out->collection                  ? ACCEPT_COLLECTION
                                    : out->pixels == REQUEST_FRAMES  ? ACCEPT_FRAMES
                                    : out->pixels                    ? ACCEPT_RENDERED
                                    : out->search && out->counted      ? ACCEPT_COUNT
                                    : out->search                    ? ACCEPT_SEARCH
                                    : out->metadata                  ? ACCEPT_METADATA
                                    : out->element                   ? ACCEPT_BULKDATA
                                    : out->level == REQUEST_INSTANCE ? ACCEPT_SINGLE
                                                                     : ACCEPT_CONTAINER;

    if (out->method == REQUEST_OPTIONS)
        return accept_capabilities(in->accept, accept, &out->capabilities, e);
    if (out->archive && !accept)
        accept = "application/zip";
    if (in->require_accept && !in->accept && !accept)
        return err_set(e, ERR_NOT_ACCEPTABLE,
                       "the request has no Accept header (PS3.18 8.7.5); offered are %s",
                       offer_words(category));
    if (out->pixels)
        return request_pixels_accept(in, accept, m, out, e);
    return accept_parse(in->accept, accept, category, &out->accept, e);
}

int request_parse(const struct request_in *in, struct mem *m, struct request *out, struct err *e)
{
    const char *query, *accept;
    enum search_level searched;

    *out = (struct request){
        .base = "",
        .range = in->range,
        .if_range = in->if_range,
        .if_match = in->if_match,
        .if_none_match = in->if_none_match,
        .if_modified_since = in->if_modified_since,
        .if_unmodified_since = in->if_unmodified_since,
        .user = in->remote_user && *in->remote_user ? in->remote_user : NULL,
        .text = accept_text(in->accept),
        .gzip = coding_is_gzip(in->accept_encoding),
    };
    if (parse_method(in->method, out, e) || request_path_parse(in, m, out, &searched, e))
        return -1;
    if (check_method(out, e))
        return -1;
    if (raw_query(in, &query, e) || query_parse(query, m, out, &accept, e))
        return -1;
    if (check_parts(out, e))
        return -1;
    if (searched != SEARCH_NOTHING && out->method != REQUEST_OPTIONS &&
        parse_search(query, searched, m, out, e))
        return -1;
    if ((out->metadata || out->search || out->collection || out->link) &&
        out->method != REQUEST_OPTIONS && origin_find(in, m, &out->origin, e))
        return -1;
    if (out->method == REQUEST_POST || (out->link && out->method != REQUEST_OPTIONS))
        return 0;
    return parse_accept(in, accept, m, out, e);
}
