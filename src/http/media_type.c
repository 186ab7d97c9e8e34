/* SPDX-License-Identifier: MIT */
#include "http/media_type.h"

#include <string.h>
#include <strings.h>

#include "base/banned.h"

/* Rendered media types (PS3.18 Table 8.7.4-1) and the ranges that contain
 * nothing else. */
static const char *const rendered[][2] = {
    {"image", "*"},    {"image", "jpeg"}, {"image", "gif"},       {"image", "png"},
    {"image", "jp2"},  {"video", "*"},    {"video", "mpeg"},      {"video", "mp4"},
    {"video", "h265"}, {"text", "*"},     {"text", "html"},       {"text", "plain"},
    {"text", "xml"},   {"text", "rtf"},   {"application", "pdf"},
};

/* DICOM media types (PS3.18 8.7.3) and archives of them. */
static const char *const dicom[][2] = {
    {"application", "zip"},       {"multipart", "related"},   {"application", "dicom"},
    {"application", "dicom+xml"}, {"application", "dicom+json"},
};

/* The rest of a list item, from `at` to `end`. */
struct span {
    const char *at, *end;
    enum media_type_source source;
};

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_space(const struct span *s, char c)
{
    return c == ' ' || c == '\t' || (s->source == MEDIA_TYPE_QUERY && c == '+');
}

static void media_type_skip_space(struct span *s)
{
    while (s->at < s->end && is_space(s, *s->at))
        s->at++;
}

static bool take_char(struct span *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static char media_type_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool take_token(struct span *s, char out[MEDIA_TYPE_NAME_MAX + 1])
{
    size_t n = 0;

    while (s->at < s->end && is_token_char(*s->at)) {
        if (n == MEDIA_TYPE_NAME_MAX)
            return false;
        out[n++] = *s->at++;
    }
    out[n] = '\0';
    return n > 0;
}

/* quoted-string with quoted-pair (RFC 9110 5.6.4). */
static bool take_quoted(struct span *s, char out[MEDIA_TYPE_VALUE_MAX + 1])
{
    size_t n = 0;

    for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
        if (*s->at == '\\' && ++s->at == s->end)
            return false;
        if (n == MEDIA_TYPE_VALUE_MAX || (unsigned char)*s->at < 0x20 || *s->at == 0x7f)
            return false;
        out[n++] = *s->at;
    }
    out[n] = '\0';
    return take_char(s, '"');
}

/*
 * A value without quotes may contain a slash: type=application/dicom is common
 * although it is not a token (PS3.18 8.7.1 Note).
 */
static bool take_value(struct span *s, char out[MEDIA_TYPE_VALUE_MAX + 1])
{
    size_t n = 0;

    if (s->at < s->end && *s->at == '"')
        return take_quoted(s, out);
    while (s->at < s->end && (is_token_char(*s->at) || *s->at == '/')) {
        if (n == MEDIA_TYPE_VALUE_MAX)
            return false;
        out[n++] = *s->at++;
    }
    out[n] = '\0';
    return n > 0;
}

bool media_type_weight(const char *s, unsigned *weight)
{
    unsigned v = s[0] == '1' ? MEDIA_TYPE_WEIGHT_MAX : 0, unit = 100;
    const char *point = s + (s[0] == '0' || s[0] == '1');

    if (point == s && (s[0] != '.' || !s[1]))
        return false;
    if (*point && *point != '.')
        return false;
    for (const char *d = *point ? point + 1 : point; *d; d++, unit /= 10) {
        if (*d < '0' || *d > '9' || unit == 0)
            return false;
        v += (unsigned)(*d - '0') * unit;
    }
    *weight = v;
    return v <= MEDIA_TYPE_WEIGHT_MAX;
}

static bool has_param(const struct media_type_range *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcasecmp(r->params[i].name, name) == 0)
            return true;
    return false;
}

/*
 * Parse one parameter. q is the weight at any position (RFC 9110 12.5.1). A
 * repeated parameter is an error (RFC 6838 4.3).
 */
static bool take_param(struct span *s, struct media_type_range *out, bool *weighted)
{
    struct media_type_param p;

    if (!take_token(s, p.name) || !take_char(s, '='))
        return false;
    if (strcasecmp(p.name, "q") == 0) {
        bool first = !*weighted && s->at < s->end && *s->at != '"';

        *weighted = true;
        return first && take_value(s, p.value) && media_type_weight(p.value, &out->weight);
    }
    if (!take_value(s, p.value) || out->count == MEDIA_TYPE_PARAMS_MAX || has_param(out, p.name))
        return false;
    out->params[out->count++] = p;
    return true;
}

