/* SPDX-License-Identifier: MIT */
#include "http/capabilities.h"

#include <json.h>
#include <string.h>

#include "dicom/transfer_syntax.h"
#include "http/node.h"
#include "http/offer.h"
#include "http/query.h"
#include "search/search_attribute.h"
#include "http/wadl.h"

#define ABOUT \
    "wadozip " WADOZIP_VERSION \
    ": PS3.18 Retrieve plus application/zip after the drafts of Supplement 211"
#define SYNTAX_HELP \
    "parameter of the media type: none for Explicit VR Little Endian, * for as stored, or a UID"

#define UID "a UID (PS3.5 9.1)"

/* The resources, each within the previous one. */
static const struct level {
    const char *path, *variable, *help, *name;
    enum accept_category category;
} levels[] = {
    {"studies/{study}", "study", UID, "Study", ACCEPT_CONTAINER},
    {"series/{series}", "series", UID, "Series", ACCEPT_CONTAINER},
    {"instances/{instance}", "instance", UID, "Instance", ACCEPT_SINGLE},
    {"bulkdata/{element}", "element",
     "a tag of 8 hexadecimal digits, as 7FE00010; within sequences behind theirs and the item's number, as"
     " 00880200/1/7FE00010",
     "Bulkdata", ACCEPT_BULKDATA},
};

#define LEVELS (sizeof levels / sizeof *levels)

/* The first two are only for GET (RFC 9110 14.2). */
static const char *const request_headers[] = {
    "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};

static void add_media_options(node *param)
{
    const struct offer *o;

    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->media != ACCEPT_METADATA_PLAIN) /* already listed as the type of a table */
            node_set(node_add(param, "option"), "value", o->type);
}

static void fill_request(node *request, bool ranges, enum accept_category category)
{
    const struct query_parameter *q;

    node_reference(request, "param", "", "accept-header");
    for (size_t i = 0; (q = query_parameter(i)) != NULL; i++)
        if (q->use == QUERY_ANY ||
            (q->use == QUERY_IMAGES ? category == ACCEPT_RENDERED : category <= ACCEPT_SINGLE))
            node_reference(request, "param", "query-", q->name);
    for (size_t i = ranges ? 0 : 2; i < sizeof request_headers / sizeof *request_headers; i++)
        node_param(request, request_headers[i], "header");
}

static void fill_responses(node *method, bool ranges, enum accept_category category)
{
    node *good = node_add(method, "response");
    const struct offer *o;

    node_set(good, "status", ranges ? "200 206" : "200");
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->categories & 1u << category)
            node_reference(good, "representation", "media-", o->id);
    node_set(node_add(method, "response"), "status", "304");
    node_set(node_add(method, "response"), "status",
             ranges ? "400 401 404 406 410 412 413 414 416 429 500 503"
                    : "400 401 404 406 410 412 413 414 500 503");
}

static void add_method(node *resource, const char *name, const char *id,
                       enum accept_category category)
{
    node *method = node_add(resource, "method");
    bool ranges = *name == 'G' && category != ACCEPT_METADATA;

    node_set(method, "name", name);
    node_set(method, "id", id);
    fill_request(node_nest(method, "request"), ranges, category);
    fill_responses(method, ranges, category);
}

static void add_retrieve(node *resource, const char *name, const char *suffix,
                         enum accept_category category)
{
    char id[64];

    snprintf(id, sizeof id, "Retrieve%s%s", name, suffix);
    add_method(resource, "GET", id, category);
    snprintf(id, sizeof id, "Check%s%s", name, suffix);
    add_method(resource, "HEAD", id, category);
}

static void add_below(node *resource, const char *name, const char *path, const char *suffix,
                      enum accept_category category)
{
    node *below = node_add(resource, "resource");

    node_set(below, "path", path);
    add_retrieve(below, name, suffix, category);
}

static void add_rendered(node *resource, const char *name)
{
    add_below(resource, name, "rendered", "Rendered", ACCEPT_RENDERED);
    add_below(resource, name, "thumbnail", "Thumbnail", ACCEPT_RENDERED);
}

