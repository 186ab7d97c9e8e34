/* SPDX-License-Identifier: MIT */
#include "catalog/search.h"

#include <string.h>

#include "catalog/catalog_db.h"
#include "catalog/find_sql.h"
#include "catalog/search_sql.h"

/* Search once, then read the rows with one index scan per series, in archive
 * order. */
#define SETTINGS \
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; SET LOCAL max_parallel_workers_per_gather = 0; "

/* The latest removal from any series of the result. */
#define REMOVED \
    "coalesce((SELECT (extract(epoch FROM max(at)) * 1000000)::bigint FROM gone WHERE study_uid = s.study_uid), 0)"

/* A study's UID, date and description. The first two contain no spaces. */
#define FIND_STUDY \
    "concat_ws(' ', s.study_uid, coalesce(nullif(left(replace(s.study_date, ' ', ''), 8), ''), '-')," \
    " left(s.study_description, 64))"

#define WITH_INSTANCES \
    "(SELECT se.*, f.ids FROM (SELECT series_id, array_agg(instance_id) AS ids FROM found GROUP BY series_id) f" \
    " JOIN series se ON se.id = f.series_id)"

/* Series of the results in order; with the instances found in them if ids. */
static const char *const series_of[] = {
    [SEARCH_STUDIES] =
        "(SELECT se.*, NULL::bigint[] AS ids FROM found f JOIN series se ON se.study_id = f.study_id)",
    [SEARCH_SERIES] =
        "(SELECT se.*, NULL::bigint[] AS ids FROM found f JOIN series se ON se.id = f.series_id)",
    [SEARCH_INSTANCES] = WITH_INSTANCES,
};

static void add_found(struct search_sql *b, const struct search_query *q)
{
    buf_str(&b->sql, "WITH found AS MATERIALIZED (");
    search_sql_ids(b, q);
    if (q->limit < SEARCH_OFFSET_MAX || q->offset)
        search_sql_page(b, q, q->limit);
    buf_str(&b->sql, ") ");
}

static void search_find_build(struct search_sql *b, const struct search_query *q, bool digests)
{
    const char *of_series = q->level == SEARCH_INSTANCES ? "id = ANY (s.ids)" : "series_id = s.id";
    const char *digest =
        digests ? "(SELECT d.sha256 FROM digest d WHERE (d.instance_id, d.crc32) = (i.id, i.crc32))"
                : "NULL";

    buf_str(&b->sql, SETTINGS);
    add_found(b, q);
    buf_printf(
        &b->sql,
        "SELECT r.* FROM (SELECT s.*, st.uid AS study_uid, st.study_date, st.description AS study_description"
        " FROM %s s JOIN wadozip.study st ON st.id = s.study_id ORDER BY st.patient_id COLLATE \"C\","
        " st.study_date COLLATE \"C\", st.uid, s.number, s.uid OFFSET 0) s CROSS JOIN LATERAL (SELECT NULL, s.uid,"
        " s.modality, concat_ws(' ', s.number, " REMOVED
        ", s.description), NULL::bytea, NULL::bytea, " FIND_STUDY
        " UNION ALL (SELECT i.summary, " OTHER ", " LISTED ", NULL, NULL, %s, NULL"
        " FROM (SELECT * FROM wadozip.instance WHERE %s ORDER BY number, uid OFFSET 0) i)) r LIMIT $3::bigint",
        series_of[q->level], digest, of_series);
}

int catalog_search_find(struct catalog *c, const struct search_query *s,
                        const struct catalog_query *q,
                        int (*each)(void *ctx, const struct instance *i, struct err *e), void *ctx,
                        struct err *e)
{
    const char *first[CATALOG_FIND_VALUES], *values[SEARCH_SQL_VALUES];
    struct catalog_find_values v;
    struct search_sql b;
    uint64_t count = 0;
    const struct catalog_finding f = {q, each, ctx, &count, false};
    int rc;

    search_sql_init(&b);
    catalog_find_values(q, &v, first);
    for (size_t i = 0; i < CATALOG_FIND_VALUES; i++)
        search_sql_parameter(&b, first[i]);
    search_find_build(&b, s, q->digests);
    rc = search_sql_end(&b, values, e);
    if (rc == 0) {
        const struct db_statement st = {b.sql.data, (int)b.count, 7, DB_COPY};

        rc = catalog_find_rows(c, &st, values, &f, e);
    }
    search_sql_release(&b);
    if (rc)
        return -1;
    return count ? 0 : err_set(e, ERR_NOT_FOUND, "the search has no results");
}

static int take_size(void *ctx, struct db_row *r, struct err *e)
{
    struct catalog_search_size *size = ctx;

    (void)e;
    size->instances = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    size->bytes = (uint64_t)db_row_int(r, 1, 0, INT64_MAX);
    return 0;
}

int catalog_search_size(struct catalog *c, const struct search_query *q,
                        struct catalog_search_size *out, struct err *e)
{
    static const char *const joins[] = {
        [SEARCH_STUDIES] =
            "JOIN series se ON se.study_id = f.study_id JOIN wadozip.instance i ON i.series_id = se.id",
        [SEARCH_SERIES] = "JOIN wadozip.instance i ON i.series_id = f.series_id",
        [SEARCH_INSTANCES] = "JOIN wadozip.instance i ON i.id = f.instance_id",
    };
    struct search_sql b;
    int rc;

    *out = (struct catalog_search_size){0};
    search_sql_init(&b);
    search_sql_begin(&b);
    add_found(&b, q);
    buf_printf(&b.sql, "SELECT count(*), coalesce(sum(i.size), 0) FROM found f %s",
               joins[q->level]);
    rc = search_sql_run(c, &b, 2, take_size, out, e);
    search_sql_release(&b);
    return rc;
}
