/* SPDX-License-Identifier: MIT */
/* Text for HTML and XML. */
#ifndef WADOZIP_HTTP_MARKUP_H
#define WADOZIP_HTTP_MARKUP_H

#include "base/buf.h"

/* Appends s with markup escaped, fit for content and quoted attributes; what is not printable ASCII becomes '?'. */
void markup_escape(struct buf *out, const char *s);

/* Appends s as it is but for what is not printable ASCII. */
void markup_plain(struct buf *out, const char *s);

#endif
