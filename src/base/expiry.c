/* SPDX-License-Identifier: MIT */
#include "base/expiry.h"

#include <string.h>

#include "base/num.h"

bool expiry_parse(const char *text, uint64_t *seconds)
{
    static const struct {
        char letter;
        uint64_t seconds;
    } units[] = {{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    size_t len = strlen(text);
    uint64_t n;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (len < 2 || text[len - 1] != units[i].letter ||
            !num_parse(text, len - 1, EXPIRY_MAX / units[i].seconds, &n))
            continue;
        *seconds = n * units[i].seconds;
        return n > 0;
    }
    return false;
}
