/* SPDX-License-Identifier: MIT */
#include "http/request_path.h"

#include <string.h>

#include "dicom/element_path.h"
#include "http/request_collection.h"
#include "http/request_pixels.h"
#include "base/uri.h"

#define BULKDATA 5 /* segments after "studies": three UIDs and the words between them */
#define SEGMENTS_MAX \
    (BULKDATA + 2 * ELEMENT_PATH_DEPTH_MAX + \
     1) /* with the longest path of an element, and one more */

#define OFFERED \
    "/studies/{study}, /studies/{study}/series/{series} and " \
    "/studies/{study}/series/{series}/instances/{instance} are offered, of each also /metadata, /rendered" \
    " and /thumbnail, of instances /bulkdata/{element} and /frames/{list}, and searches: /studies, /series," \
    " /instances and those within a study or series, of each also /count"

/* Sub-resources of PS3.18 10.4.1 and 10.6 that are not offered. */
static const char *const not_offered[] = {"rendered", "thumbnail", "frames", "bulkdata",
                                          "pixeldata"};

/* The path after "studies", split at slashes and decoded. */
struct segments {
    const char *list[SEGMENTS_MAX];
    size_t count;
};

int request_path_length(const char *s, struct err *e)
{
    if (s && strnlen(s, REQUEST_URI_MAX + 1) > REQUEST_URI_MAX)
        return err_set(e, ERR_URI_TOO_LONG, "the address is longer than %d bytes", REQUEST_URI_MAX);
    return 0;
}

/*
 * Skip scheme and authority of an absolute address (RFC 9112 3.2.2). "*" of
 * OPTIONS is the service.
 */
static const char *skip_authority(const char *uri)
{
    const char *rest = strstr(uri, "://");

    if (strcmp(uri, "*") == 0)
        return "";
    if (*uri == '/' || !rest || rest > uri + 5)
        return uri;
    return rest + 3 + strcspn(rest + 3, "/?");
}

/*
 * Return the path in the client's encoding, or, if the web server does not pass
 * it, encoded again from the decoded one.
 */
static char *raw_path(const struct request_in *in, struct mem *m, struct err *e)
{
    const char *joined, *path;

    if (request_path_length(in->uri, e) || request_path_length(in->script_name, e))
        return NULL;
    if (request_path_length(in->path_info, e))
        return NULL;
    if (in->uri && *in->uri) {
        path = skip_authority(in->uri);
        return mem_copy(m, path, strcspn(path, "?"), e);
    }
    joined = mem_printf(m, e, "%s%s", in->script_name ? in->script_name : "",
                        in->path_info ? in->path_info : "");
    return joined ? uri_encode_path(m, joined, e) : NULL;
}

/* Decode the segment at *s and move past it and its slash. */
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

/*
 * The first segment "studies" of a path: its position and the text after it,
 * null if there is none.
 */
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

/* Split the path. A trailing slash is not a segment. */
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

static int take_uid(const struct segments *s, size_t at, const char *what, char out[UID_MAX + 1],
                    struct err *e)
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

/* Parse a level below the study: a word and the UID after it. */
static int parse_level(const struct segments *s, size_t at, const char *word, char uid[UID_MAX + 1],
                       struct err *e)
{
    if (strcmp(s->list[at], word) != 0)
        return no_such_resource(s->list[at], e);
    return take_uid(s, at + 1, at == 1 ? "series" : "instance", uid, e);
}

/* Parse the path of an element after "bulkdata": tags with item numbers between
 * them. */
static int parse_element(const struct segments *s, struct mem *m, struct request *out,
                         struct err *e)
{
    const char *text = s->list[BULKDATA + 1];
    char upper[ELEMENT_PATH_TEXT_MAX + 1];
    struct element_path path;

    for (size_t i = BULKDATA + 2; i < s->count && text; i++)
        text = mem_printf(m, e, "%s/%s", text, s->list[i]);
    if (!text)
        return -1;
    if (!element_path_parse(text, &path))
        return err_set(
            e, ERR_REQUEST,
            "what follows /bulkdata is not the path of an element: a tag of 8 hexadecimal digits,"
            " preceded by the tag of each enclosing sequence and the number of the item");
    element_path_text(&path, upper);
    out->element = mem_strdup(m, upper, e);
    return out->element ? 0 : -1;
}

/* Take the last segment, after a UID. */
static bool takes_metadata(struct segments *s)
{
    if (s->count == 0 || s->count % 2 || s->count > BULKDATA + 1 ||
        strcmp(s->list[s->count - 1], "metadata") != 0)
        return false;
    s->count--;
    return true;
}

/*
 * Take ".zip" off the last segment if that is a UID: programs look at the
 * extension of an address.
 */
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

/* Return the level that a last segment searches, SEARCH_NOTHING if it is not a
 * search. */
static enum search_level searched_level(const char *word)
{
    if (strcmp(word, "series") == 0)
        return SEARCH_SERIES;
    return strcmp(word, "instances") == 0 ? SEARCH_INSTANCES : SEARCH_NOTHING;
}

/* Take the last segment of a search within a study or series (PS3.18 Table
 * 10.6.1-1). */
static enum search_level take_search(struct segments *s)
{
    enum search_level level = s->count ? searched_level(s->list[s->count - 1]) : SEARCH_STUDIES;

