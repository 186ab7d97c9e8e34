/* SPDX-License-Identifier: MIT */
#include "http/accept_ranges.h"

#include <string.h>

static bool is_too_long(const char *list)
{
    return list && strnlen(list, ACCEPT_HEADER_MAX + 1) > ACCEPT_HEADER_MAX;
}

int accept_ranges_begin(const char *header, const char *query, struct accept_ranges *out,
                        struct err *e)
{
    const char *list = query ? query : header ? header : "*/*";

    *out =
        (struct accept_ranges){.at = list, .source = query ? MEDIA_TYPE_QUERY : MEDIA_TYPE_HEADER};
    if (is_too_long(header) || is_too_long(query))
        return err_set(e, ERR_REQUEST, "the list of media types is longer than %d bytes",
                       ACCEPT_HEADER_MAX);
    return 0;
}

int accept_ranges_bad_query(struct err *e)
{
    return err_set(e, ERR_REQUEST,
                   "the query parameter accept is not a well-formed list of media types");
}

int accept_ranges_next(struct accept_ranges *l, struct media_type_range *out, struct err *e)
{
    enum media_type_token token;

    while ((token = media_type_next(&l->at, l->source, out)) != MEDIA_TYPE_END) {
        if (l->count++ == ACCEPT_RANGES_MAX)
            return err_set(e, ERR_REQUEST, "more than %d media types are listed",
                           ACCEPT_RANGES_MAX);
        if (l->source == MEDIA_TYPE_QUERY && token == MEDIA_TYPE_BAD)
            return accept_ranges_bad_query(e);
        if (l->source == MEDIA_TYPE_QUERY && out->type[0] != '*' && out->subtype[0] == '*')
            return err_set(e, ERR_REQUEST,
                           "the query parameter accept may not contain wildcards other than */*");
        if (token == MEDIA_TYPE_RANGE)
            return 1;
    }
    return 0;
}

int accept_ranges_choose(const char *header, const char *query,
                         const struct media_type_offer *offers, size_t count, int *chosen,
                         struct err *e)
{
    struct accept_ranges list;
    struct media_type_range r;
    const char *begin;
    int n;

    if (accept_ranges_begin(header, query, &list, e))
        return -1;
    begin = list.at;
    while ((n = accept_ranges_next(&list, &r, e)) > 0)
        continue;
    if (n == 0)
        *chosen = media_type_choose(begin, list.source, ACCEPT_RANGES_MAX, offers, count);
    return n;
}
