/* SPDX-License-Identifier: MIT */
/* The UIDs that the session sees at one level of the catalogue. */
#ifndef WADOZIP_CATALOG_LEVEL_UIDS_H
#define WADOZIP_CATALOG_LEVEL_UIDS_H

#include "catalog/catalog.h"

typedef int level_uids_each(void *ctx, const char *uid, struct err *e);

/*
 * Call `each` for every study, for every series of `study` unless that is "", or
 * for every instance of `series` unless that is "". In no order; of nothing if
 * there is no such study or series. Fails with ERR_AWAY, and with the error of
 * `each`.
 */
int level_uids(struct catalog *c, const char *study, const char *series, level_uids_each *each,
               void *ctx, struct err *e) MUST_CHECK;

/* Return whether level_uids() would pass that one. Fails with ERR_AWAY. */
int level_uids_has(struct catalog *c, const char *study, const char *series, const char *uid,
                   bool *has, struct err *e) MUST_CHECK;

#endif
