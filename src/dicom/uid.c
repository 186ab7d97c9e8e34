/* SPDX-License-Identifier: MIT */
#include "dicom/uid.h"

static bool lenient;

void uid_allow_lenient(bool allow)
{
    lenient = allow;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool uid_lenient(const char *s, size_t len)
{
    if (len == 0 || len > UID_MAX || !is_digit(s[0]) || !is_digit(s[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_digit(s[i]) && s[i] != '.')
            return false;
    return true;
}

bool uid_valid(const char *s, size_t len)
{
    size_t start = 0; /* start of the current component */

    if (lenient)
        return uid_lenient(s, len);
    if (len == 0 || len > UID_MAX)
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && is_digit(s[i]))
            continue;
        if (i < len && s[i] != '.')
            return false;
        if (i == start || (s[start] == '0' && i - start > 1))
            return false;
        start = i + 1;
    }
    return true;
}
