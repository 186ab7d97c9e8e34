/* SPDX-License-Identifier: MIT */
/* Retrieve Capabilities (PS3.18 8.9 and Annex H): one tree, written as WADL or as JSON of the same shape. Pure. */
#ifndef WADOZIP_HTTP_CAPABILITIES_H
#define WADOZIP_HTTP_CAPABILITIES_H

#include "base/buf.h"
#include "base/err.h"
#include "http/accept.h"

/* Appends the document; `base` is the path in front of /studies. */
int capabilities_body(const char *base, enum accept_capabilities form, struct buf *out, struct err *e) MUST_CHECK;

#endif
