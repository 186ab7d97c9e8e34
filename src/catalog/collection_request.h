/* SPDX-License-Identifier: MIT */
/* From a parsed list to a collection: the search that it has, unknown UIDs,
 * creation. */
#ifndef WADOZIP_CATALOG_COLLECTION_REQUEST_H
#define WADOZIP_CATALOG_COLLECTION_REQUEST_H

#include "catalog/collection.h"
#include "http/collection_list.h"

#define COLLECTION_UNKNOWN_MAX 1000 /* unknown UIDs that are listed */

/*
 * Create a collection from a list, or find the one that has the same content;
 * adds the results of the list's search to it. l->creator is cut off if too
 * long. Fails with ERR_UNPROCESSABLE if UIDs are unknown, which `unknown` then
 * lists, each after a line feed, or if nothing is left; and as
 * search_query_parse() and catalog_search().
 */
int collection_request(struct catalog *c, struct collection_list *l, struct collection *out,
                       bool *fresh, struct buf *unknown, struct err *e) MUST_CHECK;

#endif
