/* SPDX-License-Identifier: MIT */
#include "http/conditional.h"

#include <string.h>

#include "base/num.h"

static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

#define DATE_LAST INT64_C(253402300799) /* 9999-12-31 23:59:59, the last date in IMF-fixdate */

/* Skip `text`, which must be next. */
static bool conditional_take(const char **s, const char *text)
{
    size_t len = strlen(text);

    if (strncmp(*s, text, len) != 0)
        return false;
    *s += len;
    return true;
}

static bool take_digits(const char **s, size_t len, int max, int *value)
{
    uint64_t v;

    if (strnlen(*s, len) < len || !num_parse(*s, len, (uint64_t)max, &v))
        return false;
    *s += len;
    *value = (int)v;
    return true;
}

static bool take_month(const char **s, struct tm *t)
{
    for (int i = 0; i < 12; i++) {
        if (strncmp(*s, months + (ptrdiff_t)3 * i, 3) == 0) {
            *s += 3;
            t->tm_mon = i;
            return true;
        }
    }
    return false;
}

static bool take_day_name(const char **s, bool whole)
{
    for (size_t i = 0; i < 7; i++) {
        size_t len = whole ? strlen(days[i]) : 3;

        if (strncmp(*s, days[i], len) == 0) {
            *s += len;
            return true;
        }
    }
    return false;
}

