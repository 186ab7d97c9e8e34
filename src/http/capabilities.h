/* SPDX-License-Identifier: MIT */
/* Retrieve Capabilities (PS3.18 8.9 and Annex H) as WADL or as JSON of the same
 * structure. Pure. */
#ifndef WADOZIP_HTTP_CAPABILITIES_H
#define WADOZIP_HTTP_CAPABILITIES_H

#include "base/buf.h"
#include "base/err.h"
#include "http/accept.h"

/* Append the document. `base` is the path before /studies. */
int capabilities_body(const char *base, enum accept_capabilities form, struct buf *out,
                      struct err *e) MUST_CHECK;

#endif
