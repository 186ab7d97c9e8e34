/* SPDX-License-Identifier: MIT */
/* Bodies of error responses (Status Reports, PS3.18 8.6.3). Pure. */
#ifndef WADOZIP_HTTP_ERROR_PAGE_H
#define WADOZIP_HTTP_ERROR_PAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "http/accept.h"

struct error_page {
    int status;
    const char *phrase;
    /* the error, without a full stop; null if the client must not see it */
    const char *reason;
    const char *advice;  /* whole sentences: what to do, and whether waiting helps */
    bool temporary;
    bool offers;         /* list media types and transfer syntaxes */
    const char *as_stored; /* address of the same resource as stored, or null */
    const char *request; /* id, or null */
};

/* Append the body. All text is escaped. */
int error_page_body(const struct error_page *r, enum accept_text text, struct buf *out,
                    struct err *e) MUST_CHECK;

/* Return the Content-Type of the bodies. */
const char *error_page_type(enum accept_text text);

#endif
