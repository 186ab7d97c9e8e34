/* SPDX-License-Identifier: MIT */
/* The values of one search result, which all formats share. Pure. */
#ifndef WADOZIP_SEARCH_SEARCH_RESULT_H
#define WADOZIP_SEARCH_SEARCH_RESULT_H

#include "base/buf.h"
#include "search/search_query.h"

enum search_format { SEARCH_JSON, SEARCH_CSV, SEARCH_XML };

/*
 * Between the documents of SEARCH_XML. It cannot occur in them: their only line
 * breaks are their own.
 */
#define SEARCH_ANSWER_BOUNDARY "wadozip-search-2f6b8c0d4e9a"

/*
 * The caller initializes `query`, `service` (address of the service without a
 * trailing slash) and `out`.
 */
struct search_answer {
    const struct search_query *query;
    const char *service;
    enum search_format format;
    struct buf *out;
    uint64_t count; /* number of results */
};

/* Return the text of an attribute of a result, "" if it is absent. Not for
 * SEARCH_RETRIEVE_URL. */
const char *search_result_text(const char *const values[SEARCH_ATTRIBUTES],
                               enum search_attribute which);

/*
 * Return the length of the first value in s. A backslash ends it if the
 * attribute can have several.
 */
size_t search_result_value(const struct search_definition *d, const char *s);

/* Append the address of a result, the value of SEARCH_RETRIEVE_URL. */
void search_result_address(struct buf *out, const struct search_answer *a,
                           const char *const values[SEARCH_ATTRIBUTES]);

#endif
