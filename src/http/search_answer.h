/* SPDX-License-Identifier: MIT */
/* Results of a search as text: DICOM JSON (PS3.18 F.2) or a table. Pure. */
#ifndef WADOZIP_HTTP_SEARCH_ANSWER_H
#define WADOZIP_HTTP_SEARCH_ANSWER_H

#include "base/buf.h"
#include "http/search_query.h"

enum search_format { SEARCH_JSON, SEARCH_CSV };

/* The caller makes `query`, `service` (address of the service, without a slash at its end) and `out`. */
struct search_answer {
    const struct search_query *query;
    const char *service;
    enum search_format format;
    struct buf *out;
    uint64_t count; /* of results */
};

void search_answer_begin(struct search_answer *a);

/* Append a result: text by attribute, null for those that are not known. */
void search_answer_add(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES]);

void search_answer_end(struct search_answer *a);

#endif
