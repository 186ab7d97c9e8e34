#include "catalog/schema.h"

#include "catalog/catalog.h"

#define UNDEFINED_TABLE "42P01"

static int take_version(void *ctx, struct row *r, struct err *e)
{
    (void)e;
    *(int *)ctx = (int)row_int(r, 0, 0, INT32_MAX);
    return 0;
}

int schema_version(struct db *db, int *version, struct err *e)
{
    static const struct db_statement ask = {"schema_version", "SELECT max(version) FROM schema_version", 0, 1};

    *version = 0;
    if (db_query(db, &ask, NULL, take_version, version, e) == 0)
        return 0;
    if (strcmp(e->sqlstate, UNDEFINED_TABLE) != 0)
        return -1;
    err_clear(e);
    return 0;
}

static int take_flag(void *ctx, struct row *r, struct err *e)
{
    (void)e;
    *(bool *)ctx = row_bool(r, 0);
    return 0;
}

/* Without the right to look into it, a schema looks as if it were not there. */
static int say_missing(struct db *db, struct err *e)
{
    static const struct db_statement ask = {
        "schema_hidden", "SELECT NOT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'wadozip'", 0, 1};
    bool hidden = false;

    if (db_query(db, &ask, NULL, take_flag, &hidden, e))
        return -1;
    if (hidden)
        return err_set(e, ERR_CONFIG, "this account may not see the catalogue: GRANT wadozip_reader or wadozip_writer TO it");
    return err_set(e, ERR_CONFIG, "the database has no catalogue yet: run `wadozip migrate`");
}

int schema_check(struct db *db, void *unused, struct err *e)
{
    int version;

    (void)unused;
    if (schema_version(db, &version, e))
        return -1;
    if (version == 0)
        return say_missing(db, e);
    if (version < CATALOG_SCHEMA)
        return err_set(e, ERR_CONFIG, "the catalogue is of version %d, this program needs %d: run `wadozip migrate`",
                       version, CATALOG_SCHEMA);
    if (version > CATALOG_SCHEMA)
        return err_set(e, ERR_CONFIG, "the catalogue is of version %d, this program knows %d: install a newer wadozip",
                       version, CATALOG_SCHEMA);
    return 0;
}
