/* SPDX-License-Identifier: MIT */
#include "db/db_conninfo.h"

#include "db/db.h"

#include <libpq-fe.h>

#define HIDDEN "***"

/* libpq marks options that must not be displayed. */
static bool is_secret(const PQconninfoOption *o)
{
    return o->val && (o->dispchar[0] == '*' || strstr(o->keyword, "password") ||
                      strstr(o->keyword, "secret"));
}

static bool has_secret(const PQconninfoOption *all)
{
    for (const PQconninfoOption *o = all; o->keyword; o++)
        if (is_secret(o))
            return true;
    return false;
}

/* Append keyword='value', with a backslash before quotes and backslashes. */
static void db_conninfo_add(struct buf *out, const PQconninfoOption *o, bool first)
{
    buf_printf(out, "%s%s='", first ? "" : " ", o->keyword);
    for (const char *c = is_secret(o) ? HIDDEN : o->val; *c; c++)
        buf_printf(out, "%s%c", *c == '\'' || *c == '\\' ? "\\" : "", *c);
    buf_str(out, "'");
}

int db_conninfo_show(const char *conninfo, struct buf *out, struct err *e)
{
    PQconninfoOption *all = PQconninfoParse(conninfo, NULL);
    bool first = true;

    if (!all) {
        buf_str(out, HIDDEN " (not a connection string)");
    } else if (!has_secret(all)) {
        buf_str(out, conninfo);
    } else {
        for (const PQconninfoOption *o = all; o->keyword; o++) {
            if (!o->val)
                continue;
            db_conninfo_add(out, o, first);
            first = false;
        }
    }
    PQconninfoFree(all);
    return buf_check(out, "a connection string", e);
}

int db_name(const char *conninfo, struct buf *out, struct err *e)
{
    PQconninfoOption *all = PQconninfoParse(conninfo, NULL);

    for (const PQconninfoOption *o = all; o && o->keyword; o++)
        if (o->val && !*o->dispchar)
            buf_printf(out, "%s=%s\n", o->keyword, o->val);
    PQconninfoFree(all);
    return buf_check(out, "the database's name", e);
}
