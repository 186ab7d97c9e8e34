/* SPDX-License-Identifier: MIT */
#include "db/migrate.h"

#include "base/hex.h"
#include "base/sha256.h"
#include "db/db.h"
#include "db/schema.h"
#include "db/sql_files.h"

#define SHA256_TEXT (2 * SHA256_BYTES + 1)

static const char *sql_text(const char *name)
{
    const struct sql_file *f = sql_files;

    while (f->name && strcmp(f->name, name) != 0)
        f++;
    return f->name ? f->text : "";
}

static int migrate_digest(const char *text, char out[SHA256_TEXT], struct err *e)
{
    uint8_t sum[SHA256_BYTES];

    if (sha256_bytes(text, strlen(text), sum, e))
        return -1;
    hex_write(out, sum, sizeof sum);
    return 0;
}

/* An applied migration must equal the one in this program. */
static int migrate_compare(void *ctx, struct db_row *r, struct err *e)
{
    int v = (int)db_row_int(r, 0, 1, INT32_MAX);
    char sum[SHA256_TEXT];

    (void)ctx;
    if (r->bad || v > CATALOG_SCHEMA)
        return err_set(
            e, ERR_CONFIG,
            "the database has migration %s, this program knows %d: install a newer wadozip",
            db_row_text(r, 1), CATALOG_SCHEMA);
    if (migrate_digest(sql_files[v - 1].text, sum, e))
        return -1;
    if (strcmp(sql_files[v - 1].name, db_row_text(r, 1)) != 0 ||
        strcmp(sum, db_row_text(r, 2)) != 0)
        return err_set(
            e, ERR_CONFIG,
            "migration %s of the database is not %s of this program: it was applied by a version"
            " that was never released",
            db_row_text(r, 1), sql_files[v - 1].name);
    return 0;
}

static int compare_applied(struct db *db, int *version, struct err *e)
{
    static const struct db_statement ask = {
        "SELECT version, name, checksum FROM schema_version ORDER BY version", 0, 3, DB_ROWS};

    if (schema_version(db, version, e))
        return -1;
    return *version ? db_query(db, &ask, NULL, migrate_compare, NULL, e) : 0;
}

static int migrate_take_number(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(int *)ctx = (int)db_row_int(r, 0, 0, INT32_MAX);
    return 0;
}

/*
 * Lock and return the schema's version inside a transaction, which a missing
 * table must not abort.
 */
static int lock_version(struct db *db, int *version, struct err *e)
{
    static const struct db_statement lock = {
        "SELECT pg_advisory_xact_lock(20521, 2)", 0, 1, DB_ROWS};
    static const struct db_statement look = {
        "SELECT count(to_regclass('wadozip.schema_version'))", 0, 1, DB_ROWS};

    *version = 0;
    if (db_query(db, &lock, NULL, NULL, NULL, e) ||
        db_query(db, &look, NULL, migrate_take_number, version, e))
        return -1;
    return *version ? schema_version(db, version, e) : 0;
}

static int record(struct db *db, int version, struct err *e)
{
    static const struct db_statement st = {
        "INSERT INTO schema_version (version, name, checksum) VALUES ($1::int, $2, $3)", 3, 0,
        DB_ROWS};
    char number[16], sum[SHA256_TEXT];
    const char *values[] = {number, sql_files[version - 1].name, sum};

    snprintf(number, sizeof number, "%d", version);
    if (migrate_digest(sql_files[version - 1].text, sum, e))
        return -1;
    return db_query(db, &st, values, NULL, NULL, e);
}

/*
 * Apply a migration inside a transaction. Sets *done to false if another
 * process has applied it meanwhile.
 */
static int apply(struct db *db, int version, bool *done, struct err *e)
{
    int now;

    if (lock_version(db, &now, e))
        return -1;
    *done = now < version;
    if (!*done)
        return 0;
    return db_script(db, sql_files[version - 1].text, NULL, NULL, e) ? -1 : record(db, version, e);
}

