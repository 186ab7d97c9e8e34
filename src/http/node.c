/* SPDX-License-Identifier: MIT */
#include "http/node.h"

#include <stdio.h>

void node_set(node *to, const char *key, const char *text)
{
    json_object_object_add(to, key, json_object_new_string(text));
}

/* Append an element to the sequence `name` of `to`. */
node *node_add(node *to, const char *name)
{
    node *run = json_object_object_get(to, name), *element = json_object_new_object();

    if (!run) {
        run = json_object_new_array();
        json_object_object_add(to, name, run);
    }
    json_object_array_add(run, element);
    return element;
}

node *node_nest(node *to, const char *name)
{
    node *element = json_object_new_object();

    json_object_object_add(to, name, element);
    return element;
}

void node_describe(node *to, const char *text)
{
    node_set(node_add(to, "doc"), "title", text);
}

node *node_param(node *to, const char *name, const char *style)
{
    node *param = node_add(to, "param");

    node_set(param, "name", name);
    node_set(param, "style", style);
    return param;
}

void node_reference(node *to, const char *name, const char *prefix, const char *id)
{
    char href[64];

    snprintf(href, sizeof href, "#%s%s", prefix, id);
    node_set(node_add(to, name), "href", href);
}