    if (s->count == 0)
        return level;
    if (s->count != 2 && !(s->count == 4 && level == SEARCH_INSTANCES))
        return SEARCH_NOTHING;
    s->count -= level != SEARCH_NOTHING;
    return level;
}

static int parse_resource(struct segments *s, struct mem *m, struct request *out, struct err *e)
{
    out->level = REQUEST_BASE;
    out->metadata = takes_metadata(s);
    if (!out->metadata &&
        (take_suffix(s, m, out, e) || request_pixels_take(s->list, &s->count, m, out, e)))
        return -1;
    if (s->count == 0)
        return 0;
    if (take_uid(s, 0, "study", out->study, e))
        return -1;
    if (s->count > 1 && parse_level(s, 1, "series", out->series, e))
        return -1;
    if (s->count > 3 && parse_level(s, 3, "instances", out->instance, e))
        return -1;
    out->level = s->count > 3 ? REQUEST_INSTANCE : s->count > 1 ? REQUEST_SERIES : REQUEST_STUDY;
    if (s->count <= BULKDATA)
        return 0;
    if (s->count == BULKDATA + 1 || strcmp(s->list[BULKDATA], "bulkdata") != 0)
        return no_such_resource(s->list[BULKDATA], e);
    return parse_element(s, m, out, e);
}

/* Store the path before the resource, for addresses in responses. */
static int take_base(const char *path, size_t len, struct mem *m, struct request *out,
                     struct err *e)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] <= 0x20 || (unsigned char)path[i] >= 0x7f)
            return err_set(e, ERR_REQUEST, "the path holds bytes that must be percent-encoded");
    while (len > 0 && path[len - 1] == '/')
        len--;
    /* Two leading slashes would name another host (RFC 3986 4.2). */
    for (; len > 1 && path[0] == '/' && path[1] == '/'; len--)
        path++;
    out->base = mem_copy(m, path, len, e);
    return out->base ? 0 : -1;
}

/*
 * Return the last segment of a path if it searches series or instances of all
 * studies, else null. Allows a trailing slash.
 */
static const char *find_search(const char *path, enum search_level *searched)
{
    size_t len = strlen(path), begin;
    char word[16];

    len -= len > 0 && path[len - 1] == '/';
    for (begin = len; begin > 0 && path[begin - 1] != '/'; begin--)
        ;
    if (len - begin >= sizeof word)
        return NULL;
    memcpy(word, path + begin, len - begin);
    word[len - begin] = '\0';
    *searched = searched_level(word);
    return *searched == SEARCH_NOTHING ? NULL : path + begin;
}

/*
 * Take an ending off the path of a search: "/count" asks for the number of
 * results, ".zip" for an archive of them. Returns whether it was present.
 */
static bool take_ending(char *path, const char *ending)
{
    static const char *const words[] = {"studies", "series", "instances"};
    size_t len = strlen(path), end = strlen(ending);

    len -= len > 0 && path[len - 1] == '/';
    if (len < end || memcmp(path + len - end, ending, end) != 0)
        return false;
    len -= end;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);

        if (len > n && path[len - n - 1] == '/' && memcmp(path + len - n, words[i], n) == 0) {
            path[len] = '\0';
            return true;
        }
    }
    return false;
}

/*
 * SCRIPT_NAME can contain a folder named "studies" or the whole path, so look
 * after it first, then anywhere.
 */
static int find_resource(const char *path, const char *script, struct mem *m, struct studies *found,
                         enum search_level *searched, struct err *e)
{
    const char *places[] = {script ? uri_skip(path, script) : NULL, path};

    for (size_t i = 0; i < 2 && !found->at; i++) {
        if (places[i] && find_studies(places[i], m, found, e))
            return -1;
        if (places[i] && !found->at)
            *found = (struct studies){find_search(places[i], searched), ""};
    }
    return 0;
}

int request_path_parse(const struct request_in *in, struct mem *m, struct request *out,
                       enum search_level *searched, struct err *e)
{
    char *path = raw_path(in, m, e);
    struct studies found = {NULL, ""};
    struct segments s;

    *searched = SEARCH_NOTHING;
    if (!path)
        return -1;
    out->collection = request_collection_find(path, m, &found.at, &out->archive, e);
    if (!found.at && !e->kind)
        out->link = request_collection_link(path, m, &found.at, e);
    if (found.at)
        return (out->collection || out->link) &&
                       take_base(path, (size_t)(found.at - path), m, out, e) == 0
                   ? 0
                   : -1;
    out->counted = take_ending(path, "/count");
    out->archive = !out->counted && take_ending(path, ".zip");
    if ( find_resource(path, in->script_name, m, &found, searched, e))
        return -1;
    if (take_base(path, found.at ? (size_t)(found.at - path) : strlen(path), m, out, e) ||
        split(found.rest, m, &s, e))
        return -1;
    if (found.at && *searched == SEARCH_NOTHING)
        *searched = take_search(&s);
    if (parse_resource(&s, m, out, e))
        return -1;
    if (out->level == REQUEST_BASE && *searched == SEARCH_NOTHING && out->method != REQUEST_OPTIONS)
        return err_set(e, ERR_NOT_FOUND, "nothing lies here; " OFFERED);
    return 0;
}
