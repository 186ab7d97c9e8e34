/* SPDX-License-Identifier: MIT */
/* The tree of the capabilities while it is made. */
#ifndef WADOZIP_HTTP_NODE_H
#define WADOZIP_HTTP_NODE_H

#include <json.h>

/*
 * The tree consists of json-c objects: a string is an attribute, an object is
 * an element, an array is a sequence of elements with one name. json-c returns
 * null if memory is short; that becomes a JSON null and is detected when the
 * tree is written.
 */
typedef json_object node;

/* Set an attribute of `to`. */
void node_set(node *to, const char *key, const char *text);

/* Return a new element at the end of the run `name` of `to`. */
node *node_add(node *to, const char *name);

/* Return a new element that is the only one of this name in `to`. */
node *node_nest(node *to, const char *name);

/* Add a sentence about `to`. */
void node_describe(node *to, const char *text);

/* Return a new parameter of a style (WADL 2.12): "header", "query", "template"
 * or "plain". */
node *node_param(node *to, const char *name, const char *style);

/* Add an element of this name that refers to what has the identifier `prefix`
 * followed by `id`. */
void node_reference(node *to, const char *name, const char *prefix, const char *id);

#endif
