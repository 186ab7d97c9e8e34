/* SPDX-License-Identifier: MIT */
#include "base/uri.h"

#include <string.h>

#include "base/hex.h"
#include "base/percent.h"

/*
 * Decode the byte at s, of which `left` bytes exist. Returns the number of
 * bytes read, 0 for an invalid escape.
 */
static size_t decode_byte(const char *s, size_t left, char *out)
{
    int high, low;

    *out = *s;
    if (*s != '%')
        return 1;
    if (left < 3 || (high = hex_value(s[1])) < 0 || (low = hex_value(s[2])) < 0)
        return 0;
    *out = (char)(high * 16 + low);
    return 3;
}

char *uri_decode(struct mem *m, const char *s, size_t len, const char *what, struct err *e)
{
    char *out = mem_alloc(m, len + 1, e), *to = out;

    if (!out)
        return NULL;
    for (size_t i = 0; i < len; to++) {
        size_t n = decode_byte(s + i, len - i, to);

        if (n == 0 || (unsigned char)*to < 0x20 || *to == 0x7f) {
            err_set(e, ERR_REQUEST,
                    n ? "%s holds a control character" : "%s holds a broken percent-encoding",
                    what);
            return NULL;
        }
        i += n;
    }
    *to = '\0';
    return out;
}

char *uri_encode_path(struct mem *m, const char *s, struct err *e)
{
    char *out = mem_alloc(m, 3 * strlen(s) + 1, e), *to = out;

    for (; out && *s; s++)
        to += percent_encode(to, *s, "/");
    return out;
}

const char *uri_skip(const char *path, const char *prefix)
{
    size_t left = strlen(path);

    for (; *prefix; prefix++) {
        char c;
        size_t n = left ? decode_byte(path, left, &c) : 0;

        if (n == 0 || c != *prefix)
            return NULL;
        path += n;
        left -= n;
    }
    return *path == '/' || *path == '\0' ? path : NULL;
}
