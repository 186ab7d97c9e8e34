/* SPDX-License-Identifier: MIT */
#include "cli/text_table.h"

#include <string.h>

#include "base/utf8.h"

#define CELLS_MAX ((size_t)64 << 20)
#define GAP 2 /* blanks between columns */

void text_table_init(struct text_table *t)
{
    *t = (struct text_table){.columns = 0};
    buf_init(&t->cells, CELLS_MAX);
}

void text_table_release(struct text_table *t)
{
    buf_release(&t->cells);
}

void text_table_cell(struct text_table *t, const char *text)
{
    size_t left = strlen(text), width = 0;

    if (t->at == TEXT_TABLE_COLUMNS)
        return;
    for (size_t n; left > 0; text += n, left -= n, width++) {
        size_t known = utf8_character(text, left);

        n = known ? known : 1;
        buf_add(&t->cells, known ? text : "?", n);
    }
    buf_add(&t->cells, "", 1);
    if (width > t->widths[t->at])
        t->widths[t->at] = width;
    t->at++;
}

void text_table_end_row(struct text_table *t)
{
    if (!t->columns)
        t->columns = t->at;
    while (t->at < t->columns)
        text_table_cell(t, "");
    t->at = 0;
}

void text_table_row(struct text_table *t, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_table_cell(t, cells[i] ? cells[i] : "");
    text_table_end_row(t);
}

int text_table_take(void *ctx, struct db_row *r, struct err *e)
{
    text_table_row(ctx, r->fields, (size_t)r->columns);
    return text_table_check(ctx, e);
}

int text_table_check(const struct text_table *t, struct err *e)
{
    return buf_check(&t->cells, "the results", e);
}

static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

void text_table_print(const struct text_table *t, FILE *out)
{
    const char *cell = t->cells.data, *end = cell + t->cells.len;

    for (size_t column = 0; cell < end; cell += strlen(cell) + 1) {
        bool last = ++column == t->columns;

        fputs(cell, out);
        for (size_t n = width_of(cell); !last && n < t->widths[column - 1] + GAP; n++)
            fputc(' ', out);
        if (last) {
            fputc('\n', out);
            column = 0;
        }
    }
}
