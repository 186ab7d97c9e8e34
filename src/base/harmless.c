/* SPDX-License-Identifier: MIT */
#include "base/harmless.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/banned.h"
#include "base/utf8.h"

#define ESCAPE_MAX 12 /* \u and up to six digits */

/*
 * Default_Ignorable_Code_Point, White_Space and Bidi_Control of Unicode 15
 * without U+0020, sorted.
 */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0x80, 0xa0},     {0xad, 0xad},     {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},
    {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},
    {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_unseen(uint32_t code)
{
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (code >= unseen[i].first && code <= unseen[i].last)
            return true;
    return false;
}

/* Write the character at s in its visible form. Returns its number of bytes in
 * s. */
static size_t harmless_show(const unsigned char *s, char out[ESCAPE_MAX])
{
    uint32_t code;
    size_t len = utf8_decode((const char *)s, strnlen((const char *)s, 4), &code);

    if (len == 0) {
        snprintf(out, ESCAPE_MAX, "\\x%02x", s[0]);
        return 1;
    }
    if (code < 0x20 || code == 0x7f)
        memcpy(out, "?", 2);
    else if (is_unseen(code))
        snprintf(out, ESCAPE_MAX, "\\u%04x", (unsigned)code);
    else
        snprintf(out, ESCAPE_MAX, "%.*s", (int)len, (const char *)s);
    return len;
}

size_t harmless_copy(char *out, size_t room, const char *text)
{
    size_t used = 0;

    while (*text) {
        char shown[ESCAPE_MAX];
        size_t taken = harmless_show((const unsigned char *)text, shown), len = strlen(shown);

        if (used + len >= room)
            break;
        memcpy(out + used, shown, len);
        used += len;
        text += taken;
    }
    out[used] = '\0';
    return used;
}