static bool take_time(const char **s, struct tm *t)
{
    return take_digits(s, 2, 23, &t->tm_hour) && conditional_take(s, ":") &&
           take_digits(s, 2, 59, &t->tm_min) && conditional_take(s, ":") &&
           take_digits(s, 2, 60, &t->tm_sec);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool take_imf(const char *s, struct tm *t, const char **end)
{
    bool ok = take_day_name(&s, false) && conditional_take(&s, ", ") &&
              take_digits(&s, 2, 31, &t->tm_mday) && conditional_take(&s, " ") &&
              take_month(&s, t) && conditional_take(&s, " ") &&
              take_digits(&s, 4, 9999, &t->tm_year) && conditional_take(&s, " ") &&
              take_time(&s, t) && conditional_take(&s, " GMT");

    *end = s;
    return ok;
}

/*
 * Sunday, 06-Nov-94 08:49:37 GMT. Two digits mean 1970 to 2069: nothing here
 * was changed before 1970, and the window of RFC 9110 5.6.7 would need a clock.
 */
static bool take_rfc850(const char *s, struct tm *t, const char **end)
{
    bool ok = take_day_name(&s, true) && conditional_take(&s, ", ") &&
              take_digits(&s, 2, 31, &t->tm_mday) && conditional_take(&s, "-") &&
              take_month(&s, t) && conditional_take(&s, "-") &&
              take_digits(&s, 2, 99, &t->tm_year) && conditional_take(&s, " ") &&
              take_time(&s, t) && conditional_take(&s, " GMT");

    t->tm_year += t->tm_year < 70 ? 2000 : 1900;
    *end = s;
    return ok;
}

/* Sun Nov  6 08:49:37 1994 */
static bool take_asctime(const char *s, struct tm *t, const char **end)
{
    bool ok = take_day_name(&s, false) && conditional_take(&s, " ") && take_month(&s, t) &&
              conditional_take(&s, " ") &&
              (conditional_take(&s, " ") ? take_digits(&s, 1, 9, &t->tm_mday)
                                         : take_digits(&s, 2, 31, &t->tm_mday)) &&
              conditional_take(&s, " ") && take_time(&s, t) && conditional_take(&s, " ") &&
              take_digits(&s, 4, 9999, &t->tm_year);

    *end = s;
    return ok;
}

bool conditional_date_parse(const char *s, int64_t *seconds)
{
    struct tm t = {0}, day;
    const char *end;

    s += strspn(s, " \t");
    if (!take_imf(s, &t, &end) && !take_rfc850(s, &t, &end) && !take_asctime(s, &t, &end))
        return false;
    if (end[strspn(end, " \t")] != '\0' || t.tm_mday < 1)
        return false;
    day = (struct tm){.tm_year = t.tm_year - 1900, .tm_mon = t.tm_mon, .tm_mday = t.tm_mday};
    *seconds = (int64_t)timegm(&day) + t.tm_hour * 3600 + t.tm_min * 60 + t.tm_sec;
    return day.tm_mday == t.tm_mday;
}

void conditional_date_format(int64_t seconds, char out[CONDITIONAL_DATE_MAX])
{
    time_t when = seconds < 0 ? 0 : seconds > DATE_LAST ? DATE_LAST : seconds;
    struct tm t = {0};

    gmtime_r(&when, &t);
    snprintf(out, CONDITIONAL_DATE_MAX, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days[t.tm_wday],
             (unsigned)t.tm_mday % 32, months + (ptrdiff_t)3 * t.tm_mon,
             (unsigned)(t.tm_year + 1900) % 10000, (unsigned)t.tm_hour % 24,
             (unsigned)t.tm_min % 60, (unsigned)t.tm_sec % 61);
}

/* An entity tag without W/, with its quotes. */
struct tag {
    const char *text;
    size_t len;
    bool weak;
};

/* Parse an entity-tag (RFC 9110 8.8.3). W/ is case-sensitive. */
static bool conditional_take_tag(const char **s, struct tag *out)
{
    out->weak = conditional_take(s, "W/");
    out->text = *s;
    if (!conditional_take(s, "\""))
        return false;
    while ((unsigned char)**s >= 0x21 && **s != '"' && **s != 0x7f)
        (*s)++;
    if (!conditional_take(s, "\""))
        return false;
    out->len = (size_t)(*s - out->text);
    return true;
}

static bool is_same(const struct tag *t, const char *etag)
{
    return strlen(etag) == t->len && memcmp(t->text, etag, t->len) == 0;
}

/*
 * Return whether the tag is ours with a suffix from a front server that
 * compressed the body: "x-gzip" from Apache's mod_deflate and mod_brotli,
 * "x;gzip" from older versions, "x--gzip" from Jetty. Such a tag proves that
 * nothing has changed, but does not allow ranges.
 */
static bool is_encoded(const struct tag *t, const char *etag)
{
    static const char *const codings[] = {"gzip", "br", "deflate", "zstd"};
    size_t len = strlen(etag) - 1; /* without the closing quote */
    const char *mark = t->text + len;
    size_t left, dashes;

    if (t->len <= len + 1 || memcmp(t->text, etag, len) != 0)
        return false;
    dashes = *mark == ';' ? 1 : mark[0] == '-' ? 1 + (mark[1] == '-') : 0;
    left = t->len - len - 1 - dashes;
    for (size_t i = 0; dashes && i < sizeof codings / sizeof *codings; i++)
        if (strlen(codings[i]) == left && memcmp(mark + dashes, codings[i], left) == 0)
            return true;
    return false;
}

static bool is_star(const char *s)
{
    s += strspn(s, " \t");
    return *s == '*' && s[1 + strspn(s + 1, " \t")] == '\0';
}

/*
 * Return whether a list contains our tag, which is always strong. Ignores the
 * list after a malformed item.
 */
static bool lists_tag(const char *s, const char *etag, bool strong)
{
    struct tag t;

    if (!etag)
        return false;
    for (;;) {
        s += strspn(s, " \t,");
        if (!*s || !conditional_take_tag(&s, &t))
            return false;
        s += strspn(s, " \t");
        if (*s && *s != ',')
            return false;
        if (strong ? is_same(&t, etag) && !t.weak : is_same(&t, etag) || is_encoded(&t, etag))
            return true;
    }
}

static bool has_failed(const struct request *r, const char *etag, int64_t modified)
{
    int64_t date;

    if (r->if_match)
        return !is_star(r->if_match) && !lists_tag(r->if_match, etag, true);
    return r->if_unmodified_since && modified &&
           conditional_date_parse(r->if_unmodified_since, &date) && modified > date;
}

static bool is_unmodified(const struct request *r, const char *etag, int64_t modified)
{
    int64_t date;

    if (r->if_none_match)
        return is_star(r->if_none_match) || lists_tag(r->if_none_match, etag, false);
    return r->if_modified_since && modified &&
           conditional_date_parse(r->if_modified_since, &date) && modified <= date;
}

enum conditional_verdict conditional_check(const struct request *r, const char *etag,
                                           int64_t modified)
{
    if (has_failed(r, etag, modified))
        return CONDITIONAL_FAILED;
    return is_unmodified(r, etag, modified) ? CONDITIONAL_NOT_MODIFIED : CONDITIONAL_SEND;
}

bool conditional_has(const struct request *r, const char *etag, int64_t modified)
{
    return r->if_none_match && lists_tag(r->if_none_match, etag, false) &&
           !has_failed(r, etag, modified);
}

bool conditional_range(const struct request *r, const char *etag)
{
    const char *s = r->if_range;
    struct tag t;

    if (!s)
        return true;
    s += strspn(s, " \t");
    return etag && conditional_take_tag(&s, &t) && s[strspn(s, " \t")] == '\0' && !t.weak &&
           is_same(&t, etag);
}
