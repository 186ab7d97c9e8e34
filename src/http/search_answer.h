/* SPDX-License-Identifier: MIT */
/* Search results as DICOM JSON (PS3.18 F.2), XML (PS3.19 A.1) or a table. Pure. */
#ifndef WADOZIP_HTTP_SEARCH_ANSWER_H
#define WADOZIP_HTTP_SEARCH_ANSWER_H

#include "base/buf.h"
#include "http/search_query.h"

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

void search_answer_begin(struct search_answer *a);

/* Append a result: text by attribute, null if unknown. */
void search_answer_add(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES]);

void search_answer_end(struct search_answer *a);

/* Return the text of an attribute of a result, "" if it is absent. Not for SEARCH_RETRIEVE_URL. */
const char *search_answer_text(const char *const values[SEARCH_ATTRIBUTES], enum search_attribute which);

/*
 * Return the length of the first value in s. A backslash ends it if the
 * attribute can have several.
 */
size_t search_answer_value(const struct search_definition *d, const char *s);

/* Append the address of a result, the value of SEARCH_RETRIEVE_URL. */
void search_answer_address(struct buf *out, const struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES]);

#endif
