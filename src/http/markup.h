/* SPDX-License-Identifier: MIT */
/* Text for HTML and XML. */
#ifndef WADOZIP_HTTP_MARKUP_H
#define WADOZIP_HTTP_MARKUP_H

#include "base/buf.h"

/*
 * Append s with markup escaped, for content and quoted attributes. Characters
 * other than printable ASCII become '?'.
 */
void markup_escape(struct buf *out, const char *s);

/* Append s. Characters other than printable ASCII become '?'. */
void markup_plain(struct buf *out, const char *s);

#endif
