/* SPDX-License-Identifier: MIT */
/* Tables of cases: text files under tests/tables/, one case a line, cells
 * parted by tabs (cell.h), each a cmocka test named after its line. Lines that
 * begin with # are comments. */
#ifndef WADOZIP_TESTS_UNIT_TABLE_H
#define WADOZIP_TESTS_UNIT_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cell.h"

#define TABLE_COLUMNS 16
#define TABLE_ROWS_MAX 1000

struct table_row {
    char name[128];
    char *cells[TABLE_COLUMNS];
};

static struct table_row table_rows[TABLE_ROWS_MAX];
static struct CMUnitTest table_tests[TABLE_ROWS_MAX];

static inline FILE *table_open(const char *file)
{
    const char *root = getenv("WADOZIP_SOURCE");
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/tests/tables/%s", root ? root : ".", file);
    f = fopen(path, "r");
    if (!f)
        fprintf(stderr, "cannot open %s: run this from the top folder or set WADOZIP_SOURCE\n",
                path);
    return f;
}

/* Runs `test` on every row of a table; a row with another number of cells than
 * `columns` fails the whole. */
static inline int table_run(const char *file, size_t columns, CMUnitTestFunction test)
{
    FILE *f = table_open(file);
    char *line = NULL;
    size_t room = 0, count = 0, number = 0;
    ssize_t len;

    if (!f)
        return 1;
    while ((len = getline(&line, &room, f)) > 0) {
        char *rest = line, *cell;
        size_t n = 0;

        number++;
        line[strcspn(line, "\n")] = '\0';
        if (!*line || *line == '#')
            continue;
        while ((cell = strsep(&rest, "\t")) && n < TABLE_COLUMNS)
            table_rows[count].cells[n++] = cell_text(cell);
        if (n != columns || cell || count + 1 == TABLE_ROWS_MAX) {
            fprintf(stderr, "%s:%zu: %zu cells where %zu belong\n", file, number, n, columns);
            return 1;
        }
        snprintf(table_rows[count].name, sizeof table_rows[count].name, "%s:%zu %s", file, number,
                 table_rows[count].cells[0]);
        table_tests[count] =
            (struct CMUnitTest){table_rows[count].name, test, NULL, NULL, &table_rows[count]};
        count++;
    }
    free(line);
    fclose(f);
    return _cmocka_run_group_tests(file, table_tests, count, NULL, NULL);
}

#endif
