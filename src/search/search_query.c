/* SPDX-License-Identifier: MIT */
#include "search/search_query.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/utf8.h"
#include "dicom/uid.h"
#include "dicom/deidentifying.h"
#include "base/uri.h"

#define UIDS_MAX 4096
#define PARAMETERS_MAX 256
#define DATE_DIGITS 8
#define TIME_DIGITS 12 /* HHMMSSFFFFFF */

/* A query that is being parsed. */
struct parsing {
    struct mem *mem;
    struct search_query *out;
    bool seen[SEARCH_ATTRIBUTES];
    size_t values; /* values of all keys so far */
    bool deidentifies; /* as of search_target */
};

static int read_whole_number(const char *name, const char *value, uint64_t *out, struct err *e)
{
    if (!num_parse(value, strlen(value), SEARCH_OFFSET_MAX, out))
        return err_set(e, ERR_REQUEST, "the query parameter %s is not a number up to %d", name,
                       SEARCH_OFFSET_MAX);
    return 0;
}

static void want(struct search_query *q, const char *name, size_t len)
{
    bool all = len == 3 && memcmp(name, "all", 3) == 0;
    unsigned a = all ? 0 : search_attribute_find(name, len, true, 0);

    for (; a < SEARCH_ATTRIBUTES; a = all ? a + 1 : search_attribute_find(name, len, true, a + 1))
        q->wanted[a] |= search_definition((enum search_attribute)a)->level <= q->level;
}

static void take_fields(struct search_query *q, const char *list)
{
    while (*list) {
        size_t len = strcspn(list, ","), space = strspn(list, " ");

        space = space < len ? space : len;
        want(q, list + space, len - space);
        list += len + (list[len] == ',');
    }
}

/* Split at any of `separators`. Drops empty values. */
static int split_values(struct parsing *p, const char *value, const char *separators, size_t max,
                        struct search_key *out, struct err *e)
{
    size_t room = 1, count = 0;
    const char **values;

    for (const char *c = value; *c; c++)
        room += strchr(separators, *c) != NULL;
    values = mem_alloc(p->mem, room * sizeof *values, e);
    if (!values)
        return -1;
    for (size_t len; *value; value += len + (value[len] != '\0')) {
        len = strcspn(value, separators);
        if (!len)
            continue;
        values[count] = mem_copy(p->mem, value, len, e);
        if (!values[count++])
            return -1;
    }
    if (count > max)
        return err_set(e, ERR_REQUEST, "the query has more than %zu values for one attribute", max);
    out->values = values;
    out->count = count;
    return 0;
}

static int bad_value(const struct search_definition *d, const char *form, struct err *e)
{
    return err_set(e, ERR_REQUEST, "the value of %s is not %s", d->keyword, form);
}

static int take_uids(struct parsing *p, const char *value, struct search_key *key, struct err *e)
{
    if (split_values(p, value, ",\\", UIDS_MAX, key, e))
        return -1;
    for (size_t i = 0; i < key->count; i++)
        if (!uid_valid(key->values[i], strlen(key->values[i])))
            return bad_value(search_definition(key->attribute),
                             "a UID, or a list of UIDs separated by commas", e);
    return 0;
}

/* Return a date unchanged, or the first or last microsecond that a time can
 * mean. */
static const char *bound(struct parsing *p, const char *s, size_t len, bool date, bool last,
                         struct err *e)
{
    static const char first_time[] = "000000000000", last_time[] = "235959999999";
    char digits[TIME_DIGITS + 1];
    size_t n = 0;

    for (size_t i = 0; i < len && n < TIME_DIGITS; i++)
        if (isdigit((unsigned char)s[i]))
            digits[n++] = s[i];
    for (size_t i = n; !date && len && i < TIME_DIGITS; n = ++i)
        digits[i] = last ? last_time[i] : first_time[i];
    return mem_copy(p->mem, digits, n, e);
}

/* Return whether s is YYYYMMDD, or HH, HHMM, HHMMSS and up to six digits after
 * a point. */
static bool is_moment(const char *s, size_t len, bool date)
{
    size_t digits = 0;

    while (digits < len && isdigit((unsigned char)s[digits]))
        digits++;
    if (date)
        return len == DATE_DIGITS && digits == len;
    if (digits == len)
        return len == 2 || len == 4 || len == 6;
    if (digits != 6 || s[6] != '.' || len < 8 || len > 13)
        return false;
    return strspn(s + 7, "0123456789") >= len - 7;
}

