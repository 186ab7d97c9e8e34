/* SPDX-License-Identifier: MIT */
/* SQL of searches, built from a parsed query. Text from the request is only
 * used in parameters. */
#ifndef WADOZIP_CATALOG_SEARCH_SQL_H
#define WADOZIP_CATALOG_SEARCH_SQL_H

#include "base/buf.h"
#include "catalog/catalog.h"
#include "db/db.h"
#include "search/search_query.h"

#define SEARCH_SQL_VALUES (SEARCH_VALUES_MAX + 8) /* with study and series of the path, and the
                                                   * caller's */

/*
 * A statement that is being built. Its tables are st (study), se (series) and i
 * (instance), as far as its level needs them.
 */
struct search_sql {
    struct buf sql;
    struct buf texts; /* the parameters, each with its NUL */
    size_t starts[SEARCH_SQL_VALUES];
    size_t count;
    bool overflow;
};

void search_sql_init(struct search_sql *b);
void search_sql_release(struct search_sql *b);

/* Return the SQL expression of an attribute; null if its value is constant. */
const char *search_sql_column(enum search_attribute a);

/* Add a parameter with the next number, from 1. */
void search_sql_parameter(struct search_sql *b, const char *text);

/* Append FROM and WHERE. */
void search_sql_from(struct search_sql *b, const struct search_query *q);

/* Append SELECT of study_id and, as far as the level has them, series_id and
 * instance_id; with FROM and WHERE. */
void search_sql_ids(struct search_sql *b, const struct search_query *q);

/* Append the order, newest study first. */
void search_sql_order(struct search_sql *b, enum search_level level);

/* Append the order and at most `limit` rows after the query's offset. */
void search_sql_page(struct search_sql *b, const struct search_query *q, uint64_t limit);

/*
 * Set the values of the parameters, which are valid as long as b. Fails with
 * ERR_REQUEST if there are too many.
 */
int search_sql_end(const struct search_sql *b, const char *values[SEARCH_SQL_VALUES],
                   struct err *e) MUST_CHECK;

/* Begin a statement of search_sql_run() with its settings. */
void search_sql_begin(struct search_sql *b);

/*
 * Run the statement; `each` receives its rows of `width` columns. Fails with
 * ERR_TOO_LARGE if it takes longer than 5 seconds.
 */
int search_sql_run(struct catalog *c, const struct search_sql *b, int width, db_each *each,
                   void *ctx, struct err *e) MUST_CHECK;

#endif
