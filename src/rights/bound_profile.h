/* SPDX-License-Identifier: MIT */
/* Collections that are sent by a profile of de-identification only. */
#ifndef WADOZIP_RIGHTS_BOUND_PROFILE_H
#define WADOZIP_RIGHTS_BOUND_PROFILE_H

#include "db/db.h"

/* Check that a grant or a link opens no collection in another form than its
 * own. `things`: as grant_.what, a PostgreSQL array; `profile`: of the grant,
 * "" for the original. Fails with ERR_REQUEST, naming the collection and its
 * profile. */
int bound_profile_check(struct db *db, const char *things, const char *profile,
                        struct err *e) MUST_CHECK;

#endif
