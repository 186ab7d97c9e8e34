/* SPDX-License-Identifier: MIT */
/* The bodies of error answers (Status Reports, PS3.18 8.6.3). Pure. */
#ifndef WADOZIP_HTTP_ERROR_PAGE_H
#define WADOZIP_HTTP_ERROR_PAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "http/accept.h"

struct error_page {
    int status;
    const char *phrase;
    const char *reason;  /* what is wrong, without a full stop, or null where it is not for the requester */
    const char *advice;  /* whole sentences: what to do, and whether it helps to wait */
    bool temporary;
    bool offers;         /* list media types and transfer syntaxes */
    const char *as_stored; /* address at which everything can be had as stored, or null */
    const char *request; /* id, or null */
};

/* Appends the body; nothing in it is taken over unescaped. */
int error_page_body(const struct error_page *r, enum accept_text text, struct buf *out, struct err *e) MUST_CHECK;

/* Content-Type of the bodies. */
const char *error_page_type(enum accept_text text);

#endif
