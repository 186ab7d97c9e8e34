/* Partial content: one range, or several as multipart/byteranges (RFC 9110 14.6). */
#ifndef WADOZIP_FCGI_RANGES_H
#define WADOZIP_FCGI_RANGES_H

#include "fcgi/answer.h"
#include "http/range.h"
#include "http/reply.h"

struct ranges {
    const struct range_set *set;
    struct buf heads;           /* part headers and the closing line, one after the other; a single range has none */
    size_t ends[RANGE_MAX + 1]; /* where each of them ends */
};

/* Turns the description of the whole representation into that of the parts. ranges_release in any case. */
int ranges_describe(struct ranges *p, struct answer *a, const struct range_set *set, struct reply *r,
                    struct err *e) MUST_CHECK;
void ranges_release(struct ranges *p);

/* The parts one by one: their heads go to the sink, and `part` gives the bytes from `first` to `last` of the body. */
typedef int ranges_part(void *ctx, uint64_t first, uint64_t last, struct err *e);
int ranges_walk(const struct ranges *p, struct sink *s, ranges_part *part, void *ctx, struct err *e) MUST_CHECK;

/* Sends the parts' bytes; the feed has been checked. */
int ranges_send(const struct ranges *p, struct answer *a, struct err *e) MUST_CHECK;

#endif
