/* SPDX-License-Identifier: MIT */
#include "http/request.h"

#include <string.h>

#include "dicom/element_path.h"
#include "http/offer.h"
#include "http/origin.h"
#include "http/query.h"
#include "http/uri.h"

#define BULKDATA 5 /* behind "studies" and three UIDs with the words between them */
#define SEGMENTS_MAX (BULKDATA + 2 * ELEMENT_PATH_DEPTH_MAX + 1) /* with the longest path of an element, and one more */

#define OFFERED "/studies/{study}, /studies/{study}/series/{series} and " \
                "/studies/{study}/series/{series}/instances/{instance} are offered, of each also /metadata, of instances" \
                " /bulkdata/{element}"

/* Sub-resources of PS3.18 10.4.1 and 10.6 that are not offered. */
static const char *const not_offered[] = {"rendered", "thumbnail", "frames", "bulkdata", "pixeldata"};

/* The path behind "studies", split at slashes and decoded. */
struct segments {
    const char *list[SEGMENTS_MAX];
    size_t count;
};

static int parse_method(const char *method, struct request *out, struct err *e)
{
    static const char *const names[] = {[REQUEST_GET] = "GET", [REQUEST_HEAD] = "HEAD", [REQUEST_OPTIONS] = "OPTIONS"};

    for (size_t i = 0; method && i < sizeof names / sizeof *names; i++) {
        if (strcmp(method, names[i]) == 0) {
            out->method = (enum request_method)i;
            return 0;
        }
    }
    return err_set(e, ERR_METHOD, "this method is not offered");
}

static int request_check_length(const char *s, struct err *e)
{
    if (s && strnlen(s, REQUEST_URI_MAX + 1) > REQUEST_URI_MAX)
        return err_set(e, ERR_URI_TOO_LONG, "the address is longer than %d bytes", REQUEST_URI_MAX);
    return 0;
}

/* Behind scheme and authority of an absolute address (RFC 9112 3.2.2); "*" of OPTIONS names the service. */
static const char *skip_authority(const char *uri)
{
    const char *rest = strstr(uri, "://");

    if (strcmp(uri, "*") == 0)
        return "";
    if (*uri == '/' || !rest || rest > uri + 5)
        return uri;
    return rest + 3 + strcspn(rest + 3, "/?");
}

/* The path as the client encoded it; where the web server does not tell, encoded anew from what it decoded. */
static const char *raw_path(const struct request_in *in, struct mem *m, struct err *e)
{
    const char *joined, *path;

    if (request_check_length(in->uri, e) || request_check_length(in->script_name, e) || request_check_length(in->path_info, e))
        return NULL;
    if (in->uri && *in->uri) {
        path = skip_authority(in->uri);
        return mem_copy(m, path, strcspn(path, "?"), e);
    }
    joined = mem_printf(m, e, "%s%s", in->script_name ? in->script_name : "", in->path_info ? in->path_info : "");
    return joined ? uri_encode_path(m, joined, e) : NULL;
}

/* QUERY_STRING is what rewriting left; where it is empty the address may still tell. */
static int raw_query(const struct request_in *in, const char **query, struct err *e)
{
    const char *mark = in->uri ? strchr(in->uri, '?') : NULL;

    *query = in->query && *in->query ? in->query : mark ? mark + 1 : "";
    return request_check_length(*query, e);
}

/* Decodes the segment at *s and moves behind it and its slash. */
static char *take_segment(const char **s, struct mem *m, struct err *e)
{
    size_t len = strcspn(*s, "/");
    char *segment = uri_decode(m, *s, len, "the path", e);

    if (!segment)
        return NULL;
    if (strchr(segment, '/') || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0) {
        err_set(e, ERR_REQUEST, "the path holds a '.' or '..' segment or an encoded slash");
        return NULL;
    }
    *s += len + ((*s)[len] == '/');
    return segment;
}

/* The first segment "studies" of a path: where it begins and what follows it, null where there is none. */
struct studies {
    const char *at, *rest;
};

