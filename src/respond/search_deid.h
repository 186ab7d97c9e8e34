/* SPDX-License-Identifier: MIT */
/*
 * Searches of what a link with a profile shows: results have new UIDs, numbers
 * and modalities, and nothing else of the originals. Elsewhere a search would
 * show which new UID stands for which original.
 */
#ifndef WADOZIP_RESPOND_SEARCH_DEID_H
#define WADOZIP_RESPOND_SEARCH_DEID_H

#include "respond/response.h"

/*
 * Replace the UIDs that the query of a->request asks for by the catalogue's.
 * Fails with ERR_REQUEST for a key that results do not have, as its matches
 * would show what the original has; and as deid_original_find().
 */
int search_deid_keys(struct response *a, struct err *e) MUST_CHECK;

/* The new UIDs of a result. */
struct search_deid {
    char study[UID_MAX + 1], series[UID_MAX + 1], instance[UID_MAX + 1];
};

/*
 * Write to `shown` the values that a result may have. They live as long as
 * `values` and *uids. Fails as deid_key_uid().
 */
int search_deid_values(const struct deid_profile *p, const char *const values[SEARCH_ATTRIBUTES],
                       struct search_deid *uids, const char *shown[SEARCH_ATTRIBUTES],
                       struct err *e) MUST_CHECK;

#endif
