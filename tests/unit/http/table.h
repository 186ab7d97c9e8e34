/*
 * Tables of cases: text files under tests/tables/, one case a line, cells parted by tabs, each a cmocka test named after
 * its line. Lines that begin with # are comments. A cell is "-" for absent (null) or text with these escapes:
 *   \t tab, \\ backslash, \- a lone hyphen, \e nothing (the empty string), \xHH a byte, \{N|text} the text N times
 */
#ifndef WADOZIP_TESTS_UNIT_HTTP_TABLE_H
#define WADOZIP_TESTS_UNIT_HTTP_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TABLE_COLUMNS 16
#define TABLE_ROWS_MAX 1000
#define TABLE_CELL_MAX ((size_t)1 << 17)

struct table_row {
    char name[128];
    char *cells[TABLE_COLUMNS];
};

static struct table_row table_rows[TABLE_ROWS_MAX];
static struct CMUnitTest table_tests[TABLE_ROWS_MAX];

static inline const char *table_repeat(const char *s, char *out, size_t *n)
{
    char *text;
    unsigned long times = strtoul(s + 2, &text, 10);
    size_t len = strcspn(text + 1, "}");

    while (times-- > 0 && *n + len < TABLE_CELL_MAX) {
        memcpy(out + *n, text + 1, len);
        *n += len;
    }
    return text + 1 + len + 1;
}

static inline char *table_cell(const char *s)
{
    static char out[TABLE_CELL_MAX + 1];
    size_t n = 0;

    if (strcmp(s, "-") == 0)
        return NULL;
    while (*s) {
        unsigned byte;

        if (*s != '\\') {
            out[n++] = *s++;
        } else if (s[1] == '{') {
            s = table_repeat(s, out, &n);
        } else if (s[1] == 'x' && sscanf(s + 2, "%2x", &byte) == 1) {
            out[n++] = (char)byte;
            s += 4;
        } else {
            if (s[1] != 'e')
                out[n++] = s[1] == 't' ? '\t' : s[1];
            s += 2;
        }
    }
    out[n] = '\0';
    return strdup(out);
}

static inline FILE *table_open(const char *file)
{
    const char *root = getenv("WADOZIP_SOURCE");
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/tests/tables/%s", root ? root : ".", file);
    f = fopen(path, "r");
    if (!f)
        fprintf(stderr, "cannot open %s: run this from the top folder or set WADOZIP_SOURCE\n", path);
    return f;
}

/* Runs `test` on every row of a table; a row with another number of cells than `columns` fails the whole. */
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
            table_rows[count].cells[n++] = table_cell(cell);
        if (n != columns || cell || count + 1 == TABLE_ROWS_MAX) {
            fprintf(stderr, "%s:%zu: %zu cells where %zu belong\n", file, number, n, columns);
            return 1;
        }
        snprintf(table_rows[count].name, sizeof table_rows[count].name, "%s:%zu %s", file, number,
                 table_rows[count].cells[0]);
        table_tests[count] = (struct CMUnitTest){table_rows[count].name, test, NULL, NULL, &table_rows[count]};
        count++;
    }
    free(line);
    fclose(f);
    return _cmocka_run_group_tests(file, table_tests, count, NULL, NULL);
}

#endif
