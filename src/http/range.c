/* SPDX-License-Identifier: MIT */
#include "http/range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/banned.h"

/* More overlapping ranges indicate a broken or hostile client (RFC 9110 14.2).
 */
#define OVERLAPS_MAX 2

struct spec {
    bool has_first, has_last;
    uint64_t first, last; /* last: the suffix length unless has_first; saturates at UINT64_MAX */
};

/* Parse decimal digits of any length (RFC 9110 14.1.1 expects large numbers).
 */
static bool range_take_number(const char **s, uint64_t *value)
{
    const char *start = *s;
    uint64_t v = 0;

    for (; **s >= '0' && **s <= '9'; (*s)++) {
        unsigned digit = (unsigned)(**s - '0');

        v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
    }
    *value = v;
    return *s > start;
}

static void range_skip_space(const char **s)
{
    *s += strspn(*s, " \t");
}

/* Parse an int-range or a suffix-range (RFC 9110 14.1.1). */
static bool take_spec(const char **s, struct spec *out)
{
    out->has_first = range_take_number(s, &out->first);
    if (*(*s)++ != '-')
        return false;
    out->has_last = range_take_number(s, &out->last);
    range_skip_space(s);
    if (**s != ',' && **s != '\0')
        return false;
    return out->has_first ? !out->has_last || out->last >= out->first : out->has_last;
}

/* Return false if no byte of the range exists. */
static bool range_resolve(const struct spec *s, uint64_t size, struct range *out)
{
    if (!s->has_first) {
        *out = (struct range){s->last < size ? size - s->last : 0, size - 1};
        return s->last > 0 && size > 0;
    }
    *out = (struct range){s->first, s->has_last && s->last < size ? s->last : size - 1};
    return s->first < size;
}

/* Return whether the ranges overlap or touch. last + 1 cannot overflow because
 * last < size. */
static bool meet(const struct range *a, const struct range *b)
{
    return a->first <= b->last + 1 && b->first <= a->last + 1;
}

static bool overlap(const struct range *a, const struct range *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static void unite(struct range *a, const struct range *b)
{
    a->first = a->first < b->first ? a->first : b->first;
    a->last = a->last > b->last ? a->last : b->last;
}

/*
 * Add a range, or extend the first one that it meets. No two ranges of the set
 * meet, so one pass merges the others.
 */
static void range_add(struct range_set *set, struct range r)
{
    size_t at = 0, keep;

    while (at < set->count && !meet(&set->ranges[at], &r))
        at++;
    if (at == set->count) {
        set->ranges[set->count++] = r;
        return;
    }
    unite(&set->ranges[at], &r);
    keep = at + 1;
    for (size_t i = at + 1; i < set->count; i++) {
        if (meet(&set->ranges[at], &set->ranges[i]))
            unite(&set->ranges[at], &set->ranges[i]);
        else
            set->ranges[keep++] = set->ranges[i];
    }
    set->count = keep;
}

static bool overlaps_any(const struct range_set *set, const struct range *r)
{
    for (size_t i = 0; i < set->count; i++)
        if (overlap(&set->ranges[i], r))
            return true;
    return false;
}

enum range_verdict range_parse(const char *header, uint64_t size, struct range_set *out)
{
    size_t specs = 0, overlaps = 0;

    out->count = 0;
    if (!header || strncasecmp(header, "bytes=", 6) != 0)
        return RANGE_WHOLE;
    for (const char *s = header + 6; *s;) {
        struct spec spec;
        struct range r;

        range_skip_space(&s);
        if (*s == ',') {
            s++;
            continue;
        }
        if (!*s)
            break;
        if (!take_spec(&s, &spec) || ++specs > RANGE_MAX ||
            (size == 0 && !spec.has_first && spec.last > 0))
            return RANGE_WHOLE;
        if (!range_resolve(&spec, size, &r))
            continue;
        overlaps += overlaps_any(out, &r);
        range_add(out, r);
    }
    if (specs == 0 || overlaps > OVERLAPS_MAX)
        return RANGE_WHOLE;
    return out->count ? RANGE_PARTIAL : RANGE_UNSATISFIABLE;
}
