/* SPDX-License-Identifier: MIT */
/*
 * Range requests (RFC 9110 14). Pure. The caller ensures that a Range counts
 * only for GET, if the response would be 200, after conditional_check() and if
 * conditional_range() allows it (RFC 9110 14.2).
 */
#ifndef WADOZIP_HTTP_RANGE_H
#define WADOZIP_HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

#define RANGE_MAX 64 /* ranges of one request; with more the whole is sent */

struct range {
    uint64_t first, last; /* inclusive, last < size */
};

struct range_set {
    struct range ranges[RANGE_MAX];
    size_t count;
};

enum range_verdict {
    RANGE_WHOLE,        /* no Range, or it is malformed, has more than RANGE_MAX ranges or more than
                         * two that overlap: 200 */
    RANGE_PARTIAL,      /* 206: one range, or several as multipart/byteranges */
    RANGE_UNSATISFIABLE /* 416 */
};

/*
 * Parse a Range field (or null) for a representation of `size` bytes. Ranges
 * keep the client's order. Overlapping and adjacent ones are merged into the
 * first of them, so no byte is sent twice.
 */
enum range_verdict range_parse(const char *header, uint64_t size, struct range_set *out);

#endif