static int take_range(struct parsing *p, const char *value, struct search_key *key, struct err *e)
{
    const struct search_definition *d = search_definition(key->attribute);
    bool date = d->rule == SEARCH_DATES;
    size_t len = strlen(value), first = strcspn(value, "-");
    const char *to = first < len ? value + first + 1 : value;
    size_t last = strlen(to);
    const char **values = mem_alloc(p->mem, 2 * sizeof *values, e);

    if (!values)
        return -1;
    if ((first && !is_moment(value, first, date)) || (last && !is_moment(to, last, date)) ||
        (!first && !last))
        return bad_value(
            d,
            date
                ? "a date (20240131), or a range of dates (20240101-20240131, 20240101-, -20240131)"
                : "a time (0930), or a range of times (0930-1700, 0930-, -1700)",
            e);
    values[0] = bound(p, value, first, date, false, e);
    values[1] = values[0] ? bound(p, to, last, date, true, e) : NULL;
    key->values = values;
    key->count = 2;
    return values[1] ? 0 : -1;
}

static int take_integer(struct parsing *p, const char *value, struct search_key *key, struct err *e)
{
    int64_t number;
    const char **values = mem_alloc(p->mem, sizeof *values, e);

    if (!values)
        return -1;
    if (!num_parse_signed(value + (*value == '+'), INT32_MIN, INT32_MAX - 1, &number))
        return bad_value(search_definition(key->attribute), "an integer", e);
    values[0] = mem_printf(p->mem, e, "%lld", (long long)number);
    key->values = values;
    key->count = 1;
    return values[0] ? 0 : -1;
}

static int take_key_value(struct parsing *p, const char *value, struct search_key *key,
                          struct err *e)
{
    switch (search_definition(key->attribute)->rule) {
    case SEARCH_UIDS:
        return take_uids(p, value, key, e);
    case SEARCH_DATES:
    case SEARCH_TIMES:
        return take_range(p, value, key, e);
    case SEARCH_NUMBERS:
        return take_integer(p, value, key, e);
    case SEARCH_CODES:
        return split_values(p, value, ",\\", SEARCH_VALUES_MAX, key, e);
    case SEARCH_NAME:
        return split_values(p, value, p->out->fuzzy ? " ^=,*?" : "", SEARCH_VALUES_MAX, key, e);
    case SEARCH_TEXT:
    case SEARCH_RETURNED:
        break;
    }
    return split_values(p, value, "", 1, key, e);
}

/* Universal matching (PS3.4 C.2.2.2.3): every value matches, and the attribute
 * is returned. */
static bool is_universal(const char *value)
{
    return strspn(value, "*") == strlen(value);
}

static int take_key(struct parsing *p, enum search_attribute a, const char *value, struct err *e)
{
    struct search_query *q = p->out;
    const struct search_definition *d = search_definition(a);
    struct search_key *key = &q->keys[q->count];

    if (p->seen[a])
        return err_set(e, ERR_REQUEST, "the attribute %s occurs more than once in the query",
                       d->keyword);
    p->seen[a] = true;
    if (d->level > q->level)
        return err_set(e, ERR_REQUEST, "%s is no attribute of %s: it cannot be matched here%s",
                       d->keyword, q->level == SEARCH_STUDIES ? "studies" : "series",
                       a == SEARCH_MODALITY ? "; use ModalitiesInStudy" : "");
    q->wanted[a] = true;
    if (is_universal(value))
        return 0;
    if (d->rule == SEARCH_RETURNED)
        return err_set(e, ERR_REQUEST, "%s cannot be matched", d->keyword);
    if (q->count == SEARCH_KEYS_MAX)
        return err_set(e, ERR_REQUEST, "the query has more than %d match keys", SEARCH_KEYS_MAX);
    key->attribute = a;
    if (take_key_value(p, value, key, e))
        return -1;
    if (!key->count)
        return bad_value(d, "more than separators", e);
    p->values += d->rule == SEARCH_UIDS ? 1 : key->count;
    if (p->values > SEARCH_VALUES_MAX)
        return err_set(e, ERR_REQUEST, "the query has more than %d values", SEARCH_VALUES_MAX);
    q->count++;
    return 0;
}

