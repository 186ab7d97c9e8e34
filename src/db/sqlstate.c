/* SPDX-License-Identifier: MIT */
#include "db/sqlstate.h"

#include <string.h>

enum err_kind sqlstate_kind(const char *state)
{
    static const struct {
        const char *prefix;
        enum err_kind kind;
    } table[] = {
        {"08", ERR_AWAY},      /* connection exception */
        {"57P", ERR_AWAY},     /* server shuts down or starts up */
        {"57014", ERR_AWAY},   /* statement timeout */
        {"53", ERR_AWAY},      /* out of disk, memory, connections */
        {"40", ERR_AWAY},      /* transaction rolled back */
        {"55P03", ERR_AWAY},   /* lock timeout */
        {"25006", ERR_CONFIG}, /* read-only server */
        {"28", ERR_CONFIG},    /* not authorized */
        {"3D", ERR_CONFIG},    /* no such database */
        {"3F", ERR_CONFIG},    /* no such schema */
        {"42", ERR_CONFIG},    /* no such table or column, or insufficient privilege */
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strncmp(state, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].kind;
    return ERR_DATA;
}

bool sqlstate_unprepared(const char *state)
{
    /* no such prepared statement, another one of that name, "cached plan must not change result
     * type" */
    return strcmp(state, "26000") == 0 || strcmp(state, "42P05") == 0 ||
           strcmp(state, "0A000") == 0;
}

bool sqlstate_undone(const char *state)
{
    /* serialization failure, deadlock */
    return strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0;
}
