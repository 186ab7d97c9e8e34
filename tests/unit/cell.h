/* SPDX-License-Identifier: MIT */
/*
 * A cell of a table of cases: "-" for absent (null), or text with these escapes:
 *   \t tab, \\ backslash, \- a lone hyphen, \e nothing (the empty string),
 *   \xHH a byte, \{N|text} the text N times
 */
#ifndef WADOZIP_TESTS_UNIT_CELL_H
#define WADOZIP_TESTS_UNIT_CELL_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX ((size_t)1 << 17)

static inline const char *cell_repeat(const char *s, char *out, size_t *n)
{
    char *text;
    unsigned long times = strtoul(s + 2, &text, 10);
    size_t len = strcspn(text + 1, "}");

    while (times-- > 0 && *n + len < CELL_MAX) {
        memcpy(out + *n, text + 1, len);
        *n += len;
    }
    return text + 1 + len + 1;
}

static inline char *cell_text(const char *s)
{
    static char out[CELL_MAX + 1];
    size_t n = 0;

    if (strcmp(s, "-") == 0)
        return NULL;
    while (*s) {
        unsigned byte;

        if (*s != '\\') {
            out[n++] = *s++;
        } else if (s[1] == '{') {
            s = cell_repeat(s, out, &n);
        } else if (s[1] == 'x' && sscanf(s + 2, "%2x", &byte) == 1) {
            out[n++] = (char)byte;
            s += 4;
        } else {
            if (s[1] != 'e')
                out[n++] = s[1] == 't' ? '\t' : s[1];
            s += 2;
        }
    }
    out[n] = '\0';
    return strdup(out);
}

#endif
