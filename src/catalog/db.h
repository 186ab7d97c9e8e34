/*
 * A connection to PostgreSQL that is kept, and made again when it broke. The only doorway to libpq: results stay in
 * db.c, rows are looked at through the functions below. Not for threads.
 */
#ifndef WADOZIP_CATALOG_DB_H
#define WADOZIP_CATALOG_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DB_STATEMENTS_MAX 32 /* prepared on one connection */
#define DB_PARAMS_MAX 8
#define DB_PATH_MAX 4096     /* bytes of a path with its NUL */

struct db;

struct db_setup {
    const char *conninfo;   /* libpq connection string; copied */
    unsigned statement_ms;  /* the server ends a statement that takes longer; 0: none */
    int (*greet)(struct db *db, void *ctx, struct err *e); /* called on every new connection; may be null */
    void *ctx;
};

/* Prepared on first use on each connection. `columns` is the shape that the result must have. Static lifetime. */
struct db_statement {
    const char *name, *sql;
    int params, columns;
};

/* A row during db_each. Reading a value that is not of the asked kind sets `bad`; db_query then fails after the row. */
struct db_row {
    const void *result;
    int at;
    bool bad;
};

typedef int db_each(void *ctx, struct db_row *row, struct err *e);

/* Connects only when something is asked. */
int db_open(const struct db_setup *s, struct db **out, struct err *e) MUST_CHECK;
void db_close(struct db *db); /* null is allowed */

/* Connects if need be. ERR_AWAY when the database cannot be reached. */
int db_ready(struct db *db, struct err *e) MUST_CHECK;

/*
 * Runs a statement with text parameters (null: NULL) and calls `each` (null when no row is expected) for every row, in
 * single-row mode. When the connection turns out to be broken before the first row, it is made again, once. A failing
 * `each` cancels the statement. Kinds of errors follow the SQLSTATE: ERR_AWAY, ERR_CONFIG, ERR_DATA.
 */
int db_query(struct db *db, const struct db_statement *st, const char *const *values, db_each *each, void *ctx,
             struct err *e) MUST_CHECK;

/* Runs SQL text of any number of statements; `each` (may be null) sees the rows of all of them. */
int db_script(struct db *db, const char *sql, db_each *each, void *ctx, struct err *e) MUST_CHECK;

/* Columns of a row from 0. Text lives as long as the row; NULL reads as "", as 0, as false. */
int db_columns(const struct db_row *r);
bool db_null(const struct db_row *r, int column);
const char *db_text(const struct db_row *r, int column);
int64_t db_int(struct db_row *r, int column, int64_t min, int64_t max);
bool db_bool(struct db_row *r, int column);

/* A bytea of at most `room` bytes; how many it has. */
size_t db_bytes(struct db_row *r, int column, void *out, size_t room);

/* A bytea that holds a path, as a NUL-terminated string. */
const char *db_path(struct db_row *r, int column, char out[DB_PATH_MAX]);

/* The text form of a path as a bytea parameter: \x and hexadecimal digits. */
#define DB_PATH_TEXT_MAX (2 * DB_PATH_MAX + 3)
void db_path_text(const char *path, char out[DB_PATH_TEXT_MAX]);

#endif
