/* SPDX-License-Identifier: MIT */
/*
 * A persistent connection to PostgreSQL that reconnects when it breaks. The
 * only user of libpq is this folder: results stay in db.c, rows are passed on
 * as text. Not thread-safe.
 *
 * No state outlives a transaction on the server (no session setting or session
 * lock), so a connection pooler in transaction mode may be in between. Only
 * statements that ask for it are prepared, and never through a pooler.
 */
#ifndef WADOZIP_DB_DB_H
#define WADOZIP_DB_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "db/db_row.h"
#include "db/db_statement.h"

#define DB_PARAMS_MAX 8

struct db;

struct db_setup {
    const char *conninfo;   /* libpq connection string; copied */
    unsigned statement_ms;  /* limit for a statement on the server; 0: none */
    const char *settings;   /* "SET LOCAL ...; " for every transaction; may be null; copied */
    /* called on every new connection; may be null */
    int (*on_connect)(struct db *db, void *ctx, struct err *e);
    void *ctx;
};

/*
 * Append the settings of a connection string without passwords. Appends nothing
 * if libpq rejects it.
 */
int db_name(const char *conninfo, struct buf *out, struct err *e) MUST_CHECK;

/* Copy the setup. Connects when the first statement is sent. */
int db_open(const struct db_setup *s, struct db **out, struct err *e) MUST_CHECK;
void db_close(struct db *db); /* null is allowed */

/* Replace the further settings of every following transaction: "SET LOCAL ...;
 * " statements that come after those of the setup, or "" for none. Copied. */
int db_set_more(struct db *db, const char *settings, struct err *e) MUST_CHECK;

/* Connect if necessary. Fails with ERR_AWAY if the database cannot be reached.
 */
int db_ready(struct db *db, struct err *e) MUST_CHECK;

/*
 * Run a statement with text parameters (null: NULL) and call `each` for every
 * row (null if no rows are expected). Reconnects once if the connection breaks
 * before the first row, and repeats a statement up to twice if the server
 * rolled it back because of a conflict (a deadlock); neither inside a
 * transaction of db_script(). If `each` fails, the statement is cancelled.
 * Error kinds follow the SQLSTATE: ERR_AWAY, ERR_CONFIG, ERR_DATA.
 */
int db_query(struct db *db, const struct db_statement *st, const char *const *values, db_each *each,
             void *ctx, struct err *e) MUST_CHECK;

/*
 * The same for statements whose result would differ the second time. If the
 * connection breaks when the server may have run the statement, it is not
 * repeated, and the error says so.
 */
int db_query_once(struct db *db, const struct db_statement *st, const char *const *values,
                  db_each *each, void *ctx, struct err *e) MUST_CHECK;

/*
 * Run SQL text with any number of statements. `each` (may be null) receives the
 * rows of all of them.
 */
int db_script(struct db *db, const char *sql, db_each *each, void *ctx, struct err *e) MUST_CHECK;

#endif
