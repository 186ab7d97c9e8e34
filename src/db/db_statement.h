/* SPDX-License-Identifier: MIT */
#ifndef WADOZIP_DB_DB_STATEMENT_H
#define WADOZIP_DB_DB_STATEMENT_H

/*
 * How rows arrive: one by one as libpq results, or by COPY, which transfers
 * thousands of rows in a quarter of the time. COPY is only for queries.
 * DB_PREPARED: as DB_ROWS, of a statement that is asked often for few rows, so
 * that its plan is kept; at most DB_PREPARED_MAX of a program, which must be
 * static.
 */
enum db_rows { DB_ROWS, DB_COPY, DB_PREPARED };

/*
 * A statement. `columns` is the required number of columns. Parameters are sent
 * as literals. The text may start with "SET LOCAL ...; ".
 */
struct db_statement {
    const char *sql;
    int params, columns;
    enum db_rows by;
};

#endif
