/* SPDX-License-Identifier: MIT */
#include "catalog/search.h"

#include "catalog/search_sql.h"

/* Read the series of a study once for all columns. */
#define SERIES_OF_STUDY \
    " CROSS JOIN LATERAL (SELECT string_agg(DISTINCT m.modality, '\\' ORDER BY m.modality)" \
    " FILTER (WHERE m.modality <> '') AS modalities, count(*) AS series, sum(m.instances) AS instances" \
    " FROM series m WHERE m.study_id = st.id) m"

static bool counts_series(const struct search_query *q)
{
    return q->wanted[SEARCH_MODALITIES] || q->wanted[SEARCH_STUDY_SERIES] ||
           q->wanted[SEARCH_STUDY_INSTANCES];
}

/* Read a row by its key. The planner expects that a page has many rows and
 * would read the whole table of 20,000 studies for it. */
#define ROW_OF(table, id, name) \
    " CROSS JOIN LATERAL (SELECT * FROM wadozip." table " WHERE id = p." id " OFFSET 0) " name

/* Columns are computed for the rows of the page alone, not for those before it.
 * Rows that were found through the views of a restricted request are read from
 * the tables. */
static void build(struct search_sql *b, const struct search_query *q)
{
    static const char *const joins[] = {
        [SEARCH_STUDIES] = "",
        [SEARCH_SERIES] = ROW_OF("series", "series_id", "se"),
        [SEARCH_INSTANCES] =
            ROW_OF("series", "series_id", "se") ROW_OF("instance", "instance_id", "i"),
    };
    const char *separator = "";

    search_sql_begin(b);
    buf_str(&b->sql, "SELECT ");
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const char *column = search_sql_column((enum search_attribute)i);

        if (!q->wanted[i] || !column)
            continue;
        buf_printf(&b->sql, "%s%s", separator, column);
        separator = ", ";
    }
    buf_str(&b->sql, " FROM (");
    search_sql_ids(b, q);
    search_sql_page(b, q, search_query_page(q) + 1);
    buf_printf(&b->sql, ") p" ROW_OF("study", "study_id", "st") "%s%s", joins[q->level],
               counts_series(q) ? SERIES_OF_STUDY : "");
    search_sql_order(b, q->level);
}

struct searching {
    const struct search_query *query;
    search_each *each;
    void *ctx;
    uint64_t count;
};

static int show(void *ctx, struct db_row *r, struct err *e)
{
    struct searching *s = ctx;
    const char *values[SEARCH_ATTRIBUTES] = {NULL};
    int column = 0;

    if (s->count++ == search_query_page(s->query))
        return 0;
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        if (s->query->wanted[i] && search_sql_column((enum search_attribute)i))
            values[i] = r->fields[column++];
    return s->each(s->ctx, values, e);
}

int catalog_search(struct catalog *c, const struct search_query *q, search_each *each, void *ctx,
                   bool *more, struct err *e)
{
    struct searching s = {.query = q, .each = each, .ctx = ctx};
    struct search_sql b;
    int columns = 0, rc;

    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        columns += q->wanted[i] && search_sql_column((enum search_attribute)i);
    search_sql_init(&b);
    build(&b, q);
    rc = search_sql_run(c, &b, columns, show, &s, e);
    search_sql_release(&b);
    *more = s.count > search_query_page(q);
    return rc;
}

static int take_count(void *ctx, struct db_row *r, struct err *e)
{
    uint64_t *count = ctx;

    (void)e;
    *count = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    return 0;
}

int catalog_search_count(struct catalog *c, const struct search_query *q, uint64_t most,
                         uint64_t *count, struct err *e)
{
    struct search_sql b;
    int rc;

    *count = 0;
    search_sql_init(&b);
    search_sql_begin(&b);
    buf_str(&b.sql, "SELECT count(*) FROM (SELECT");
    search_sql_from(&b, q);
    buf_printf(&b.sql, " LIMIT %llu) found", (unsigned long long)most);
    rc = search_sql_run(c, &b, 1, take_count, count, e);
    search_sql_release(&b);
    return rc;
}
