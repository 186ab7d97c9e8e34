/* SPDX-License-Identifier: MIT */
#include "db/db_row.h"

#include <string.h>

#include "base/hex.h"
#include "base/num.h"

/* Return the byte for a backslash escape of COPY; other characters stand for
 * themselves. */
static char unescaped(char c)
{
    static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
    const char *at = strchr(from, c);

    return at ? to[at - from] : c;
}

static char *db_row_unescape(char *s, const char *end)
{
    char *to = s;

    for (; s < end; s++)
        *to++ = *s != '\\' || s + 1 == end ? *s : unescaped(*++s);
    return to;
}

bool db_row_split(struct db_row *r, char *line, size_t len)
{
    char *end = line + len - 1;

    if (len == 0 || *end != '\n')
        return false;
    *end = '\0';
    r->bad = false;
    for (int i = 0; i < r->columns; i++) {
        char *tab = strchrnul(line, '\t'), *escape;

        if ((i + 1 == r->columns) != (tab == end) || (!*tab && tab != end))
            return false;
        r->fields[i] = tab - line == 2 && memcmp(line, "\\N", 2) == 0 ? NULL : line;
        escape = memchr(line, '\\', (size_t)(tab - line));
        *(escape ? db_row_unescape(escape, tab) : tab) = '\0';
        line = tab + 1;
    }
    return true;
}

bool db_row_null(const struct db_row *r, int column)
{
    return !r->fields[column];
}

const char *db_row_text(const struct db_row *r, int column)
{
    return r->fields[column] ? r->fields[column] : "";
}

char *db_row_copy(struct db_row *r, int column, char *out, size_t room)
{
    size_t len = strlen(db_row_text(r, column));

    if (db_row_null(r, column))
        return NULL;
    r->bad |= len >= room;
    len = len < room ? len : room - 1;
    memcpy(out, db_row_text(r, column), len);
    out[len] = '\0';
    return out;
}

int64_t db_row_int(struct db_row *r, int column, int64_t min, int64_t max)
{
    const char *s = db_row_text(r, column);
    int64_t value = 0;

    if (*s ? !num_parse_signed(s, min, max, &value) : !db_row_null(r, column))
        r->bad = true;
    return value;
}

bool db_row_bool(struct db_row *r, int column)
{
    const char *s = db_row_text(r, column);

    if (!db_row_null(r, column) && strcmp(s, "t") != 0 && strcmp(s, "f") != 0)
        r->bad = true;
    return *s == 't';
}

size_t db_row_bytes(struct db_row *r, int column, void *out, size_t room)
{
    const char *s = db_row_null(r, column) ? "\\x" : db_row_text(r, column);
    unsigned char *to = out;
    size_t n = 0;

    r->bad |= s[0] != '\\' || s[1] != 'x';
    for (s += 2; !r->bad && *s; s += 2) {
        int high = hex_value(s[0]), low = high < 0 ? -1 : hex_value(s[1]);

        if (low < 0 || n == room)
            r->bad = true;
        else
            to[n++] = (unsigned char)(high << 4 | low);
    }
    return n;
}

const char *db_row_path(struct db_row *r, int column, char out[DB_ROW_PATH_MAX])
{
    size_t n = db_row_bytes(r, column, out, DB_ROW_PATH_MAX - 1);

    r->bad |= memchr(out, '\0', n) != NULL;
    out[n] = '\0';
    return out;
}

void db_row_path_text(const char *path, char out[DB_ROW_PATH_TEXT_MAX])
{
    memcpy(out, "\\x", 2);
    hex_write(out + 2, path, strnlen(path, DB_ROW_PATH_MAX));
}