static void add_variable(node *resource, const char *name, const char *help)
{
    node *variable = node_param(resource, name, "template");

    node_set(variable, "required", "true");
    node_describe(variable, help);
}

static void add_frames(node *instance)
{
    node *frames = node_add(instance, "resource");

    node_set(frames, "path", "frames/{frames}");
    add_variable(frames, "frames", "numbers from 1, separated by commas");
    add_retrieve(frames, "Frames", "", ACCEPT_FRAMES);
    add_rendered(frames, "Frames");
}

/* Add a match key, whose value is free text. */
static void add_key(node *request, const struct search_definition *d)
{
    char name[96];

    snprintf(name, sizeof name, "%s%s", d->sequence ? "RequestAttributesSequence." : "",
             d->keyword);
    node_param(request, name, "query");
}

static void fill_search(node *request, enum search_level level, enum search_level within)
{
    static const char *const others[] = {"limit", "offset", "fuzzymatching", "includefield"};

    node_reference(request, "param", "", "accept-header");
    node_reference(request, "param", "query-", "accept");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        node_param(request, others[i], "query");
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const struct search_definition *d = search_definition((enum search_attribute)i);

        if (d->rule != SEARCH_RETURNED && d->level <= level &&
            (within == SEARCH_NOTHING || d->level > within))
            add_key(request, d);
    }
    for (size_t i = 0; i < sizeof request_headers / sizeof *request_headers; i++)
        if (strncmp(request_headers[i], "If-", 3) == 0 &&
            strcmp(request_headers[i], "If-Range") != 0)
            node_param(request, request_headers[i], "header");
}

/* A search, or its count. */
struct search_resource {
    enum search_level level, within; /* within: SEARCH_NOTHING for all studies */
    enum accept_category category;
};

static void add_search_method(node *resource, const char *name, const char *id,
                              const struct search_resource *s)
{
    node *method = node_add(resource, "method"), *good;
    const struct offer *o;

    node_set(method, "name", name);
    node_set(method, "id", id);
    fill_search(node_nest(method, "request"), s->level, s->within);
    good = node_add(method, "response");
    node_set(good, "status", s->category == ACCEPT_SEARCH ? "200 204" : "200");
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->categories & 1u << s->category)
            node_reference(good, "representation", "media-", o->id);
    node_set(node_add(method, "response"), "status", "304");
    node_set(node_add(method, "response"), "status", "400 401 404 406 412 413 414 500 503");
}

static node *add_search_resource(node *parent, const char *path, const struct search_resource *s)
{
    static const char *const names[] = {"Studies", "Series", "Instances"}, *const places[] = {
                                                                               "OfStudy",
                                                                               "OfSeries", "", ""};
    const char *verb = s->category == ACCEPT_SEARCH ? "SearchFor" : "Count";
    node *resource = node_add(parent, "resource");
    char id[64];

    node_set(resource, "path", path);
    snprintf(id, sizeof id, "%s%s%s", verb, names[s->level], places[s->within]);
    add_search_method(resource, "GET", id, s);
    snprintf(id, sizeof id, "Check%s%s%s", verb, names[s->level], places[s->within]);
    add_search_method(resource, "HEAD", id, s);
    return resource;
}

static void add_searches(node *parent, enum search_level within)
{
    static const char *const paths[] = {"studies", "series", "instances"};
    enum search_level first = within == SEARCH_NOTHING ? SEARCH_STUDIES : within + 1;

    for (enum search_level level = first; level < SEARCH_NOTHING; level++) {
        const struct search_resource search = {level, within, ACCEPT_SEARCH},
                                     count = {level, within, ACCEPT_COUNT};

        add_search_resource(add_search_resource(parent, paths[level], &search), "count", &count);
    }
}

static void add_options(node *resource)
{
    node *method = node_add(resource, "method"), *response;

    node_set(method, "name", "OPTIONS");
    node_set(method, "id", "RetrieveCapabilities");
    response = node_add(method, "response");
    node_set(response, "status", "200");
    node_set(node_add(response, "representation"), "mediaType", "application/vnd.sun.wadl+xml");
    node_set(node_add(response, "representation"), "mediaType", "application/json");
}

