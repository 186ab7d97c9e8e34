/* SPDX-License-Identifier: MIT */
#include "rights/grants.h"

#include <stdio.h>
#include <string.h>

#include "catalog/collection.h"
#include "db/schema.h"
#include "rights/bound_profile.h"

#define STATEMENT_MS 60000
#define COLLECTION "collection "

static const struct db_statement add_grant = {
    "SELECT add_grant($1, $2, $3, $4, $5::int, $6::bigint)", 6, 1, DB_ROWS};

static const struct db_statement delete_grant = {
    "DELETE FROM grant_ WHERE id = $1::bigint AND parent IS NULL RETURNING id", 1, 1, DB_ROWS};

static const struct db_statement list_grants = {
    "SELECT id, who, what || coalesce(' of ' || coalesce(nullif(issuer, ''), 'no issuer'), ''),"
    " concat_ws(' ', CASE WHEN acts & 1 > 0 THEN 'search' END, CASE WHEN acts & 2 > 0 THEN 'retrieve' END,"
    " CASE WHEN acts & 4 > 0 THEN 'share' END), coalesce('deidentify=' || profile, 'original'),"
    " CASE WHEN expires IS NULL THEN 'never' ELSE CASE WHEN expires <= now() THEN 'expired ' ELSE '' END ||"
    " to_char(expires AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI\"Z\"') END"
    " FROM grant_ WHERE parent IS NULL AND who NOT LIKE 'link:%' AND ($1 = '' OR who = $1) ORDER BY id",
    1, GRANTS_COLUMNS, DB_ROWS};

int grants_open(const char *conninfo, struct db **out, struct err *e)
{
    const struct db_setup setup = {conninfo, STATEMENT_MS, NULL, schema_check, NULL};

    return db_open(&setup, out, e);
}

bool grants_is_principal(const char *who)
{
    static const char *const kinds[] = {"user:", "group:", "link:"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(who, kinds[i], strlen(kinds[i])) == 0)
            return who[strlen(kinds[i])] != '\0' && !strchr(who, '\n');
    return strcmp(who, "everyone") == 0;
}

static int take_id(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(uint64_t *)ctx = (uint64_t)db_row_int(r, 0, 1, INT64_MAX);
    return 0;
}

int grants_add(struct db *db, const struct grant *g, uint64_t *id, struct err *e)
{
    char acts[12], seconds[24], things[96] = "{}";
    const char *const values[] = {g->who, g->what, g->issuer, g->profile, acts, seconds};

    snprintf(acts, sizeof acts, "%u", g->acts);
    snprintf(seconds, sizeof seconds, "%llu", (unsigned long long)g->seconds);
    if (strncmp(g->what, COLLECTION, strlen(COLLECTION)) == 0 &&
        collection_is_id(g->what + strlen(COLLECTION)))
        snprintf(things, sizeof things, "{\"%.80s\"}", g->what);
    if (bound_profile_check(db, things, g->profile ? g->profile : "", e))
        return -1;
    return db_query_once(db, &add_grant, values, take_id, id, e);
}

int grants_revoke(struct db *db, uint64_t id, bool *found, struct err *e)
{
    char number[24];
    uint64_t gone = 0;
    int rc;

    snprintf(number, sizeof number, "%llu", (unsigned long long)id);
    rc = db_query(db, &delete_grant, (const char *[]){number}, take_id, &gone, e);
    *found = gone != 0;
    return rc;
}

int grants_list(struct db *db, const char *who, db_each *each, void *ctx, struct err *e)
{
    return db_query(db, &list_grants, (const char *[]){who ? who : ""}, each, ctx, e);
}
