/* SPDX-License-Identifier: MIT */
/* The file of headers of de-identified members (splices.h): bytes are appended
 * as they are, or deflated. */
#ifndef WADOZIP_BODY_SPLICE_SIDE_H
#define WADOZIP_BODY_SPLICE_SIDE_H

#include "base/err.h"
#include "body/splices.h"

/* Bytes [from, end) of a file; `deflated`: they become a part of a deflate
 * stream, which it ends if `ends`. */
struct splice_span {
    int fd;
    uint64_t from, end;
    bool deflated, ends;
};

/* Append a span to the file of headers. Creates the file for the first span.
 * Completes *out. Fails with ERR_MEMORY, ERR_SYSTEM, and as
 * spool_unlinked_file(). */
int splice_side_append(struct splices *s, const struct splice_span *span, struct splice_side *out,
                       struct err *e) MUST_CHECK;

#endif
