/* SPDX-License-Identifier: MIT */
#include "http/markup.h"

static void add_char(struct buf *out, char c)
{
    buf_add(out, c >= 0x20 && c < 0x7f ? &c : "?", 1);
}

void markup_plain(struct buf *out, const char *s)
{
    for (; *s; s++)
        add_char(out, *s);
}

void markup_escape(struct buf *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&':
            buf_str(out, "&amp;");
            break;
        case '<':
            buf_str(out, "&lt;");
            break;
        case '>':
            buf_str(out, "&gt;");
            break;
        case '"':
            buf_str(out, "&quot;");
            break;
        case '\'':
            buf_str(out, "&#39;");
            break;
        default:
            add_char(out, *s);
        }
    }
}
