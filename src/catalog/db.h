/* SPDX-License-Identifier: MIT */
/*
 * A connection to PostgreSQL that is kept, and made again when it broke. The only user of libpq: results stay in
 * db.c, rows are passed on as text. Not thread-safe.
 *
 * Nothing outlives a transaction on the server (no prepared statement, no session setting, no session lock), so that
 * a connection pooler in transaction mode may stand between.
 */
#ifndef WADOZIP_CATALOG_DB_H
#define WADOZIP_CATALOG_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "catalog/db_row.h"

#define DB_PARAMS_MAX 8

struct db;

struct db_setup {
    const char *conninfo;   /* libpq connection string; copied */
    unsigned statement_ms;  /* the server ends a statement that takes longer; 0: none */
    const char *settings;   /* "SET LOCAL ...; " for every transaction; may be null; copied */
    int (*on_connect)(struct db *db, void *ctx, struct err *e); /* called on every new connection; may be null */
    void *ctx;
};

/*
 * How rows arrive: one by one as libpq's results, or by COPY, which transfers thousands of rows in a quarter of the
 * time. COPY takes queries only.
 */
enum db_rows { DB_ROWS, DB_COPY };

/* `columns` is the shape that the result must have. Parameters are sent as literals. "SET LOCAL ...; " may stand before it. */
struct db_statement {
    const char *sql;
    int params, columns;
    enum db_rows by;
};

/* The row lives during the call; one that is bad after it fails the statement. */
typedef int db_each(void *ctx, struct db_row *row, struct err *e);

/* Appends what a connection string names, without its passwords; nothing for one that libpq does not understand. */
int db_name(const char *conninfo, struct buf *out, struct err *e) MUST_CHECK;

/* Connects only when something is asked. */
int db_open(const struct db_setup *s, struct db **out, struct err *e) MUST_CHECK;
void db_close(struct db *db); /* null is allowed */

/* Connects if need be. ERR_AWAY when the database cannot be reached. */
int db_ready(struct db *db, struct err *e) MUST_CHECK;

/*
 * Runs a statement with text parameters (null: NULL) and calls `each` (null when no row is expected) for every row as it comes.
 * When the connection turns out to be broken before the first row, it is made again, once; what the server
 * undid because of others beside it (a deadlock) is tried again, twice. Neither inside a transaction that db_script began.
 * A failing `each` cancels the statement. Kinds of errors follow the SQLSTATE: ERR_AWAY, ERR_CONFIG, ERR_DATA.
 */
int db_query(struct db *db, const struct db_statement *st, const char *const *values, db_each *each, void *ctx,
             struct err *e) MUST_CHECK;

/*
 * The same for what would tell something else if it were done twice: it is not sent again when the connection broke where
 * the server may have done it; the error says so.
 */
int db_query_once(struct db *db, const struct db_statement *st, const char *const *values, db_each *each, void *ctx,
                  struct err *e) MUST_CHECK;

/* Runs SQL text of any number of statements; `each` (may be null) sees the rows of all of them. */
int db_script(struct db *db, const char *sql, db_each *each, void *ctx, struct err *e) MUST_CHECK;

#endif