static void fill_resources(node *resources, const char *base)
{
    node *at = resources, *root;

    node_set(resources, "base", *base ? base : "/");
    root = node_add(resources, "resource");
    node_set(root, "path", "/");
    add_options(root);
    add_searches(resources, SEARCH_NOTHING);
    for (size_t i = 0; i < LEVELS; i++) {
        at = node_add(at, "resource");
        node_set(at, "path", levels[i].path);
        add_variable(at, levels[i].variable, levels[i].help);
        add_retrieve(at, levels[i].name, "", levels[i].category);
        if (levels[i].category == ACCEPT_BULKDATA)
            continue;
        add_below(at, levels[i].name, "metadata", "Metadata", ACCEPT_METADATA);
        add_rendered(at, levels[i].name);
        if (levels[i].category == ACCEPT_SINGLE)
            add_frames(at);
        if (levels[i].category == ACCEPT_CONTAINER)
            add_searches(at, i == 0 ? SEARCH_STUDIES : SEARCH_SERIES);
    }
}

static void fill_representations(node *application)
{
    const struct offer *o;

    for (size_t i = 0; (o = offer_at(i)) != NULL; i++) {
        node *representation = node_add(application, "representation");
        char id[64];

        snprintf(id, sizeof id, "media-%s", o->id);
        node_set(representation, "id", id);
        node_set(representation, "mediaType", o->type);
        node_describe(representation, o->help);
        if (!(o->categories & 1u << ACCEPT_RENDERED))
            node_reference(representation, "param", "", "transfer-syntax");
    }
}

static void fill_syntax(node *param)
{
    size_t count;
    const struct transfer_syntax *all = transfer_syntax_all(&count);

    node_set(param, "id", "transfer-syntax");
    node_describe(param, SYNTAX_HELP);
    node_set(node_add(param, "option"), "value", "*");
    for (size_t i = 0; i < count; i++) {
        node *option = all[i].forbidden ? NULL : node_add(param, "option");
        char text[128];

        if (!option)
            continue;
        node_set(option, "value", all[i].uid);
        snprintf(text, sizeof text, "%s%s", all[i].name,
                 all[i].target ? "" : " (where it is stored so)");
        node_describe(option, text);
    }
}

static void fill_params(node *application)
{
    node *accept = node_param(application, "Accept", "header");
    const struct query_parameter *q;

    node_set(accept, "id", "accept-header");
    node_set(accept, "required", "true");
    add_media_options(accept);
    for (size_t i = 0; (q = query_parameter(i)) != NULL; i++) {
        node *param = node_param(application, q->name, "query");
        char text[256];

        snprintf(text, sizeof text, "query-%s", q->name);
        node_set(param, "id", text);
        snprintf(text, sizeof text, "%s; values: %s", q->help, q->values);
        node_describe(param, text);
    }
    fill_syntax(node_param(application, "transfer-syntax", "plain"));
}

static node *make_tree(const char *base)
{
    node *root = json_object_new_object(),
         *application = root ? node_nest(root, "application") : NULL;

    if (!application) {
        json_object_put(root);
        return NULL;
    }
    node_describe(application, ABOUT);
    fill_resources(node_nest(application, "resources"), base);
    fill_representations(application);
    fill_params(application);
    return root;
}

int capabilities_body(const char *base, enum accept_capabilities form, struct buf *out,
                      struct err *e)
{
    node *root = make_tree(base);
    const char *text;

    if (!root)
        return err_set(e, ERR_MEMORY, "no memory left for the capabilities");
    if (form == ACCEPT_WADL) {
        buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        wadl_write(out, json_object_object_get(root, "application"));
    } else {
        text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                        JSON_C_TO_STRING_NOSLASHESCAPE);
        buf_str(out, text ? text : "");
        buf_str(out, "\n");
    }
    json_object_put(root);
    return buf_check(out, "the capabilities", e);
}
