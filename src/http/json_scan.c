/* SPDX-License-Identifier: MIT */
#include "http/json_scan.h"

#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

int json_scan_bad(const struct json_scan *s, const char *wanted, struct err *e)
{
    return err_set(e, ERR_UNPROCESSABLE,
                   "the body is not JSON as it is read here: %s expected, %zu bytes before the end",
                   wanted, (size_t)(s->end - s->at));
}

static void scan_blanks(struct json_scan *s)
{
    while (s->at < s->end && memchr(" \t\r\n", *s->at, 4))
        s->at++;
}

bool json_scan_take(struct json_scan *s, char c)
{
    scan_blanks(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* Take the four digits of an escaped UTF-16 unit. Returns -1 if they are not
 * hexadecimal. */
static int32_t scan_unit(struct json_scan *s)
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

/* Take an escaped character beyond ASCII, perhaps as a surrogate pair, and
 * write it as UTF-8. Returns its length, 0: bad. */
static size_t scan_wide(struct json_scan *s, char *out)
{
    int32_t code = scan_unit(s);

    if (code >= 0xD800 && code < 0xDC00 && s->end - s->at > 2 && s->at[0] == '\\' &&
        s->at[1] == 'u') {
        int32_t low;

        s->at += 2;
        low = scan_unit(s);
        code =
            low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
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
        memcpy(out,
               (char[]){(char)(0xE0 | code >> 12), (char)(0x80 | (code >> 6 & 63)),
                        (char)(0x80 | (code & 63))},
               3);
        return 3;
    }
    memcpy(out,
           (char[]){(char)(0xF0 | code >> 18), (char)(0x80 | (code >> 12 & 63)),
                    (char)(0x80 | (code >> 6 & 63)), (char)(0x80 | (code & 63))},
           4);
    return 4;
}

/* Take the character after a backslash. Returns its length as UTF-8, 0 if there
 * is no such escape. */
static size_t scan_escape(struct json_scan *s, char *out)
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

int json_scan_string(struct json_scan *s, const char *wanted, struct err *e)
{
    if (!json_scan_take(s, '"'))
        return json_scan_bad(s, wanted, e);
    for (s->len = 0; s->at < s->end && *s->at != '"';) {
        uint32_t code;
        size_t n;

        if (s->len > JSON_SCAN_STRING - 4)
            return json_scan_bad(s, "a shorter string", e);
        if (*s->at == '\\') {
            s->at++;
            n = scan_escape(s, s->text + s->len);
        } else {
            n = (unsigned char)*s->at < ' ' ? 0
                                            : utf8_decode(s->at, (size_t)(s->end - s->at), &code);
            memcpy(s->text + s->len, s->at, n);
            s->at += n;
        }
        if (!n)
            return json_scan_bad(s, "a character in UTF-8 or a known escape", e);
        s->len += n;
    }
    s->text[s->len] = '\0';
    return json_scan_take(s, '"') ? 0 : json_scan_bad(s, "the end of a string", e);
}

bool json_scan_is_string(struct json_scan *s)
{
    scan_blanks(s);
    return s->at < s->end && *s->at == '"';
}

bool json_scan_null(struct json_scan *s)
{
    scan_blanks(s);
    if (s->end - s->at < 4 || memcmp(s->at, "null", 4) != 0)
        return false;
    s->at += 4;
    return true;
}

int json_scan_word(struct json_scan *s, struct err *e)
{
    scan_blanks(s);
    for (s->len = 0; s->at < s->end && strchr("+-.0123456789Eaeflnrstu", *s->at) && *s->at;
         s->at++) {
        if (s->len == JSON_SCAN_WORD)
            return json_scan_bad(s, "a shorter number", e);
        s->text[s->len++] = *s->at;
    }
    s->text[s->len] = '\0';
    return s->len ? 0 : json_scan_bad(s, "a number, true, false or null", e);
}

int json_scan_text(struct json_scan *s, const char *what, size_t most, struct err *e)
{
    size_t characters = 0;

    if (json_scan_string(s, what, e))
        return -1;
    for (size_t i = 0, n; i < s->len; i += n) {
        n = utf8_character(s->text + i, s->len - i);
        if (!n || ++characters > most)
            return err_set(e, ERR_UNPROCESSABLE,
                           "%s has control characters or is longer than %zu characters", what,
                           most);
    }
    return 0;
}

int json_scan_array(struct json_scan *s, json_scan_each *each, void *ctx, struct err *e)
{
    if (!json_scan_take(s, '['))
        return json_scan_bad(s, "an array of strings", e);
    if (json_scan_take(s, ']'))
        return 0;
    do {
        if (json_scan_string(s, "a string", e) || each(ctx, s, e))
            return -1;
    } while (json_scan_take(s, ','));
    return json_scan_take(s, ']') ? 0 : json_scan_bad(s, "a comma or the end of an array", e);
}

int json_scan_object(const char *data, size_t len, json_scan_each *each, void *ctx, struct err *e)
{
    struct json_scan s = {.at = data, .end = data + len};
    bool more;

    if (!json_scan_take(&s, '{'))
        return json_scan_bad(&s, "an object", e);
    more = !json_scan_take(&s, '}');
    while (more) {
        if (json_scan_string(&s, "a key", e))
            return -1;
        if (!json_scan_take(&s, ':'))
            return json_scan_bad(&s, "a colon", e);
        if (each(ctx, &s, e))
            return -1;
        more = json_scan_take(&s, ',');
        if (!more && !json_scan_take(&s, '}'))
            return json_scan_bad(&s, "a comma or the end of the object", e);
    }
    scan_blanks(&s);
    return s.at == s.end ? 0 : json_scan_bad(&s, "nothing more", e);
}
