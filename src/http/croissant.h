/* SPDX-License-Identifier: MIT */
/* The description of a collection for programs of machine learning: Croissant
 * 1.0 of MLCommons, as JSON-LD. Pure. */
#ifndef WADOZIP_HTTP_CROISSANT_H
#define WADOZIP_HTTP_CROISSANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/node.h"

#define CROISSANT_VERSION "http://mlcommons.org/croissant/1.0"

/* A collection. Strings are UTF-8. */
struct croissant {
    const char *id, *name; /* name: may be "" */
    const char *service;   /* address of the service, without a trailing slash */
    const char *created;   /* YYYY-MM-DDThh:mm:ssZ */
    const char *license;   /* address of the licence; null: it is not stated */
    uint64_t studies, series, instances, bytes;
};

/* One of the archives of the collection. */
struct croissant_archive {
    const char *name, *url;
    const char *sha256; /* hexadecimal; "" if it is not known */
    bool sized;
    uint64_t size;
};

/* Begin a description. Returns null if there is no memory; else the caller
 * calls json_object_put(). */
node *croissant_begin(const struct croissant *c) MUST_CHECK;

/* Add an archive; at least one. */
void croissant_add(node *description, const struct croissant_archive *a);

/* Append the finished description to `out`. Fails with ERR_MEMORY. */
int croissant_write(node *description, struct buf *out, struct err *e) MUST_CHECK;

#endif
