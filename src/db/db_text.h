/* SPDX-License-Identifier: MIT */
/*
 * The text of a statement, with its parameters as literals. In a statement $ is
 * used only for parameters.
 */
#ifndef WADOZIP_DB_DB_TEXT_H
#define WADOZIP_DB_DB_TEXT_H

#include <libpq-fe.h>

#include "base/buf.h"

struct db_statement;

/* Return the statement after its "SET LOCAL ...; ". */
const char *db_text_query(const struct db_statement *st);

/* Append the statement without those. A failure is out's. */
void db_text_plain(PGconn *conn, const struct db_statement *st, const char *const *values,
                   struct buf *out);

/* Append EXECUTE of the statement that was prepared under the number. */
void db_text_execute(PGconn *conn, const struct db_statement *st, size_t number,
                     const char *const *values, struct buf *out);

#endif
