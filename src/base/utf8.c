/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static size_t length_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

size_t utf8_decode(const char *text, size_t n, uint32_t *code)
{
    /* smallest code point of each length */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    size_t len = length_of(s[0]);

    if (len == 0 || len > n)
        return 0;
    *code = len > 1 ? s[0] & 0x7fu >> len : s[0];
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3fu);
    }
    if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
        return 0;
    return len;
}

size_t utf8_character(const char *text, size_t n)
{
    uint32_t code;
    size_t len = utf8_decode(text, n, &code);

    return len == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) ? 0 : len;
}

bool utf8_is_text(const char *s, size_t room)
{
    size_t len = strnlen(s, room);

    if (len == room)
        return false;
    for (size_t at = 0, step; at < len; at += step) {
        step = utf8_character(s + at, len - at);
        if (step == 0)
            return false;
    }
    return true;
}
