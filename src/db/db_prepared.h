/* SPDX-License-Identifier: MIT */
/*
 * The statements that are prepared on one connection. Planning a look-up of one
 * instance takes longer than running it.
 *
 * A pooler in transaction mode can run the next transaction on another server
 * connection, so nothing is prepared through one: it announces a process ID of
 * its own instead of the server's.
 */
#ifndef WADOZIP_DB_DB_PREPARED_H
#define WADOZIP_DB_DB_PREPARED_H

#include <stdbool.h>
#include <stddef.h>

#define DB_PREPARED_MAX 16

struct db_statement;

enum db_prepared_use {
    DB_PREPARED_UNKNOWN, /* a new connection */
    DB_PREPARED_YES,
    DB_PREPARED_NO,
};

struct db_prepared {
    enum db_prepared_use use;
    const struct db_statement *statements[DB_PREPARED_MAX];
    size_t count;
};

/* Return the number of the statement, from 1 on. Adds it, and sets *is_new, if it is not there yet.
 * Returns 0 if there is no room. */
size_t db_prepared_number(struct db_prepared *p, const struct db_statement *st, bool *is_new);

#endif
