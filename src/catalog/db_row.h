/* SPDX-License-Identifier: MIT */
/* A row that the database gave, as text. Pure: who has asked for it is of no matter here. */
#ifndef WADOZIP_CATALOG_DB_ROW_H
#define WADOZIP_CATALOG_DB_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DB_ROW_COLUMNS_MAX 48
#define DB_ROW_PATH_MAX 4096 /* bytes of a path with its NUL */

/* Reading a value that is not of the asked kind sets `bad`. The texts are whoever's who made the row. */
struct db_row {
    const char *fields[DB_ROW_COLUMNS_MAX]; /* NULL: null */
    int columns;
    bool bad;
};

/*
 * Makes a row of a line as COPY writes it in its text format (PostgreSQL's manual, SQL commands, COPY: File Formats), of
 * `len` bytes, which it changes and lives on. False when it is none, or has other than r->columns (1 or more) columns.
 */
bool db_row_split(struct db_row *r, char *line, size_t len);

/* Columns from 0. Text lives as long as the row; NULL reads as "", as 0, as false. */
bool db_row_null(const struct db_row *r, int column);
const char *db_row_text(const struct db_row *r, int column);
/* A copy of at most room - 1 bytes; null for NULL. */
char *db_row_copy(struct db_row *r, int column, char *out, size_t room);
int64_t db_row_int(struct db_row *r, int column, int64_t min, int64_t max);
bool db_row_bool(struct db_row *r, int column);

/* A bytea of at most `room` bytes; how many it has. */
size_t db_row_bytes(struct db_row *r, int column, void *out, size_t room);

/* A bytea that holds a path, as a NUL-terminated string. */
const char *db_row_path(struct db_row *r, int column, char out[DB_ROW_PATH_MAX]);

/* The text form of a path as a bytea parameter: \x and hexadecimal digits. */
#define DB_ROW_PATH_TEXT_MAX (2 * DB_ROW_PATH_MAX + 3)
void db_row_path_text(const char *path, char out[DB_ROW_PATH_TEXT_MAX]);

#endif
