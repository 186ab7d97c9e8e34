/* SPDX-License-Identifier: MIT */
/* Search results as DICOM JSON (PS3.18 F.2), XML (PS3.19 A.1) or a table. Pure.
 */
#ifndef WADOZIP_SEARCH_SEARCH_ANSWER_H
#define WADOZIP_SEARCH_SEARCH_ANSWER_H

#include "search/search_result.h"

void search_answer_begin(struct search_answer *a);

/* Append a result: text by attribute, null if unknown. */
void search_answer_add(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES]);

void search_answer_end(struct search_answer *a);

#endif
