/* SPDX-License-Identifier: MIT */
#include "http/coding.h"

#include <string.h>
#include <strings.h>

#include "base/banned.h"
#include "http/media_type.h"

#define BLANKS " \t"
#define WEIGHT_MAX 8 /* characters */

/* Weights of the codings in question, in thousandths; -1: not named. */
struct weights {
    int gzip, identity, any;
};

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, BLANKS);
}

/* Return whether a coding is followed by nothing or by a weight, up to the end
 * of the list item. */
static bool take_weight(const char *s, const char *end, int *weight)
{
    char text[WEIGHT_MAX + 1];
    unsigned value;
    size_t len;

    *weight = MEDIA_TYPE_WEIGHT_MAX;
    if (s == end)
        return true;
    if (*s != ';')
        return false;
    s = skip_blanks(s + 1);
    if (strncasecmp(s, "q=", 2) != 0)
        return false;
    s += 2;
    len = strcspn(s, BLANKS ",");
    if (len > WEIGHT_MAX || skip_blanks(s + len) != end)
        return false;
    memcpy(text, s, len);
    text[len] = '\0';
    if (!media_type_weight(text, &value))
        return false;
    *weight = (int)value;
    return true;
}

static void coding_take_member(const char *s, const char *end, struct weights *w)
{
    size_t len = strcspn(s, BLANKS ";,");
    int weight;

    if (!take_weight(skip_blanks(s + len), end, &weight))
        return;
    if ((len == 4 && strncasecmp(s, "gzip", 4) == 0) ||
        (len == 6 && strncasecmp(s, "x-gzip", 6) == 0))
        w->gzip = weight;
    else if (len == 8 && strncasecmp(s, "identity", 8) == 0)
        w->identity = weight;
    else if (len == 1 && *s == '*')
        w->any = weight;
}

bool coding_is_gzip(const char *field)
{
    struct weights w = {-1, -1, -1};

    for (const char *s = field; s && *s;) {
        const char *end = s + strcspn(s, ",");

        coding_take_member(skip_blanks(s), end, &w);
        s = end + (*end == ',');
    }
    if (w.gzip < 0)
        w.gzip = w.any;
    return w.gzip > 0 && w.gzip >= w.identity;
}
