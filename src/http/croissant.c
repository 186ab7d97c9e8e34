/* SPDX-License-Identifier: MIT */
#include "http/croissant.h"

#include <inttypes.h>
#include <stdio.h>

#define FILES "distribution"
#define URL_MAX ((size_t)8 << 10)

/* Terms that the description uses, as the specification's context defines them
 * (its appendix 1). */
static const struct {
    const char *term, *means;
} context[] = {
    {"@language", "en"},
    {"@vocab", "https://schema.org/"},
    {"cr", "http://mlcommons.org/croissant/"},
    {"sc", "https://schema.org/"},
    {"dct", "http://purl.org/dc/terms/"},
    {"conformsTo", "dct:conformsTo"},
    {"includes", "cr:includes"},
    {"isLiveDataset", "cr:isLiveDataset"},
};

static void put_context(node *root)
{
    node *made = node_nest(root, "@context");

    for (size_t i = 0; i < sizeof context / sizeof *context; i++)
        node_set(made, context[i].term, context[i].means);
}

static void put_summary(node *root, const struct croissant *c)
{
    char text[200];

    snprintf(text, sizeof text,
             "%" PRIu64 " DICOM instances of %" PRIu64 " series and %" PRIu64 " studies, %" PRIu64
             " bytes, frozen %s",
             c->instances, c->series, c->studies, c->bytes, c->created);
    node_set(root, "description", text);
}

node *croissant_begin(const struct croissant *c)
{
    node *root = json_object_new_object(), *creator;
    struct buf url;

    if (!root)
        return NULL;
    buf_init(&url, URL_MAX);
    buf_printf(&url, "%s/collections/%s", c->service, c->id);
    put_context(root);
    node_set(root, "@type", "sc:Dataset");
    node_set(root, "conformsTo", CROISSANT_VERSION);
    node_set(root, "name", *c->name ? c->name : c->id);
    put_summary(root, c);
    if (c->license)
        node_set(root, "license", c->license);
    node_set(root, "url", url.data ? url.data : "");
    creator = node_nest(root, "creator");
    node_set(creator, "@type", "sc:Organization");
    node_set(creator, "name", c->service);
    node_set(root, "datePublished", c->created);
    node_set(root, "version", "1.0.0");
    json_object_object_add(root, "isLiveDataset", json_object_new_boolean(0));
    buf_release(&url);
    return root;
}

void croissant_add(node *description, const struct croissant_archive *a)
{
    node *file = node_add(description, FILES);
    char size[32];

    node_set(file, "@type", "cr:FileObject");
    node_set(file, "@id", a->name);
    node_set(file, "name", a->name);
    node_set(file, "contentUrl", a->url);
    if (a->sized) {
        snprintf(size, sizeof size, "%" PRIu64 " B", a->size);
        node_set(file, "contentSize", size);
    }
    node_set(file, "encodingFormat", "application/zip");
    if (a->sha256[0])
        node_set(file, "sha256", a->sha256);
}

/* The files in the archives are one set. */
static void add_set(node *description)
{
    node *files = json_object_object_get(description, FILES), *set;
    size_t count = json_object_array_length(files);

    set = node_add(description, FILES);
    node_set(set, "@type", "cr:FileSet");
    node_set(set, "@id", "instances");
    node_set(set, "name", "instances");
    for (size_t i = 0; i < count; i++)
        node_set(node_add(set, "containedIn"), "@id",
                 json_object_get_string(
                     json_object_object_get(json_object_array_get_idx(files, i), "@id")));
    node_set(set, "encodingFormat", "application/dicom");
    node_set(set, "includes", "*.dcm");
}

int croissant_write(node *description, struct buf *out, struct err *e)
{
    const char *text;

    add_set(description);
    text = json_object_to_json_string_ext(description, JSON_C_TO_STRING_NOSLASHESCAPE);
    if (!text)
        return err_set(e, ERR_MEMORY, "no memory left for the description of a collection");
    buf_str(out, text);
    buf_str(out, "\n");
    return buf_check(out, "the description of a collection", e);
}
