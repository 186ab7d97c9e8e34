/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "dicom/uid.h"
#include "http/collection_list.h"

#define STRING_MAX COLLECTION_LIST_SEARCH
#define NAME_CHARACTERS 200

/* A cursor in JSON text (RFC 8259), with the string that was read last. */
struct scan {
    const char *at, *end;
    char text[STRING_MAX + 1];
    size_t len;
};

static int bad_json(const struct scan *s, const char *wanted, struct err *e)
{
    return err_set(e, ERR_UNPROCESSABLE, "the list is not JSON as it is read here: %s expected, %zu bytes before the end",
                   wanted, (size_t)(s->end - s->at));
}

static void scan_blanks(struct scan *s)
{
    while (s->at < s->end && memchr(" \t\r\n", *s->at, 4))
        s->at++;
}

/* Take a character after blanks. Returns whether it was there. */
static bool scan_take(struct scan *s, char c)
{
    scan_blanks(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* Take the four digits of an escaped UTF-16 unit. Returns -1 if they are not hexadecimal. */
static int32_t scan_unit(struct scan *s)
{
    int32_t unit = 0;

    for (int i = 0; i < 4; i++) {
        int digit = s->at < s->end ? hex_value(*s->at) : -1;

        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
        s->at++;
    }
    return unit;
}

/* Take an escaped character beyond ASCII, perhaps as a surrogate pair, and write it as UTF-8. Returns its length, 0: bad. */
static size_t scan_wide(struct scan *s, char *out)
{
    int32_t code = scan_unit(s);

    if (code >= 0xD800 && code < 0xDC00 && s->end - s->at > 2 && s->at[0] == '\\' && s->at[1] == 'u') {
        int32_t low;

        s->at += 2;
        low = scan_unit(s);
        code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
    }
    if (code <= 0 || (code >= 0xD800 && code < 0xE000))
        return 0;
    if (code < 0x80) {
        *out = (char)code;
        return 1;
    }
    if (code < 0x800) {
        memcpy(out, (char[]){(char)(0xC0 | code >> 6), (char)(0x80 | (code & 63))}, 2);
        return 2;
    }
    if (code < 0x10000) {
        memcpy(out, (char[]){(char)(0xE0 | code >> 12), (char)(0x80 | (code >> 6 & 63)), (char)(0x80 | (code & 63))}, 3);
        return 3;
    }
    memcpy(out, (char[]){(char)(0xF0 | code >> 18), (char)(0x80 | (code >> 12 & 63)), (char)(0x80 | (code >> 6 & 63)),
                         (char)(0x80 | (code & 63))}, 4);
    return 4;
}

/* Take the character after a backslash. Returns its length as UTF-8, 0 if there is no such escape. */
static size_t scan_escape(struct scan *s, char *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char c = s->at < s->end ? *s->at++ : '\0';
    const char *name = c ? strchr(names, c) : NULL;

    if (c == 'u')
        return scan_wide(s, out);
    if (!name)
        return 0;
    *out = values[name - names];
    return 1;
}

/* Take a string into s->text. */
static int scan_string(struct scan *s, const char *wanted, struct err *e)
{
    if (!scan_take(s, '"'))
        return bad_json(s, wanted, e);
    for (s->len = 0; s->at < s->end && *s->at != '"';) {
        uint32_t code;
        size_t n;

        if (s->len > STRING_MAX - 4)
            return bad_json(s, "a shorter string", e);
        if (*s->at == '\\') {
            s->at++;
            n = scan_escape(s, s->text + s->len);
        } else {
            n = (unsigned char)*s->at < ' ' ? 0 : utf8_decode(s->at, (size_t)(s->end - s->at), &code);
            memcpy(s->text + s->len, s->at, n);
            s->at += n;
        }
        if (!n)
            return bad_json(s, "a character in UTF-8 or a known escape", e);
        s->len += n;
    }
    s->text[s->len] = '\0';
    return scan_take(s, '"') ? 0 : bad_json(s, "the end of a string", e);
}

static int add_uid(struct collection_list *l, const struct scan *s, struct err *e)
{
    if (!uid_valid(s->text, s->len))
        return err_set(e, ERR_UNPROCESSABLE, "\"%.64s\" is not a well-formed UID", s->text);
    return collection_list_add(l, s->text, s->len, e);
}

/* A code string (PS3.5 6.2): nothing that an array's text would have to quote. */
static int add_modality(struct collection_list *l, const struct scan *s, struct err *e)
{
    if (!s->len || s->len > 16 || strspn(s->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != s->len)
        return err_set(e, ERR_UNPROCESSABLE, "\"%.64s\" is not a modality such as CT", s->text);
    buf_printf(&l->modalities, "%s%s", l->modalities.len ? "," : "", s->text);
    return buf_check(&l->modalities, "the modalities of a list", e);
}

typedef int add_fn(struct collection_list *l, const struct scan *s, struct err *e);

static int scan_array(struct scan *s, struct collection_list *l, add_fn *add, struct err *e)
{
    if (!scan_take(s, '['))
        return bad_json(s, "an array of strings", e);
    if (scan_take(s, ']'))
        return 0;
    do {
        if (scan_string(s, "a string", e) || add(l, s, e))
            return -1;
    } while (scan_take(s, ','));
    return scan_take(s, ']') ? 0 : bad_json(s, "a comma or the end of an array", e);
}

static int scan_name(struct scan *s, struct collection_list *l, struct err *e)
{
    size_t characters = 0;

    if (scan_string(s, "a name", e))
        return -1;
    for (size_t i = 0, n; i < s->len; i += n) {
        n = utf8_character(s->text + i, s->len - i);
        if (!n || ++characters > NAME_CHARACTERS)
            return err_set(e, ERR_UNPROCESSABLE, "the name has control characters or is longer than %d characters",
                           NAME_CHARACTERS);
    }
    memcpy(l->name, s->text, s->len + 1); /* 4 bytes a character at most */
    return 0;
}

static int scan_search(struct scan *s, struct collection_list *l, struct err *e)
{
    if (scan_string(s, "the query of a search", e))
        return -1;
    snprintf(l->search, sizeof l->search, "%s", s->text);
    return 0;
}

static int scan_value(struct scan *s, struct collection_list *l, struct err *e)
{
    static const char *const uids[] = {"studies", "series", "uids"};

    for (size_t i = 0; i < sizeof uids / sizeof *uids; i++)
        if (strcmp(s->text, uids[i]) == 0)
            return scan_array(s, l, add_uid, e);
    if (strcmp(s->text, "modalities") == 0)
        return scan_array(s, l, add_modality, e);
    if (strcmp(s->text, "name") == 0)
        return scan_name(s, l, e);
    if (strcmp(s->text, "search") == 0)
        return scan_search(s, l, e);
    if (strcmp(s->text, "deidentify") == 0)
        return err_set(e, ERR_UNPROCESSABLE,
                       "collections are not de-identified: leave deidentify out to get the data as it is");
    return err_set(e, ERR_UNPROCESSABLE,
                   "\"%.64s\" is not known: a list has studies, series, uids, search, modalities and name", s->text);
}

int collection_list_json(const char *data, size_t len, struct collection_list *l, struct err *e)
{
    struct scan s = {.at = data, .end = data + len};
    bool more;

    if (!scan_take(&s, '{'))
        return bad_json(&s, "an object", e);
    more = !scan_take(&s, '}');
    while (more) {
        if (scan_string(&s, "a key", e))
            return -1;
        if (!scan_take(&s, ':'))
            return bad_json(&s, "a colon", e);
        if (scan_value(&s, l, e))
            return -1;
        more = scan_take(&s, ',');
        if (!more && !scan_take(&s, '}'))
            return bad_json(&s, "a comma or the end of the object", e);
    }
    scan_blanks(&s);
    return s.at == s.end ? 0 : bad_json(&s, "nothing more", e);
}
