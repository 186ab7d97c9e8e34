/* SPDX-License-Identifier: MIT */
#include "catalog/level_uids.h"

#include "catalog/catalog_db.h"

#define STUDIES "SELECT uid FROM study"
#define SERIES(of_series) \
    " FROM reached($1) f CROSS JOIN LATERAL (SELECT * FROM series WHERE study_id = f.id" of_series \
    " OFFSET 0) s"
#define INSTANCES(of_instance) \
    SERIES(" AND uid = $2") \
    " CROSS JOIN LATERAL (SELECT * FROM wadozip.instance WHERE series_id = s.id" of_instance \
    " OFFSET 0) i"

static const struct db_statement list_studies = {STUDIES, 0, 1, DB_ROWS},
                                 list_series = {"SELECT s.uid" SERIES(""), 1, 1, DB_ROWS},
                                 list_instances = {"SELECT i.uid" INSTANCES(""), 2, 1, DB_ROWS};

static const struct db_statement has_study = {"SELECT 1 FROM reached($1)", 1, 1, DB_ROWS},
                                 has_series = {"SELECT 1" SERIES(" AND uid = $2"), 2, 1, DB_ROWS},
                                 has_instance = {"SELECT 1" INSTANCES(" AND uid = $3"), 3, 1,
                                                 DB_ROWS};

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

static int note_uid(void *ctx, struct db_row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)ctx = true;
    return 0;
}

int level_uids_has(struct catalog *c, const char *study, const char *series, const char *uid,
                   bool *has, struct err *e)
{
    const struct db_statement *ask = *series ? &has_instance : *study ? &has_series : &has_study;
    const char *const values[] = {*study ? study : uid, *series ? series : uid, uid};

    *has = false;
    return db_query(catalog_db(c), ask, values, note_uid, has, e);
}
