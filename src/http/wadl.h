/* SPDX-License-Identifier: MIT */
/* XML of a tree of json-c objects: a string is an attribute, an object an element, an array a run of elements. Pure. */
#ifndef WADOZIP_HTTP_WADL_H
#define WADOZIP_HTTP_WADL_H

#include <json.h>

#include "base/buf.h"

/* Append `application` as an element of the namespace of WADL. */
void wadl_write(struct buf *out, json_object *application);

#endif