static int find_studies(const char *path, struct mem *m, struct studies *out, struct err *e)
{
    path += *path == '/';
    while (*path) {
        const char *start = path;
        const char *segment = take_segment(&path, m, e);

        if (!segment)
            return -1;
        if (strcmp(segment, "studies") == 0) {
            *out = (struct studies){start, path};
            return 0;
        }
    }
    return 0;
}

/* A trailing slash makes no segment of its own. */
static int split(const char *s, struct mem *m, struct segments *out, struct err *e)
{
    for (out->count = 0; *s; out->count++) {
        if (out->count == SEGMENTS_MAX)
            return err_set(e, ERR_NOT_FOUND, "no such resource: " OFFERED);
        out->list[out->count] = take_segment(&s, m, e);
        if (!out->list[out->count])
            return -1;
    }
    return 0;
}

static int take_uid(const struct segments *s, size_t at, const char *what, char out[UID_MAX + 1], struct err *e)
{
    size_t len = strlen(s->list[at]);

    if (!uid_valid(s->list[at], len))
        return err_set(e, ERR_REQUEST, "the %s in the path is not a well-formed UID", what);
    memcpy(out, s->list[at], len + 1);
    return 0;
}

static int no_such_resource(const char *segment, struct err *e)
{
    for (size_t i = 0; i < sizeof not_offered / sizeof *not_offered; i++)
        if (strcmp(segment, not_offered[i]) == 0)
            return err_set(e, ERR_NOT_FOUND, "/%s is not offered: " OFFERED, not_offered[i]);
    return err_set(e, ERR_NOT_FOUND, "no such resource: " OFFERED);
}

/* Levels below the study: a word of the path, and the UID that must follow it. */
static int parse_level(const struct segments *s, size_t at, const char *word, char uid[UID_MAX + 1], struct err *e)
{
    if (strcmp(s->list[at], word) != 0) {
        if (strcmp(s->list[at], "series") == 0 || strcmp(s->list[at], "instances") == 0)
            return err_set(e, ERR_NOT_FOUND, "searching is not offered; " OFFERED);
        return no_such_resource(s->list[at], e);
    }
    if (at + 1 == s->count)
        return err_set(e, ERR_NOT_FOUND, "searching is not offered; " OFFERED);
    return take_uid(s, at + 1, at == 1 ? "series" : "instance", uid, e);
}

/* The path of an element behind "bulkdata": tags, and numbers of items between them. */
static int parse_element(const struct segments *s, struct mem *m, struct request *out, struct err *e)
{
    const char *text = s->list[BULKDATA + 1];
    char upper[ELEMENT_PATH_TEXT_MAX + 1];
    struct element_path path;

    for (size_t i = BULKDATA + 2; i < s->count && text; i++)
        text = mem_printf(m, e, "%s/%s", text, s->list[i]);
    if (!text)
        return -1;
    if (!element_path_parse(text, &path))
        return err_set(e, ERR_REQUEST, "what follows /bulkdata is not the path of an element: a tag of 8 hexadecimal digits,"
                       " in front of it those of the sequences that it lies in, each with the number of the item");
    element_path_text(&path, upper);
    out->element = mem_strdup(m, upper, e);
    return out->element ? 0 : -1;
}

/* The last segment, behind a UID. */
static bool takes_metadata(struct segments *s)
{
    if (s->count == 0 || s->count % 2 || s->count > BULKDATA + 1 || strcmp(s->list[s->count - 1], "metadata") != 0)
        return false;
    s->count--;
    return true;
}

/* Take ".zip" off the last segment if that is a UID: programs go by the extension of an address. */
static int take_suffix(struct segments *s, struct mem *m, struct request *out, struct err *e)
{
    const char **last = s->count % 2 && s->count <= BULKDATA ? &s->list[s->count - 1] : NULL;
    size_t len = last ? strlen(*last) : 0;

    if (len < 4 || strcmp(*last + len - 4, ".zip") != 0)
        return 0;
    out->archive = true;
    *last = mem_copy(m, *last, len - 4, e);
    return *last ? 0 : -1;
}

