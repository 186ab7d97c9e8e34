/* The bodies of error answers (Status Reports, PS3.18 8.6.3). Pure. */
#ifndef WADOZIP_HTTP_REPORT_H
#define WADOZIP_HTTP_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "http/accept.h"

struct report {
    int status;
    const char *phrase;
    const char *reason;  /* what is wrong, without a full stop, or null where it is not for the requester */
    const char *advice;  /* whole sentences: what to do, and whether it helps to wait */
    bool temporary;
    bool offers;         /* list media types and transfer syntaxes */
    const char *request; /* id, or null */
};

/* Appends the body; nothing in it is taken over unescaped. */
int report_body(const struct report *r, enum accept_text text, struct buf *out, struct err *e) MUST_CHECK;

/* Content-Type of the bodies. */
const char *report_type(enum accept_text text);

#endif
