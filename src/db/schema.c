/* SPDX-License-Identifier: MIT */
#include "db/schema.h"


#define UNDEFINED_TABLE "42P01"

static int take_version(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(int *)ctx = (int)db_row_int(r, 0, 0, INT32_MAX);
    return 0;
}

int schema_version(struct db *db, int *version, struct err *e)
{
    static const struct db_statement ask = {"SELECT max(version) FROM schema_version", 0, 1,
                                            DB_ROWS};

    *version = 0;
    if (db_query(db, &ask, NULL, take_version, version, e) == 0)
        return 0;
    if (strcmp(e->sqlstate, UNDEFINED_TABLE) != 0)
        return -1;
    err_clear(e);
    return 0;
}

struct hidden {
    bool schema;
    char database[64];
};

static int take_hidden(void *ctx, struct db_row *r, struct err *e)
{
    struct hidden *h = ctx;

    (void)e;
    h->schema = true;
    snprintf(h->database, sizeof h->database, "%s", db_row_text(r, 0));
    return 0;
}

/* An account without rights to the schema does not see it at all. */
static int report_missing(struct db *db, struct err *e)
{
    static const struct db_statement ask = {
        "SELECT current_database() FROM pg_namespace WHERE nspname = 'wadozip' AND NOT has_schema_privilege(oid, 'USAGE')",
        0, 1, DB_ROWS};
    struct hidden h = {0};

    if (db_query(db, &ask, NULL, take_hidden, &h, e))
        return -1;
    if (h.schema)
        return err_set(
            e, ERR_CONFIG,
            "this account may not see the catalogue: GRANT \"%s_reader\" or \"%s_writer\" TO it",
            h.database, h.database);
    return err_set(e, ERR_CONFIG, "the database has no catalogue yet: run `wadozip migrate`");
}

int schema_check(struct db *db, void *unused, struct err *e)
{
    int version;

    (void)unused;
    if (schema_version(db, &version, e))
        return -1;
    if (version == 0)
        return report_missing(db, e);
    if (version < CATALOG_SCHEMA)
        return err_set(
            e, ERR_CONFIG,
            "the catalogue is of version %d, this program needs %d: run `wadozip migrate`", version,
            CATALOG_SCHEMA);
    if (version > CATALOG_SCHEMA)
        return err_set(
            e, ERR_CONFIG,
            "the catalogue is of version %d, this program knows %d: install a newer wadozip",
            version, CATALOG_SCHEMA);
    return 0;
}
