/* SPDX-License-Identifier: MIT */
#include "db/db_text.h"

#include <string.h>

#include "db/db_statement.h"

static void add_literal(PGconn *conn, const char *value, struct buf *out)
{
    char *literal = value ? PQescapeLiteral(conn, value, strlen(value)) : NULL;

    if (value && !literal)
        out->failed = true;
    buf_str(out, literal ? literal : "NULL");
    PQfreemem(literal);
}

const char *db_text_query(const struct db_statement *st)
{
    const char *sql = st->sql, *end;

    while (strncmp(sql, "SET LOCAL ", 10) == 0 && (end = strstr(sql, "; ")) != NULL)
        sql = end + 2;
    return sql;
}

void db_text_plain(PGconn *conn, const struct db_statement *st, const char *const *values,
                   struct buf *out)
{
    buf_str(out, st->by == DB_COPY ? "COPY (" : "");
    for (const char *s = db_text_query(st); *s;) {
        size_t plain = strcspn(s, "$"), number = 0;

        buf_add(out, s, plain);
        s += plain;
        if (!*s)
            break;
        for (s++; *s >= '0' && *s <= '9'; s++)
            number = number * 10 + (size_t)(*s - '0');
        add_literal(conn, values[number - 1], out);
    }
    buf_str(out, st->by == DB_COPY ? ") TO STDOUT" : "");
}

void db_text_execute(PGconn *conn, const struct db_statement *st, size_t number,
                     const char *const *values, struct buf *out)
{
    buf_printf(out, "EXECUTE wadozip_%zu", number);
    for (int i = 0; i < st->params; i++) {
        buf_str(out, i ? ", " : " (");
        add_literal(conn, values[i], out);
    }
    buf_str(out, st->params ? ")" : "");
}
