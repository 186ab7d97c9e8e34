/* SPDX-License-Identifier: MIT */
/* What the tests of answers look at: a header block as response_header.c makes
 * it, and the body behind it. */
#ifndef WADOZIP_TESTS_UNIT_HTTP_RESPONSE_H
#define WADOZIP_TESTS_UNIT_HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "tests/unit/table.h"

#define ANSWER_CAP ((size_t)1 << 20)

/* The value of a header of the block, or null. Not for threads. */
static inline const char *answer_header(const struct buf *b, const char *name)
{
    static char value[512];
    const char *end = strstr(b->data, "\r\n\r\n");
    size_t len = strlen(name);

    for (const char *s = b->data; s && s < end; s = strstr(s, "\r\n"), s = s ? s + 2 : s) {
        if (strncmp(s, name, len) == 0 && strncmp(s + len, ": ", 2) == 0) {
            size_t n = strcspn(s + len + 2, "\r");

            assert_true(n < sizeof value);
            memcpy(value, s + len + 2, n);
            value[n] = '\0';
            return value;
        }
    }
    return NULL;
}

static inline const char *answer_body(const struct buf *b)
{
    return strstr(b->data, "\r\n\r\n") + 4;
}

/* Each line of the block ends with CRLF, holds printable ASCII and begins with
 * a field name. */
static inline void answer_check(const struct buf *b)
{
    const char *end = strstr(b->data, "\r\n\r\n");

    assert_non_null(end);
    for (const char *s = b->data; s < end + 2; s = strstr(s, "\r\n") + 2) {
        size_t n = strcspn(s, "\r\n"), name = strcspn(s, ":");

        assert_true(name > 0 && name < n && s[name + 1] == ' ');
        assert_int_equal(s[n], '\r');
        assert_int_equal(s[n + 1], '\n');
        for (size_t i = 0; i < n; i++)
            assert_true(s[i] >= 0x20 && s[i] < 0x7f);
    }
}

/* Every piece of a list parted by " | " is there, or not there. */
static inline void answer_holds(const struct buf *b, const char *pieces, bool there)
{
    while (pieces) {
        const char *end = strstr(pieces, " | ");
        size_t len = end ? (size_t)(end - pieces) : strlen(pieces);
        char piece[512];

        assert_true(len > 0 && len < sizeof piece);
        memcpy(piece, pieces, len);
        piece[len] = '\0';
        if ((strstr(b->data, piece) != NULL) != there)
            fail_msg("%s: %s\n%s", there ? "missing" : "unwanted", piece, b->data);
        pieces = end ? end + 3 : NULL;
    }
}

static inline void answer_expect(const struct buf *b, const char *name, const char *want)
{
    const char *got = answer_header(b, name);

    if (want)
        assert_string_equal(got ? got : "(absent)", want);
    else
        assert_null(got);
}

#endif
