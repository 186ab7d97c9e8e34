/* SPDX-License-Identifier: MIT */
#include "base/uri.h"

#include <string.h>

#include "base/percent.h"

char *uri_decode(struct mem *m, const char *s, size_t len, const char *what, struct err *e)
{
    char *out = mem_alloc(m, len + 1, e), *to = out;

    if (!out)
        return NULL;
    for (size_t i = 0; i < len; to++) {
        size_t n = percent_decode(s + i, len - i, to);

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
        size_t n = left ? percent_decode(path, left, &c) : 0;

        if (n == 0 || c != *prefix)
            return NULL;
        path += n;
        left -= n;
    }
    return *path == '/' || *path == '\0' ? path : NULL;
}
