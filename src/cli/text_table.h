/* SPDX-License-Identifier: MIT */
/* A table for a terminal: columns as wide as their widest cell. */
#ifndef WADOZIP_CLI_TEXT_TABLE_H
#define WADOZIP_CLI_TEXT_TABLE_H

#include <stdio.h>

#include "base/buf.h"
#include "db/db_row.h"

#define TEXT_TABLE_COLUMNS 48 /* further columns are dropped */

struct text_table {
    struct buf cells; /* each with its NUL, row after row */
    size_t widths[TEXT_TABLE_COLUMNS];
    size_t columns, at; /* of the first row; of the row that is being filled */
};

void text_table_init(struct text_table *t);
void text_table_release(struct text_table *t);

/*
 * Append a cell to the row. Control characters and bytes that are not UTF-8
 * become '?', because a terminal may interpret them.
 */
void text_table_cell(struct text_table *t, const char *text);

/* End the row. The first row sets the number of columns. */
void text_table_end_row(struct text_table *t);

/* Append a row of cells. A null pointer is an empty cell. */
void text_table_row(struct text_table *t, const char *const *cells, size_t count);

/* A db_each that appends a row of a result to the struct text_table ctx. */
int text_table_take(void *ctx, struct db_row *r, struct err *e) MUST_CHECK;

/* Fails with ERR_MEMORY if there was too much text. */
int text_table_check(const struct text_table *t, struct err *e) MUST_CHECK;

void text_table_print(const struct text_table *t, FILE *out);

#endif
