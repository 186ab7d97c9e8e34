/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <string.h>

#define DIGITS_SAFE 19 /* a number of this many digits cannot overflow */

bool num_parse(const char *s, size_t len, uint64_t max, uint64_t *value)
{
    uint64_t v = 0;

    if (len == 0 || len > DIGITS_SAFE + 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned char)s[i] - (unsigned)'0';

        if (digit > 9 || (i == DIGITS_SAFE && v > (UINT64_MAX - digit) / 10))
            return false;
        v = v * 10 + digit;
    }
    if (v > max)
        return false;
    *value = v;
    return true;
}

const char *num_take(const char *s, char end, int64_t min, int64_t max, int64_t *value)
{
    bool negative = *s == '-';
    const char *digits = s + negative, *at = digits;
    uint64_t v = 0;
    int64_t n;

    for (unsigned digit; (digit = (unsigned char)*at - (unsigned)'0') <= 9; at++) {
        if (at - digits == DIGITS_SAFE)
            return NULL;
        v = v * 10 + digit;
    }
    if (at == digits || *at != end || v > INT64_MAX + (uint64_t)negative)
        return NULL;
    n = negative ? (int64_t)(0 - v) : (int64_t)v;
    if (n < min || n > max)
        return NULL;
    *value = n;
    return at + 1;
}

bool num_parse_signed(const char *s, int64_t min, int64_t max, int64_t *value)
{
    return num_take(s, '\0', min, max, value) != NULL;
}

bool num_parse_size(const char *s, uint64_t max, uint64_t *value)
{
    static const char units[] = "KMGT";
    size_t len = strlen(s);
    const char *unit = len ? strchr(units, s[len - 1]) : NULL;
    unsigned shift = unit ? 10 * ((unsigned)(unit - units) + 1) : 0;
    uint64_t v;

    if (!num_parse(s, unit ? len - 1 : len, max >> shift, &v))
        return false;
    *value = v << shift;
    return true;
}
