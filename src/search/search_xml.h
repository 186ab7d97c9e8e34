/* SPDX-License-Identifier: MIT */
/* Search results as documents of the Native DICOM Model (PS3.19 A.1), one per
 * part. Pure. */
#ifndef WADOZIP_SEARCH_SEARCH_XML_H
#define WADOZIP_SEARCH_SEARCH_XML_H

#include "search/search_result.h"

/* Append a part with its header, and a line break after it. */
void search_xml_add(struct search_answer *a, const char *const values[SEARCH_ATTRIBUTES]);

#endif
