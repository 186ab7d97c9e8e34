/* SPDX-License-Identifier: MIT */
/* Strings in JSON documents (RFC 8259). */
#ifndef WADOZIP_BASE_JSON_TEXT_H
#define WADOZIP_BASE_JSON_TEXT_H

#include "base/buf.h"

/*
 * Append text as a string with its quotation marks. Control characters and bytes
 * that are not UTF-8 become '?'.
 */
void json_text(struct buf *out, const char *text);

/* Append `,"key":` and the text as json_text(). */
void json_text_member(struct buf *out, const char *key, const char *text);

#endif
