/* SPDX-License-Identifier: MIT */
#include "http/capabilities.h"

#include <json.h>
#include <string.h>

#include "dicom/transfer_syntax.h"
#include "http/offer.h"
#include "http/query.h"
#include "http/search_attribute.h"
#include "http/wadl.h"

#define ABOUT "wadozip " WADOZIP_VERSION ": PS3.18 Retrieve plus application/zip after the drafts of Supplement 211"
#define SYNTAX_HELP "parameter of the media type: none for Explicit VR Little Endian, * for as stored, or a UID"

#define UID "a UID (PS3.5 9.1)"

/* The resources, each within the one before it. */
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

/* The first two go with GET alone (RFC 9110 14.2). */
static const char *const request_headers[] = {"Range",         "If-Range",          "If-Match",
                                              "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};

/*
 * The tree is made of json-c objects: a string is an attribute, an object an element, an array a run of elements of one
 * name. A null from json-c (no memory) becomes a JSON null and is found when the tree is written.
 */
typedef json_object node;

static void capabilities_set(node *to, const char *key, const char *text)
{
    json_object_object_add(to, key, json_object_new_string(text));
}

/* A new element at the end of the run `name` of `to`. */
static node *capabilities_add(node *to, const char *name)
{
    node *run = json_object_object_get(to, name), *element = json_object_new_object();

    if (!run) {
        run = json_object_new_array();
        json_object_object_add(to, name, run);
    }
    json_object_array_add(run, element);
    return element;
}

static node *nest(node *to, const char *name)
{
    node *element = json_object_new_object();

    json_object_object_add(to, name, element);
    return element;
}

static void capabilities_describe(node *to, const char *text)
{
    capabilities_set(capabilities_add(to, "doc"), "title", text);
}

static node *add_param(node *to, const char *name, const char *style)
{
    node *param = capabilities_add(to, "param");

    capabilities_set(param, "name", name);
    capabilities_set(param, "style", style);
    return param;
}

static void add_reference(node *to, const char *name, const char *prefix, const char *id)
{
    char href[64];

    snprintf(href, sizeof href, "#%s%s", prefix, id);
    capabilities_set(capabilities_add(to, name), "href", href);
}

static void add_media_options(node *param)
{
    const struct offer *o;

    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->media != ACCEPT_METADATA_PLAIN) /* listed already as the type of a table */
            capabilities_set(capabilities_add(param, "option"), "value", o->type);
}

static void fill_request(node *request, bool ranges, enum accept_category category)
{
    const struct query_parameter *q;

    add_reference(request, "param", "", "accept-header");
    for (size_t i = 0; (q = query_parameter(i)) != NULL; i++)
        if (!q->archives || category <= ACCEPT_SINGLE)
            add_reference(request, "param", "query-", q->name);
    for (size_t i = ranges ? 0 : 2; i < sizeof request_headers / sizeof *request_headers; i++)
        add_param(request, request_headers[i], "header");
}

static void fill_responses(node *method, bool ranges, enum accept_category category)
{
    node *good = capabilities_add(method, "response");
    const struct offer *o;

    capabilities_set(good, "status", ranges ? "200 206" : "200");
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->categories & 1u << category)
            add_reference(good, "representation", "media-", o->id);
    capabilities_set(capabilities_add(method, "response"), "status", "304");
    capabilities_set(capabilities_add(method, "response"), "status",
        ranges ? "400 401 404 406 410 412 413 414 416 429 500 503" : "400 401 404 406 410 412 413 414 500 503");
}

static void add_method(node *resource, const char *name, const char *id, enum accept_category category)
{
    node *method = capabilities_add(resource, "method");
    bool ranges = *name == 'G' && category != ACCEPT_METADATA;

    capabilities_set(method, "name", name);
    capabilities_set(method, "id", id);
    fill_request(nest(method, "request"), ranges, category);
    fill_responses(method, ranges, category);
}

static void add_retrieve(node *resource, const char *name, const char *suffix, enum accept_category category)
{
    char id[64];

    snprintf(id, sizeof id, "Retrieve%s%s", name, suffix);
    add_method(resource, "GET", id, category);
    snprintf(id, sizeof id, "Check%s%s", name, suffix);
    add_method(resource, "HEAD", id, category);
}

static void add_metadata(node *resource, const char *name)
{
    node *metadata = capabilities_add(resource, "resource");

    capabilities_set(metadata, "path", "metadata");
    add_retrieve(metadata, name, "Metadata", ACCEPT_METADATA);
}

/* A parameter of a search, whose value is free. */
static void add_key(node *request, const struct search_definition *d)
{
    char name[96];

    snprintf(name, sizeof name, "%s%s", d->sequence ? "RequestAttributesSequence." : "", d->keyword);
    add_param(request, name, "query");
}

static void fill_search(node *request, enum search_level level, enum search_level within)
{
    static const char *const others[] = {"limit", "offset", "fuzzymatching", "includefield"};

    add_reference(request, "param", "", "accept-header");
    add_reference(request, "param", "query-", "accept");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        add_param(request, others[i], "query");
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const struct search_definition *d = search_definition((enum search_attribute)i);

        if (d->rule != SEARCH_RETURNED && d->level <= level && (within == SEARCH_NOTHING || d->level > within))
            add_key(request, d);
    }
    for (size_t i = 0; i < sizeof request_headers / sizeof *request_headers; i++)
        if (strncmp(request_headers[i], "If-", 3) == 0 && strcmp(request_headers[i], "If-Range") != 0)
            add_param(request, request_headers[i], "header");
}

/* A search, or the number of its results. */
struct search_resource {
    enum search_level level, within; /* within: SEARCH_NOTHING for all studies */
    enum accept_category category;
};