/*
 * Parse "type/subtype" in lower case. "*" alone, sent by Java's
 * HttpURLConnection, means any type.
 */
static bool take_type(struct span *s, struct media_type_range *out)
{
    if (!take_token(s, out->type))
        return false;
    if (strcmp(out->type, "*") == 0 && (s->at == s->end || *s->at != '/'))
        memcpy(out->subtype, "*", 2);
    else if (!take_char(s, '/') || !take_token(s, out->subtype))
        return false;
    for (char *c = out->type; *c; c++)
        *c = media_type_lower(*c);
    for (char *c = out->subtype; *c; c++)
        *c = media_type_lower(*c);
    return true;
}

static bool media_type_take_member(struct span *s, struct media_type_range *out)
{
    bool weighted = false;

    *out = (struct media_type_range){.weight = MEDIA_TYPE_WEIGHT_MAX};
    if (!take_type(s, out))
        return false;
    for (media_type_skip_space(s); take_char(s, ';'); media_type_skip_space(s)) {
        media_type_skip_space(s);
        if (s->at < s->end && *s->at != ';' && !take_param(s, out, &weighted))
            return false;
    }
    return s->at == s->end && (strcmp(out->type, "*") != 0 || strcmp(out->subtype, "*") == 0);
}

/*
 * Return the end of the list item at s: the next comma outside quotes. An
 * unterminated quote extends to the end.
 */
static const char *member_end(const char *s)
{
    bool quoted = false;

    for (; *s && (quoted || *s != ','); s++) {
        if (*s == '"')
            quoted = !quoted;
        else if (quoted && *s == '\\' && s[1])
            s++;
    }
    return s;
}

enum media_type_token media_type_next(const char **cursor, enum media_type_source source,
                                      struct media_type_range *out)
{
    for (;;) {
        struct span s = {*cursor, member_end(*cursor), source};

        *cursor = *s.end ? s.end + 1 : s.end;
        media_type_skip_space(&s);
        if (s.at < s.end)
            return media_type_take_member(&s, out) ? MEDIA_TYPE_RANGE : MEDIA_TYPE_BAD;
        if (!*s.end)
            return MEDIA_TYPE_END;
    }
}

bool media_type_is(const struct media_type_range *r, const char *type, const char *subtype)
{
    return strcmp(r->type, type) == 0 && strcmp(r->subtype, subtype) == 0;
}

static bool is_among(const struct media_type_range *r, const char *const names[][2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (media_type_is(r, names[i][0], names[i][1]))
            return true;
    return false;
}

bool media_type_is_dicom(const struct media_type_range *r)
{
    return is_among(r, dicom, sizeof dicom / sizeof *dicom);
}

bool media_type_is_rendered(const struct media_type_range *r)
{
    return is_among(r, rendered, sizeof rendered / sizeof *rendered);
}

bool media_type_covers(const struct media_type_range *r, const char *type, const char *subtype,
                       unsigned *depth)
{
    *depth = strcmp(r->type, "*") == 0 ? 0 : strcmp(r->subtype, "*") == 0 ? 1 : 2;
    return (*depth == 0 || strcmp(r->type, type) == 0) &&
           (*depth < 2 || strcmp(r->subtype, subtype) == 0);
}

struct score {
    unsigned weight, depth;
    size_t place; /* position of the range in the list, from 1; 0 if none covers the offer */
};

static void note_range(const struct media_type_range *r, size_t place,
                       const struct media_type_offer *o, struct score *s)
{
    unsigned depth;

    if (media_type_covers(r, o->type, o->subtype, &depth) && (!s->place || depth > s->depth))
        *s = (struct score){r->weight, depth, place};
}

static struct score score_offer(const char *list, enum media_type_source source, size_t members,
                                const struct media_type_offer *o)
{
    struct score s = {0};
    struct media_type_range r;
    enum media_type_token token;

    for (size_t place = 1; (token = media_type_next(&list, source, &r)) != MEDIA_TYPE_END;
         place++) {
        if (place > members)
            return (struct score){0};
        if (token == MEDIA_TYPE_RANGE)
            note_range(&r, place, o, &s);
    }
    return s;
}

static bool is_better(const struct score *a, const struct score *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    if (!a->weight)
        return false;
    return a->depth != b->depth ? a->depth > b->depth : a->place < b->place;
}

int media_type_choose(const char *list, enum media_type_source source, size_t members,
                      const struct media_type_offer *offers, size_t count)
{
    struct score best = {0};
    int chosen = -1;

    for (size_t i = 0; i < count; i++) {
        struct score s = score_offer(list, source, members, &offers[i]);

        if (is_better(&s, &best)) {
            best = s;
            chosen = (int)i;
        }
    }
    return chosen;
}
