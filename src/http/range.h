/* SPDX-License-Identifier: MIT */
/*
 * Range requests (RFC 9110 14). Pure. The caller sees to what the header alone cannot tell (RFC 9110 14.2): a Range
 * counts only with GET, where the answer would be 200, after conditional_check and where conditional_range allows it.
 */
#ifndef WADOZIP_HTTP_RANGE_H
#define WADOZIP_HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

#define RANGE_MAX 64 /* ranges of one request; more are answered with the whole */

struct range {
    uint64_t first, last; /* inclusive, last < size */
};

struct range_set {
    struct range ranges[RANGE_MAX];
    size_t count;
};

enum range_verdict {
    RANGE_WHOLE,        /* no, malformed or silly Range (more than RANGE_MAX, more than two overlapping): 200 */
    RANGE_PARTIAL,      /* 206: one range, or several as multipart/byteranges */
    RANGE_UNSATISFIABLE /* 416 */
};

/*
 * `header` is the Range field or null, `size` the length of the whole representation. Ranges keep the client's order;
 * overlapping and touching ones are merged into the first of them, so that no byte is sent twice.
 */
enum range_verdict range_parse(const char *header, uint64_t size, struct range_set *out);

#endif