static int apply_alone(struct db *db, int version, bool *done, struct err *e)
{
    struct err second = ERR_INIT;

    if (db_script(db, "BEGIN", NULL, NULL, e))
        return -1;
    if (apply(db, version, done, e) == 0)
        return db_script(db, "COMMIT", NULL, NULL, e);
    (void)!db_script(db, "ROLLBACK", NULL, NULL, &second);
    return -1;
}

static int show_missing_role(void *ctx, struct db_row *r, struct err *e)
{
    const struct migrate_report *report = ctx;

    (void)e;
    report->no_role(report->ctx, db_row_text(r, 0));
    return 0;
}

static int apply_missing(struct db *db, const struct migrate_report *report, struct err *e)
{
    int version;
    bool done;

    if (compare_applied(db, &version, e))
        return -1;
    while (++version <= CATALOG_SCHEMA) {
        if (apply_alone(db, version, &done, e))
            return -1;
        if (done)
            report->applied(report->ctx, sql_files[version - 1].name);
    }
    return db_script(db, sql_text("roles.sql"), show_missing_role, (void *)report, e);
}

int migrate_run(const char *conninfo, const struct migrate_report *report, struct err *e)
{
    const struct db_setup setup = {.conninfo = conninfo};
    struct db *db;
    int rc;

    if (db_open(&setup, &db, e))
        return -1;
    rc = apply_missing(db, report, e);
    db_close(db);
    return rc;
}

struct checking {
    void (*broken)(void *ctx, const char *name, const char *detail);
    void *ctx;
};

static int migrate_show_broken(void *ctx, struct db_row *r, struct err *e)
{
    const struct checking *c = ctx;

    if (r->columns != 2)
        return err_set(e, ERR_CONFIG, "checks.sql has a query of %d columns instead of 2",
                       r->columns);
    c->broken(c->ctx, db_row_text(r, 0), db_row_text(r, 1));
    return 0;
}

int migrate_checks(const char *conninfo,
                   void (*broken)(void *ctx, const char *name, const char *detail), void *ctx,
                   struct err *e)
{
    const struct db_setup setup = {.conninfo = conninfo};
    struct checking c = {broken, ctx};
    struct db *db;
    int rc;

    if (db_open(&setup, &db, e))
        return -1;
    rc = db_script(db, sql_text("checks.sql"), migrate_show_broken, &c, e);
    db_close(db);
    return rc;
}

static int take_rights(void *ctx, struct db_row *r, struct err *e)
{
    struct migrate_rights *rights = ctx;

    (void)e;
    rights->serve = db_row_bool(r, 0);
    rights->index = db_row_bool(r, 1);
    snprintf(rights->database, sizeof rights->database, "%s", db_row_text(r, 2));
    rights->read_only = db_row_bool(r, 3);
    snprintf(rights->compressor, sizeof rights->compressor, "%s", db_row_text(r, 4));
    rights->codec_version = (uint32_t)db_row_int(r, 5, 0, INT32_MAX);
    snprintf(rights->versions, sizeof rights->versions, "%s", db_row_text(r, 6));
    return 0;
}

int migrate_rights(const char *conninfo, struct migrate_rights *out, struct err *e)
{
    static const struct db_statement ask = {
        "SELECT has_table_privilege('instance', 'SELECT') AND has_column_privilege('instance', 'deflated_size', 'UPDATE'),"
        " has_table_privilege('instance', 'INSERT, DELETE'), current_database(),"
        " pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,"
        " coalesce((SELECT deflated_by FROM instance ORDER BY id DESC LIMIT 1), ''),"
        " coalesce((SELECT default_codec_version FROM instance ORDER BY id DESC LIMIT 1), 0),"
        " (SELECT coalesce(string_agg(DISTINCT application_name, ', '), '') FROM pg_stat_activity"
        "  WHERE datname = current_database() AND application_name ~ '^wadozip\\S* [0-9]'"
        "  AND split_part(application_name, ' ', 2) <> '" WADOZIP_VERSION "')",
        0, 7, DB_ROWS};
    const struct db_setup setup = {.conninfo = conninfo};
    struct db *db;
    int rc;

    *out = (struct migrate_rights){0};
    if (db_open(&setup, &db, e))
        return -1;
    rc = db_query(db, &ask, NULL, take_rights, out, e);
    db_close(db);
    return rc;
}
