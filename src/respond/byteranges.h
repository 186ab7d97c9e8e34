/* SPDX-License-Identifier: MIT */
/* Partial content: one range, or several as multipart/byteranges (RFC 9110
 * 14.6). */
#ifndef WADOZIP_RESPOND_BYTERANGES_H
#define WADOZIP_RESPOND_BYTERANGES_H

#include "respond/response.h"
#include "http/range.h"
#include "http/response_header.h"

struct byteranges {
    const struct range_set *set;
    struct buf heads;           /* part headers and the closing line, one after the other; none for
                                 * a single range */
    size_t ends[RANGE_MAX + 1]; /* end offset of each */
};

/*
 * Change the description of the whole representation into that of the parts.
 * Always call byteranges_release().
 */
int byteranges_describe(struct byteranges *p, struct response *a, const struct range_set *set,
                        struct response_header *r, struct err *e) MUST_CHECK;
void byteranges_release(struct byteranges *p);

/*
 * Send the parts: write their headers to the sink, and call `part` for the
 * bytes [first, end) of the body of each.
 */
typedef int byteranges_part(void *ctx, uint64_t first, uint64_t end, struct err *e);
int byteranges_walk(const struct byteranges *p, struct sink *s, byteranges_part *part, void *ctx,
                    struct err *e) MUST_CHECK;

/* Send the bytes of the parts. Call content_check() first. */
int byteranges_send(const struct byteranges *p, struct response *a, struct err *e) MUST_CHECK;

#endif