/* Names of parameters begin with a lower case letter, keywords do not. */
static bool is_attribute(const char *name)
{
    return isupper((unsigned char)*name) || search_attribute_is_tag(name, strlen(name)) ||
           (strlen(name) > 8 && name[8] == '.');
}

static int take_fuzzy(struct search_query *q, const char *value, struct err *e)
{
    q->fuzzy = strcmp(value, "true") == 0;
    if (!q->fuzzy && strcmp(value, "false") != 0)
        return err_set(e, ERR_REQUEST, "the query parameter fuzzymatching may be true or false");
    return 0;
}

static int take_parameter(struct parsing *p, const char *name, const char *value, struct err *e)
{
    struct search_query *q = p->out;
    enum search_attribute a = search_attribute_find(name, strlen(name), false, 0);

    if (strcmp(name, "limit") == 0)
        return read_whole_number(name, value, &q->limit, e);
    if (strcmp(name, "offset") == 0)
        return read_whole_number(name, value, &q->offset, e);
    if (strcmp(name, "includefield") == 0)
        take_fields(q, value);
    else if (a < SEARCH_ATTRIBUTES)
        return take_key(p, a, value, e);
    else if (is_attribute(name))
        return err_set(e, ERR_REQUEST, "%.64s cannot be matched: no index holds it", name);
    else if (deidentifying_name(name) && !(p->deidentifies && strcasecmp(name, "deidentify") == 0))
        return err_set(e, ERR_REQUEST, "de-identification is not offered: leave %.64s out", name);
    return 0;
}

/* Decode the len bytes at s. '+' is a space
 * (application/x-www-form-urlencoded). */
static char *decode_query(struct mem *m, const char *s, size_t len, struct err *e)
{
    char *text = mem_copy(m, s, len, e), *out;

    for (char *c = text; c && *c; c++)
        if (*c == '+')
            *c = ' ';
    out = text ? uri_decode(m, text, len, "the query", e) : NULL;
    if (out && !utf8_is_text(out, strlen(out) + 1)) {
        err_set(e, ERR_REQUEST, "the query is not in UTF-8");
        return NULL;
    }
    return out;
}

/* Parse fuzzymatching first, because it changes how names are parsed, then the
 * others. */
static int take_all(struct parsing *p, const char *raw, bool fuzzy, struct err *e)
{
    for (size_t len, count = 0; *raw; raw += len + (raw[len] == '&')) {
        size_t end;
        char *name, *value;

        len = strcspn(raw, "&");
        if (!len)
            continue;
        end = strcspn(raw, "=&");
        name = decode_query(p->mem, raw, end, e);
        value =
            name ? decode_query(p->mem, raw + end + (end < len), len - end - (end < len), e) : NULL;
        if (!value)
            return -1;
        if (++count > PARAMETERS_MAX)
            return err_set(e, ERR_REQUEST, "the query has more than %d parameters", PARAMETERS_MAX);
        if (fuzzy != (strcmp(name, "fuzzymatching") == 0))
            continue;
        if (fuzzy ? take_fuzzy(p->out, value, e) : take_parameter(p, name, value, e))
            return -1;
    }
    return 0;
}

int search_query_parse(const char *raw, const struct search_target *of, struct mem *m,
                       struct search_query *out, struct err *e)
{
    struct parsing p = {.mem = m, .out = out, .deidentifies = of->deidentifies};

    *out = (struct search_query){
        .level = of->level, .study = of->study, .series = of->series, .limit = SEARCH_OFFSET_MAX};
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const struct search_definition *d = search_definition((enum search_attribute)i);
        bool known = (d->level == SEARCH_STUDIES && *of->study) ||
                     (d->level == SEARCH_SERIES && *of->series);

        out->wanted[i] = d->always && d->level <= of->level && !known;
    }
    out->wanted[SEARCH_CHARACTER_SET] = out->wanted[SEARCH_AVAILABILITY] =
        out->wanted[SEARCH_RETRIEVE_URL] = true;
    out->wanted[SEARCH_STUDY_UID] = true;
    out->wanted[SEARCH_SERIES_UID] = of->level >= SEARCH_SERIES;
    return take_all(&p, raw, true, e) || take_all(&p, raw, false, e) ? -1 : 0;
}
