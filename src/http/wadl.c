/* SPDX-License-Identifier: MIT */
#include "http/wadl.h"

#include <stdbool.h>
#include <string.h>

#include "http/markup.h"

static void write_element(struct buf *out, const char *name, json_object *element);

static void write_children(struct buf *out, const char *name, json_object *value)
{
    if (json_object_is_type(value, json_type_object))
        write_element(out, name, value);
    for (size_t i = 0;
         json_object_is_type(value, json_type_array) && i < json_object_array_length(value); i++)
        write_element(out, name, json_object_array_get_idx(value, i));
}

/* Write strings as attributes. Returns true if the element has children. */
static bool write_attributes(struct buf *out, json_object *element)
{
    struct json_object_iterator at = json_object_iter_begin(element),
                                end = json_object_iter_end(element);
    bool children = false;

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        json_object *value = json_object_iter_peek_value(&at);

        if (!json_object_is_type(value, json_type_string)) {
            children = true;
            continue;
        }
        buf_printf(out, " %s=\"", json_object_iter_peek_name(&at));
        markup_escape(out, json_object_get_string(value));
        buf_str(out, "\"");
    }
    return children;
}

/* The depth is that of the tree made above. */
static void write_element(struct buf *out, const char *name, json_object *element)
{
    struct json_object_iterator at = json_object_iter_begin(element),
                                end = json_object_iter_end(element);

    buf_printf(out, "<%s", name);
    if (strcmp(name, "application") == 0)
        buf_str(out, " xmlns=\"http://wadl.dev.java.net/2009/02\"");
    if (!write_attributes(out, element)) {
        buf_str(out, "/>\n");
        return;
    }
    buf_str(out, ">\n");
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        write_children(out, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at));
    buf_printf(out, "</%s>\n", name);
}

void wadl_write(struct buf *out, json_object *application)
{
    write_element(out, "application", application);
}
