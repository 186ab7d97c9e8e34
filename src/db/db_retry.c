/* SPDX-License-Identifier: MIT */
/* Decide whether a statement is repeated (db.h). */
#include "db/db.h"
#include "db/db_attempt.h"
#include "db/sqlstate.h"

#define ATTEMPTS 3

/* A connection that was opened for the attempt and broke is not opened again.
 */
static bool may_repeat(const struct db_call *c, const struct db_attempt *a, const struct err *e)
{
    if (a->rows || !a->alone)
        return false;
    if (a->unprepared)
        return true;
    return a->broken ? a->kept && !(c->once && a->sent) : sqlstate_undone(e->sqlstate);
}

static int attempt(struct db *db, const struct db_call *c, struct db_attempt *a, struct err *e)
{
    for (int left = ATTEMPTS; db_attempt(db, c, a, e); err_clear(e))
        if (--left == 0 || !may_repeat(c, a, e))
            return -1;
    return 0;
}

int db_query(struct db *db, const struct db_statement *st, const char *const *values, db_each *each,
             void *ctx, struct err *e)
{
    const struct db_call call = {st, values, each, ctx, false};
    struct db_attempt a;

    return attempt(db, &call, &a, e);
}

int db_query_once(struct db *db, const struct db_statement *st, const char *const *values,
                  db_each *each, void *ctx, struct err *e)
{
    const struct db_call call = {st, values, each, ctx, true};
    struct db_attempt a;
    struct err why;

    if (attempt(db, &call, &a, e) == 0)
        return 0;
    if (!a.sent || !a.broken)
        return -1;
    why = *e;
    err_clear(e);
    return err_set(e, why.kind, "%s; whether it was done before is not known", why.text);
}
