/* SPDX-License-Identifier: MIT */
#include "db/db_prepared.h"

size_t db_prepared_number(struct db_prepared *p, const struct db_statement *st, bool *is_new)
{
    *is_new = false;
    for (size_t i = 0; i < p->count; i++)
        if (p->statements[i] == st)
            return i + 1;
    if (p->count == DB_PREPARED_MAX)
        return 0;
    *is_new = true;
    p->statements[p->count++] = st;
    return p->count;
}
