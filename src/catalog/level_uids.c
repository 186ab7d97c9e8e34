/* SPDX-License-Identifier: MIT */
#include "catalog/level_uids.h"

#include "catalog/catalog_db.h"

#define OF_STUDY "s.study_id = (SELECT id FROM wadozip.study WHERE uid = $1)"

static const struct db_statement list_studies = {"SELECT uid FROM study", 0, 1, DB_ROWS};

static const struct db_statement list_series = {"SELECT s.uid FROM series s WHERE " OF_STUDY, 1, 1,
                                                DB_ROWS};

static const struct db_statement list_instances = {
    "SELECT i.uid FROM series s JOIN wadozip.instance i ON i.series_id = s.id WHERE " OF_STUDY
    " AND s.uid = $2",
    2, 1, DB_ROWS};

struct level_receiver {
    level_uids_each *each;
    void *ctx;
};

static int pass_uid(void *ctx, struct db_row *r, struct err *e)
{
    const struct level_receiver *to = ctx;

    return to->each(to->ctx, db_row_text(r, 0), e);
}

int level_uids(struct catalog *c, const char *study, const char *series, level_uids_each *each,
               void *ctx, struct err *e)
{
    const struct db_statement *list = *series  ? &list_instances
                                      : *study ? &list_series
                                               : &list_studies;
    struct level_receiver to = {each, ctx};

    return db_query(catalog_db(c), list, (const char *[]){study, series}, pass_uid, &to, e);
}
