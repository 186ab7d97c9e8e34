/* SPDX-License-Identifier: MIT */
#include "base/json_text.h"

#include <string.h>

#include "base/utf8.h"

/*
 * Written by hand: json-c copies bytes that are not UTF-8 unchanged, so every
 * text would need a check and a copy first, and a batch of the indexer has tens
 * of thousands.
 */
static bool json_text_is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void json_text(struct buf *out, const char *text)
{
    size_t len = strlen(text);

    buf_add(out, "\"", 1);
    for (size_t at = 0, step; at < len; at += step) {
        for (step = 0; at + step < len && json_text_is_plain(text[at + step]);)
            step++;
        if (step) {
            buf_add(out, text + at, step);
            continue;
        }
        step = utf8_character(text + at, len - at);
        if (step == 1)
            buf_add(out, "\\", 1); /* a quotation mark or a backslash */
        buf_add(out, step ? text + at : "?", step ? step : 1);
        step = step ? step : 1;
    }
    buf_add(out, "\"", 1);
}

void json_text_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    json_text(out, text);
}
