/* SPDX-License-Identifier: MIT */
/* Text in XML 1.0 documents in UTF-8. */
#ifndef WADOZIP_BASE_XML_TEXT_H
#define WADOZIP_BASE_XML_TEXT_H

#include "base/buf.h"

/*
 * Append len bytes of text for the content of an element, or for an attribute's
 * value between double quotes. Characters that XML does not allow, control
 * characters and bytes that are not UTF-8 become U+FFFD.
 */
void xml_text(struct buf *out, const char *s, size_t len);

#endif
