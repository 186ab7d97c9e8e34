/* SPDX-License-Identifier: MIT */
#include "search/search_answer.h"

#include <string.h>

#include "search/search_xml.h"

static void put_json(struct buf *out, const char *s, size_t len)
{
    buf_add(out, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)s[i] < 0x20)
            buf_printf(out, "\\u%04x", (unsigned)s[i]);
        else
            buf_printf(out, "%s%c", strchr("\"\\", s[i]) ? "\\" : "", s[i]);
    }
    buf_add(out, "\"", 1);
}

/* Write {"Alphabetic":"a","Ideographic":"b"} without empty groups (PS3.18
 * F.2.3). */
static void search_answer_put_name(struct buf *out, const char *s, size_t left)
{
    static const char *const groups[] = {"Alphabetic", "Ideographic", "Phonetic"};
    const char *separator = "", *end = s + left;

    buf_str(out, "{");
    for (size_t i = 0, len; i < 3 && s < end; i++, s += len + (s + len < end)) {
        len = strcspn(s, "=");
        len = len < (size_t)(end - s) ? len : (size_t)(end - s);
        if (!len)
            continue;
        buf_printf(out, "%s\"%s\":", separator, groups[i]);
        put_json(out, s, len);
        separator = ",";
    }
    buf_str(out, "}");
}

static bool is_number(const char *vr)
{
    return strcmp(vr, "IS") == 0 || strcmp(vr, "US") == 0;
}

static void put_values(struct buf *out, const struct search_definition *d, const char *s)
{
    buf_str(out, ",\"Value\":[");
    for (size_t len; *s; s += len + (s[len] == '\\')) {
        len = search_result_value(d, s);
        if (strcmp(d->vr, "PN") == 0)
            search_answer_put_name(out, s, len);
        else if (is_number(d->vr))
            buf_add(out, s, len);
        else if (len)
            put_json(out, s, len);
        else
            buf_str(out, "null");
        buf_str(out, s[len] && s[len + 1] ? "," : "");
    }
    buf_str(out, "]");
}

static void put_member(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES],
                       enum search_attribute which)
{
    const struct search_definition *d = search_definition(which);
    const char *text = search_result_text(values, which);

    buf_printf(a->out, "\"%08X\":{\"vr\":\"%s\"", d->tag, d->vr);
    if (which == SEARCH_RETRIEVE_URL) {
        buf_str(a->out, ",\"Value\":[\"");
        search_result_address(a->out, a, values);
        buf_str(a->out, "\"]");
    } else if (*text) {
        put_values(a->out, d, text);
    }
    buf_str(a->out, "}");
}

static void add_object(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES])
{
    uint32_t inside = 0;
    const char *separator = "";

    buf_str(a->out, a->count ? ",\n{" : "{");
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const struct search_definition *d = search_definition((enum search_attribute)i);

        if (!a->query->wanted[i] ||
            (d->if_known && !*search_result_text(values, (enum search_attribute)i)))
            continue;
        buf_str(a->out, separator);
        if (d->sequence && d->sequence != inside)
            buf_printf(a->out, "\"%08X\":{\"vr\":\"SQ\",\"Value\":[{", d->sequence);
        inside = d->sequence;
        put_member(a, values, (enum search_attribute)i);
        separator = ",";
    }
    buf_str(a->out, inside ? "}]}}" : "}");
}

/*
 * RFC 4180. Spreadsheets execute text that begins with one of these as a
 * formula, so it gets an apostrophe.
 */
static void put_cell(struct buf *out, const char *s)
{
    buf_str(out, strchr("=+-@", *s) && *s ? "\"'" : "\"");
    for (; *s; s++)
        buf_add(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    buf_str(out, "\"");
}

static void add_line(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES])
{
    const char *separator = "";

    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        if (!a->query->wanted[i] || i == SEARCH_CHARACTER_SET)
            continue;
        buf_str(a->out, separator);
        if (i == SEARCH_RETRIEVE_URL)
            search_result_address(a->out, a, values);
        else
            put_cell(a->out, search_result_text(values, (enum search_attribute)i));
        separator = ",";
    }
    buf_str(a->out, "\r\n");
}

void search_answer_begin(struct search_answer *a)
{
    const char *separator = "";

    a->count = 0;
    buf_str(a->out, a->format == SEARCH_JSON ? "[" : "");
    for (unsigned i = 0; a->format == SEARCH_CSV && i < SEARCH_ATTRIBUTES; i++) {
        if (!a->query->wanted[i] || i == SEARCH_CHARACTER_SET)
            continue;
        buf_printf(a->out, "%s%s", separator, search_definition((enum search_attribute)i)->keyword);
        separator = ",";
    }
    buf_str(a->out, a->format == SEARCH_CSV ? "\r\n" : "");
}

void search_answer_add(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES])
{
    switch (a->format) {
    case SEARCH_JSON:
        add_object(a, values);
        break;
    case SEARCH_CSV:
        add_line(a, values);
        break;
    case SEARCH_XML:
        search_xml_add(a, values);
        break;
    }
    a->count++;
}

void search_answer_end(struct search_answer *a)
{
    if (a->format == SEARCH_JSON)
        buf_str(a->out, "]");
    else if (a->format == SEARCH_XML)
        buf_str(a->out, "--" SEARCH_ANSWER_BOUNDARY "--\r\n");
}
