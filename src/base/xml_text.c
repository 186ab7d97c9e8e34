/* SPDX-License-Identifier: MIT */
#include "base/xml_text.h"

#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static bool is_noncharacter(const char *s, size_t n)
{
    return n == 3 && (memcmp(s, "\xEF\xBF\xBE", 3) == 0 || memcmp(s, "\xEF\xBF\xBF", 3) == 0);
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void xml_text(struct buf *out, const char *s, size_t len)
{
    for (size_t n; len > 0; s += n, len -= n) {
        size_t known = utf8_character(s, len);
        const char *entity = entity_of(*s);

        n = known ? known : 1;
        if (!known || is_noncharacter(s, n))
            buf_str(out, REPLACEMENT);
        else if (entity)
            buf_str(out, entity);
        else
            buf_add(out, s, n);
    }
}
