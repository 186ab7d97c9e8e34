/* SPDX-License-Identifier: MIT */
#include "rights/bound_profile.h"

#include <stdio.h>

static int refuse_other(void *ctx, struct db_row *r, struct err *e)
{
    (void)ctx;
    return err_set(e, ERR_REQUEST,
                   "collection %s is sent by the profile %s only: open it with deidentify = %s",
                   db_row_text(r, 0), db_row_text(r, 1), db_row_text(r, 1));
}

int bound_profile_check(struct db *db, const char *things, const char *profile, struct err *e)
{
    static const struct db_statement ask = {
        "SELECT id, profile FROM wadozip.collection WHERE 'collection ' || id = ANY ($1::text[])"
        " AND profile NOT IN ('', $2) ORDER BY id LIMIT 1",
        2, 2, DB_ROWS};

    return db_query(db, &ask, (const char *[]){things, profile}, refuse_other, NULL, e);
}
