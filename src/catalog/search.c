/* SPDX-License-Identifier: MIT */
#include "catalog/search.h"

#include <string.h>

#include "catalog/catalog_db.h"
#include "catalog/search_sql.h"

#define TIMEOUT "57014" /* SQLSTATE query_canceled */

/* The look-ups of retrieval set the planner for one plan; a search leaves the choice to it. */
#define SETTINGS "SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; SET LOCAL statement_timeout = %d; "

static void build(struct search_sql *b, const struct search_query *q)
{
    const char *separator = "";

    buf_printf(&b->sql, SETTINGS "SELECT ", SEARCH_STATEMENT_MS);
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const char *column = search_sql_column((enum search_attribute)i);

        if (!q->wanted[i] || !column)
            continue;
        buf_printf(&b->sql, "%s%s", separator, column);
        separator = ", ";
    }
    search_sql_from(b, q);
    search_sql_page(b, q, q->limit + 1);
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

    if (s->count++ == s->query->limit)
        return 0;
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        if (s->query->wanted[i] && search_sql_column((enum search_attribute)i))
            values[i] = r->fields[column++];
    return s->each(s->ctx, values, e);
}

/* Run what was built. */
static int run(struct catalog *c, const struct search_sql *b, int columns, db_each *each, void *ctx, struct err *e)
{
    const struct db_statement st = {b->sql.data, (int)b->count, columns, DB_ROWS};
    const char *values[SEARCH_SQL_VALUES];

    if (search_sql_end(b, values, e))
        return -1;
    if (db_query(catalog_db(c), &st, values, each, ctx, e) == 0)
        return 0;
    if (strcmp(e->sqlstate, TIMEOUT) != 0)
        return -1;
    err_clear(e);
    return err_set(e, ERR_TOO_LARGE, "the search takes longer than %d seconds; narrow it", SEARCH_STATEMENT_MS / 1000);
}

int catalog_search(struct catalog *c, const struct search_query *q, search_each *each, void *ctx, bool *more,
                   struct err *e)
{
    struct searching s = {.query = q, .each = each, .ctx = ctx};
    struct search_sql b;
    int columns = 0, rc;

    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        columns += q->wanted[i] && search_sql_column((enum search_attribute)i);
    search_sql_init(&b);
    build(&b, q);
    rc = run(c, &b, columns, show, &s, e);
    search_sql_release(&b);
    *more = s.count > q->limit;
    return rc;
}

static int take_count(void *ctx, struct db_row *r, struct err *e)
{
    uint64_t *count = ctx;

    (void)e;
    *count = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    return 0;
}

int catalog_search_count(struct catalog *c, const struct search_query *q, uint64_t most, uint64_t *count, struct err *e)
{
    struct search_sql b;
    int rc;

    *count = 0;
    search_sql_init(&b);
    buf_printf(&b.sql, SETTINGS "SELECT count(*) FROM (SELECT", SEARCH_STATEMENT_MS);
    search_sql_from(&b, q);
    buf_printf(&b.sql, " LIMIT %llu) found", (unsigned long long)most);
    rc = run(c, &b, 1, take_count, count, e);
    search_sql_release(&b);
    return rc;
}
