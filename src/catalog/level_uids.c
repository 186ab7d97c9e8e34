/* SPDX-License-Identifier: MIT */
#include "catalog/level_uids.h"

#include "catalog/catalog_db.h"

#define STUDIES "SELECT uid FROM study"
#define SERIES \
    "SELECT s.uid FROM series s WHERE s.study_id = (SELECT id FROM wadozip.study WHERE uid = $1)"
#define INSTANCES \
    "SELECT i.uid FROM series s JOIN wadozip.instance i ON i.series_id = s.id" \
    " WHERE s.study_id = (SELECT id FROM wadozip.study WHERE uid = $1) AND s.uid = $2"

static const struct db_statement list_studies = {STUDIES, 0, 1, DB_ROWS},
                                 list_series = {SERIES, 1, 1, DB_ROWS},
                                 list_instances = {INSTANCES, 2, 1, DB_ROWS};

static const struct db_statement has_study = {STUDIES " WHERE uid = $1", 1, 1, DB_ROWS},
                                 has_series = {SERIES " AND s.uid = $2", 2, 1, DB_ROWS},
                                 has_instance = {INSTANCES " AND i.uid = $3", 3, 1, DB_ROWS};

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