static void add_search_method(node *resource, const char *name, const char *id, const struct search_resource *s)
{
    node *method = capabilities_add(resource, "method"), *good;
    const struct offer *o;

    capabilities_set(method, "name", name);
    capabilities_set(method, "id", id);
    fill_search(nest(method, "request"), s->level, s->within);
    good = capabilities_add(method, "response");
    capabilities_set(good, "status", s->category == ACCEPT_SEARCH ? "200 204" : "200");
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->categories & 1u << s->category)
            add_reference(good, "representation", "media-", o->id);
    capabilities_set(capabilities_add(method, "response"), "status", "304");
    capabilities_set(capabilities_add(method, "response"), "status", "400 401 404 406 412 413 414 500 503");
}

static node *add_search_resource(node *parent, const char *path, const struct search_resource *s)
{
    static const char *const names[] = {"Studies", "Series", "Instances"}, *const places[] = {"OfStudy", "OfSeries", "", ""};
    const char *verb = s->category == ACCEPT_SEARCH ? "SearchFor" : "Count";
    node *resource = capabilities_add(parent, "resource");
    char id[64];

    capabilities_set(resource, "path", path);
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
        const struct search_resource search = {level, within, ACCEPT_SEARCH}, count = {level, within, ACCEPT_COUNT};

        add_search_resource(add_search_resource(parent, paths[level], &search), "count", &count);
    }
}

static void add_options(node *resource)
{
    node *method = capabilities_add(resource, "method"), *response;

    capabilities_set(method, "name", "OPTIONS");
    capabilities_set(method, "id", "RetrieveCapabilities");
    response = capabilities_add(method, "response");
    capabilities_set(response, "status", "200");
    capabilities_set(capabilities_add(response, "representation"), "mediaType", "application/vnd.sun.wadl+xml");
    capabilities_set(capabilities_add(response, "representation"), "mediaType", "application/json");
}

static void fill_resources(node *resources, const char *base)
{
    node *at = resources, *root;

    capabilities_set(resources, "base", *base ? base : "/");
    root = capabilities_add(resources, "resource");
    capabilities_set(root, "path", "/");
    add_options(root);
    add_searches(resources, SEARCH_NOTHING);
    for (size_t i = 0; i < LEVELS; i++) {
        node *variable;

        at = capabilities_add(at, "resource");
        capabilities_set(at, "path", levels[i].path);
        variable = add_param(at, levels[i].variable, "template");
        capabilities_set(variable, "required", "true");
        capabilities_describe(variable, levels[i].help);
        add_retrieve(at, levels[i].name, "", levels[i].category);
        if (levels[i].category != ACCEPT_BULKDATA)
            add_metadata(at, levels[i].name);
        if (levels[i].category == ACCEPT_CONTAINER)
            add_searches(at, i == 0 ? SEARCH_STUDIES : SEARCH_SERIES);
    }
}

static void fill_representations(node *application)
{
    const struct offer *o;

    for (size_t i = 0; (o = offer_at(i)) != NULL; i++) {
        node *representation = capabilities_add(application, "representation");
        char id[64];

        snprintf(id, sizeof id, "media-%s", o->id);
        capabilities_set(representation, "id", id);
        capabilities_set(representation, "mediaType", o->type);
        capabilities_describe(representation, o->help);
        if (o->categories != 1u << ACCEPT_BULKDATA)
            add_reference(representation, "param", "", "transfer-syntax");
    }
}

static void fill_syntax(node *param)
{
    size_t count;
    const struct transfer_syntax *all = transfer_syntax_all(&count);

    capabilities_set(param, "id", "transfer-syntax");
    capabilities_describe(param, SYNTAX_HELP);
    capabilities_set(capabilities_add(param, "option"), "value", "*");
    for (size_t i = 0; i < count; i++) {
        node *option = all[i].forbidden ? NULL : capabilities_add(param, "option");
        char text[128];

        if (!option)
            continue;
        capabilities_set(option, "value", all[i].uid);
        snprintf(text, sizeof text, "%s%s", all[i].name, all[i].target ? "" : " (where it is stored so)");
        capabilities_describe(option, text);
    }
}

static void fill_params(node *application)
{
    node *accept = add_param(application, "Accept", "header");
    const struct query_parameter *q;

    capabilities_set(accept, "id", "accept-header");
    capabilities_set(accept, "required", "true");
    add_media_options(accept);
    for (size_t i = 0; (q = query_parameter(i)) != NULL; i++) {
        node *param = add_param(application, q->name, "query");
        char text[256];

        snprintf(text, sizeof text, "query-%s", q->name);
        capabilities_set(param, "id", text);
        snprintf(text, sizeof text, "%s; values: %s", q->help, q->values);
        capabilities_describe(param, text);
    }
    fill_syntax(add_param(application, "transfer-syntax", "plain"));
}

static node *make_tree(const char *base)
{
    node *root = json_object_new_object(), *application = root ? nest(root, "application") : NULL;

    if (!application) {
        json_object_put(root);
        return NULL;
    }
    capabilities_describe(application, ABOUT);
    fill_resources(nest(application, "resources"), base);
    fill_representations(application);
    fill_params(application);
    return root;
}

int capabilities_body(const char *base, enum accept_capabilities form, struct buf *out, struct err *e)
{
    node *root = make_tree(base);
    const char *text;

    if (!root)
        return err_set(e, ERR_MEMORY, "no memory left for the capabilities");
    if (form == ACCEPT_WADL) {
        buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        wadl_write(out, json_object_object_get(root, "application"));
    } else {
        text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
        buf_str(out, text ? text : "");
        buf_str(out, "\n");
    }
    json_object_put(root);
    return buf_check(out, "the capabilities", e);
}
