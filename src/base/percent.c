/* SPDX-License-Identifier: MIT */
#include "base/percent.h"

#include <string.h>

#include "base/hex.h"

size_t percent_encode(char out[PERCENT_MAX], char c, const char *kept)
{
    unsigned char byte = (unsigned char)c;

    out[0] = c;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c && (strchr("-._~", c) || strchr(kept, c))))
        return 1;
    out[0] = '%';
    out[1] = HEX_DIGITS_UPPER[byte >> 4];
    out[2] = HEX_DIGITS_UPPER[byte & 15];
    return PERCENT_MAX;
}

size_t percent_decode(const char *s, size_t left, char *out)
{
    int high, low;

    *out = *s;
    if (*s != '%')
        return 1;
    if (left < PERCENT_MAX || (high = hex_value(s[1])) < 0 || (low = hex_value(s[2])) < 0)
        return 0;
    *out = (char)(high * 16 + low);
    return PERCENT_MAX;
}
