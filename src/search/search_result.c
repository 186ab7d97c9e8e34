/* SPDX-License-Identifier: MIT */
#include "search/search_result.h"

#include <string.h>

#define NO_NUMBER "2147483647" /* absent number in the catalogue */

size_t search_result_value(const struct search_definition *d, const char *s)
{
    bool list = d->rule == SEARCH_CODES || d->rule == SEARCH_TEXT || d->rule == SEARCH_NAME;

    return list ? strcspn(s, "\\") : strlen(s);
}

const char *search_result_text(const char *const values[SEARCH_ATTRIBUTES],
                               enum search_attribute which)
{
    const char *s = values[which];

    switch (which) {
    case SEARCH_CHARACTER_SET:
        return "ISO_IR 192";
    case SEARCH_AVAILABILITY:
        return "ONLINE";
    case SEARCH_SERIES_NUMBER:
    case SEARCH_NUMBER:
        return s && strcmp(s, NO_NUMBER) != 0 ? s : "";
    case SEARCH_FRAMES:
    case SEARCH_ROWS:
    case SEARCH_COLUMNS:
    case SEARCH_BITS:
        return s && strcmp(s, "0") != 0 ? s : "";
    default:
        return s ? s : "";
    }
}

void search_result_address(struct buf *out, const struct search_answer *a,
                           const char *const values[SEARCH_ATTRIBUTES])
{
    buf_printf(out, "%s/studies/%s", a->service, values[SEARCH_STUDY_UID]);
    if (a->query->level >= SEARCH_SERIES)
        buf_printf(out, "/series/%s", values[SEARCH_SERIES_UID]);
    if (a->query->level == SEARCH_INSTANCES)
        buf_printf(out, "/instances/%s", values[SEARCH_SOP_UID]);
}