static int parse_resource(struct segments *s, struct mem *m, struct request *out, struct err *e)
{
    out->level = REQUEST_BASE;
    out->metadata = takes_metadata(s);
    if (!out->metadata && take_suffix(s, m, out, e))
        return -1;
    if (s->count == 0)
        return 0;
    if (take_uid(s, 0, "study", out->study, e) || (s->count > 1 && parse_level(s, 1, "series", out->series, e)) ||
        (s->count > 3 && parse_level(s, 3, "instances", out->instance, e)))
        return -1;
    out->level = s->count > 3 ? REQUEST_INSTANCE : s->count > 1 ? REQUEST_SERIES : REQUEST_STUDY;
    if (s->count <= BULKDATA)
        return 0;
    if (s->count == BULKDATA + 1 || strcmp(s->list[BULKDATA], "bulkdata") != 0)
        return no_such_resource(s->list[BULKDATA], e);
    return parse_element(s, m, out, e);
}

/* What stands in front of the resource, for addresses in answers. */
static int take_base(const char *path, size_t len, struct mem *m, struct request *out, struct err *e)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] <= 0x20 || (unsigned char)path[i] >= 0x7f)
            return err_set(e, ERR_REQUEST, "the path holds bytes that must be percent-encoded");
    while (len > 0 && path[len - 1] == '/')
        len--;
    /* Two in front would name another host (RFC 3986 4.2). */
    for (; len > 1 && path[0] == '/' && path[1] == '/'; len--)
        path++;
    out->base = mem_copy(m, path, len, e);
    return out->base ? 0 : -1;
}

/* SCRIPT_NAME may hold a folder named "studies" of its own, or all of the path: so first behind it, then anywhere. */
static int parse_path(const struct request_in *in, struct mem *m, struct request *out, struct err *e)
{
    const char *path = raw_path(in, m, e), *behind;
    struct studies found = {NULL, NULL};
    struct segments s;

    if (!path)
        return -1;
    behind = in->script_name ? uri_skip(path, in->script_name) : NULL;
    if ((behind && find_studies(behind, m, &found, e)) || (!found.at && find_studies(path, m, &found, e)))
        return -1;
    if (take_base(path, found.at ? (size_t)(found.at - path) : strlen(path), m, out, e) ||
        split(found.at ? found.rest : "", m, &s, e) || parse_resource(&s, m, out, e))
        return -1;
    if (out->level == REQUEST_BASE && out->method != REQUEST_OPTIONS)
        return err_set(e, ERR_NOT_FOUND, "%s; " OFFERED, found.at ? "searching is not offered" : "nothing lies here");
    return 0;
}

/*
 * Choose among representations. A request without an Accept field gets the default one: about a third of all clients send
 * none, and Chromium none when it resumes. PS3.18 8.7.5 wants 406 unless the parameter names one.
 */
static int parse_accept(const struct request_in *in, const char *accept, struct request *out, struct err *e)
{
    enum accept_category category = out->metadata                    ? ACCEPT_METADATA
                                    : out->element                   ? ACCEPT_BULKDATA
                                    : out->level == REQUEST_INSTANCE ? ACCEPT_SINGLE
                                                                     : ACCEPT_CONTAINER;

    if (out->method == REQUEST_OPTIONS)
        return accept_capabilities(in->accept, accept, &out->capabilities, e);
    if (out->archive && !accept)
        accept = "application/zip";
    if (in->require_accept && !in->accept && !accept)
        return err_set(e, ERR_NOT_ACCEPTABLE, "the request has no Accept header (PS3.18 8.7.5); offered are %s",
                       offer_words(category));
    return accept_parse(in->accept, accept, category, &out->accept, e);
}

int request_parse(const struct request_in *in, struct mem *m, struct request *out, struct err *e)
{
    const char *query, *accept;

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
    };
    if (parse_method(in->method, out, e) || parse_path(in, m, out, e) || raw_query(in, &query, e) ||
        query_parse(query, m, out, &accept, e) ||
        (out->metadata && out->method != REQUEST_OPTIONS && origin_find(in, m, &out->origin, e)))
        return -1;
    return parse_accept(in, accept, out, e);
}
