/* SPDX-License-Identifier: MIT */
/*
 * Write a tree of json-c objects as XML: a string is an attribute, an object is
 * an element, an array is a sequence of elements. Pure.
 */
#ifndef WADOZIP_HTTP_WADL_H
#define WADOZIP_HTTP_WADL_H

#include <json.h>

#include "base/buf.h"

/* Append `application` as an element of the WADL namespace. */
void wadl_write(struct buf *out, json_object *application);

#endif
