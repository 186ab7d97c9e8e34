/* SPDX-License-Identifier: MIT */
/* A row of a result as text. Pure. */
#ifndef WADOZIP_DB_DB_ROW_H
#define WADOZIP_DB_DB_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DB_ROW_COLUMNS_MAX 48
#define DB_ROW_PATH_MAX 4096 /* bytes of a path with its NUL */

/* A row. Reading a value of the wrong type sets `bad`. The texts belong to the
 * result. */
struct db_row {
    const char *fields[DB_ROW_COLUMNS_MAX]; /* null for NULL */
    int columns;
    bool bad;
};

/*
 * Receives a row, which is valid during the call. If the row is marked bad
 * afterwards, the statement fails.
 */
typedef int db_each(void *ctx, struct db_row *row, struct err *e);

/*
 * Make a row of a line in COPY's text format (PostgreSQL manual, COPY: File
 * Formats) of `len` bytes. Modifies the line and points into it. Returns false
 * if it is malformed or does not have r->columns (1 or more) columns.
 */
bool db_row_split(struct db_row *r, char *line, size_t len);

/* Read a column, counted from 0. Text is valid as long as the row. NULL reads
 * as "", 0 or false. */
bool db_row_null(const struct db_row *r, int column);
const char *db_row_text(const struct db_row *r, int column);
/* Copy at most room - 1 bytes. Returns null for NULL. */
char *db_row_copy(struct db_row *r, int column, char *out, size_t room);
int64_t db_row_int(struct db_row *r, int column, int64_t min, int64_t max);
bool db_row_bool(struct db_row *r, int column);

/* Read a bytea of at most `room` bytes. Returns its size. */
size_t db_row_bytes(struct db_row *r, int column, void *out, size_t room);

/* Read a bytea that contains a path, as a NUL-terminated string. */
const char *db_row_path(struct db_row *r, int column, char out[DB_ROW_PATH_MAX]);

/* The text form of a path as a bytea parameter: \x and hexadecimal digits. */
#define DB_ROW_PATH_TEXT_MAX (2 * DB_ROW_PATH_MAX + 3)
void db_row_path_text(const char *path, char out[DB_ROW_PATH_TEXT_MAX]);

#endif
