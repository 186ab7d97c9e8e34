/* SPDX-License-Identifier: MIT */
/* Search of the catalogue (PS3.18 10.6): SQL built from a parsed query. */
#ifndef WADOZIP_CATALOG_SEARCH_H
#define WADOZIP_CATALOG_SEARCH_H

#include "catalog/catalog.h"
#include "search/search_query.h"

/*
 * Receives a result: text by attribute, null if it is not wanted, unknown or
 * constant. Valid during the call.
 */
typedef int search_each(void *ctx, const char *const values[SEARCH_ATTRIBUTES], struct err *e);

/*
 * Call `each` for at most search_query_page(q) results, newest study first,
 * then by series number and UID, instance number and UID. Sets *more if there
 * are further results. Fails with ERR_TOO_LARGE if the search takes longer than
 * 5 seconds, with ERR_AWAY if the database cannot be reached.
 */
int catalog_search(struct catalog *c, const struct search_query *q, search_each *each, void *ctx,
                   bool *more, struct err *e) MUST_CHECK;

/*
 * Set *count to the number of all results, regardless of q->limit and
 * q->offset, or to `most` if there are at least as many. Fails as
 * catalog_search().
 */
int catalog_search_count(struct catalog *c, const struct search_query *q, uint64_t most,
                         uint64_t *count, struct err *e) MUST_CHECK;

/*
 * Call `each` for all instances of the results in archive order: patient, study
 * date, study, series number, series, instance number, SOP Instance UID; with
 * the attributes of their studies. q: as for catalog_find(), without UIDs and
 * without keys. Fails with ERR_NOT_FOUND if there are no results, and as
 * catalog_find().
 */
int catalog_search_find(struct catalog *c, const struct search_query *s,
                        const struct catalog_query *q,
                        int (*each)(void *ctx, const struct instance *i, struct err *e), void *ctx,
                        struct err *e) MUST_CHECK;

/*
 * The amount that catalog_search_find() would return: bytes of the files. Fails
 * as catalog_search().
 */
struct catalog_search_size {
    uint64_t instances, bytes;
};
int catalog_search_size(struct catalog *c, const struct search_query *q,
                        struct catalog_search_size *out, struct err *e) MUST_CHECK;

#endif
