#include "catalog/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"
#include "catalog/db.h"
#include "catalog/schema.h"

#define DIGITS 3
#define SHA256_TEXT 65

struct migrate {
    struct db *db;
    const char *folder;
    char *names[MIGRATE_FILES_MAX + 1]; /* by version, from 1 */
    int newest;
    struct buf text; /* of the file at hand */
};

static int read_sql(struct migrate *m, const char *name, struct err *e)
{
    char path[PATH_MAX], chunk[8192];
    ssize_t n = 0;
    int fd, rc = 0;

    snprintf(path, sizeof path, "%s/%s", m->folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, ERR_CONFIG, "cannot open %s", path);
    buf_clear(&m->text);
    for (uint64_t at = 0; (n = io_pread(fd, chunk, sizeof chunk, at)) > 0; at += (uint64_t)n)
        buf_add(&m->text, chunk, (size_t)n);
    if (n < 0)
        rc = err_sys(e, ERR_CONFIG, "cannot read %s", path);
    io_close(&fd);
    return rc ? rc : buf_check(&m->text, path, e);
}

static int digest(const struct buf *text, char out[SHA256_TEXT], struct err *e)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len;

    if (!EVP_Digest(text->data, text->len, sum, &len, EVP_sha256(), NULL))
        return err_set(e, ERR_SYSTEM, "libcrypto has no SHA-256");
    for (unsigned i = 0; i < len && i < SHA256_TEXT / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", sum[i]);
    return 0;
}

static bool is_migration(const char *name, uint64_t *version)
{
    const char *suffix = strrchr(name, '.');

    return strlen(name) > DIGITS && num_parse(name, DIGITS, MIGRATE_FILES_MAX, version) && *version &&
           name[DIGITS] == '_' && suffix && strcmp(suffix, ".sql") == 0;
}

static int take_name(struct migrate *m, const char *name, struct err *e)
{
    uint64_t v;

    if (!is_migration(name, &v))
        return 0;
    if (m->names[v])
        return err_set(e, ERR_CONFIG, "%s has both %s and %s", m->folder, m->names[v], name);
    m->names[v] = strdup(name);
    m->newest = (int)v > m->newest ? (int)v : m->newest;
    return m->names[v] ? 0 : err_set(e, ERR_MEMORY, "no memory left for the migrations");
}

static int list(struct migrate *m, struct err *e)
{
    struct dirent **entries;
    int n = scandir(m->folder, &entries, NULL, alphasort), rc = 0;

    if (n < 0)
        return err_sys(e, ERR_CONFIG, "cannot open the migrations %s", m->folder);
    for (int i = 0; i < n; i++) {
        rc = rc ? rc : take_name(m, entries[i]->d_name, e);
        free(entries[i]);
    }
    free(entries);
    for (int i = 1; rc == 0 && i <= m->newest; i++)
        if (!m->names[i])
            rc = err_set(e, ERR_CONFIG, "%s has no migration %03d", m->folder, i);
    if (rc == 0 && m->newest == 0)
        rc = err_set(e, ERR_CONFIG, "%s holds no migrations: give their folder with --sql", m->folder);
    return rc;
}

/* An applied migration must be the file that is there. */
static int compare(void *ctx, struct row *r, struct err *e)
{
    struct migrate *m = ctx;
    int v = (int)row_int(r, 0, 1, MIGRATE_FILES_MAX);
    char sum[SHA256_TEXT];

    if (r->bad || v > m->newest)
        return err_set(e, ERR_CONFIG, "the database has migration %s, %s does not: install a newer wadozip",
                       row_text(r, 1), m->folder);
    if (read_sql(m, m->names[v], e) || digest(&m->text, sum, e))
        return -1;
    if (strcmp(m->names[v], row_text(r, 1)) != 0 || strcmp(sum, row_text(r, 2)) != 0)
        return err_set(e, ERR_CONFIG, "%s/%s is not what was applied to the database as %s", m->folder, m->names[v],
                       row_text(r, 1));
    return 0;
}

static int compare_applied(struct migrate *m, int *version, struct err *e)
{
    static const struct db_statement ask = {
        "applied", "SELECT version, name, checksum FROM schema_version ORDER BY version", 0, 3};

    if (schema_version(m->db, version, e))
        return -1;
    return *version ? db_query(m->db, &ask, NULL, compare, m, e) : 0;
}

static int apply(struct migrate *m, int version, struct err *e)
{
    static const struct db_statement record = {
        "record", "INSERT INTO schema_version (version, name, checksum) VALUES ($1::int, $2, $3)", 3, 0};
    char number[16], sum[SHA256_TEXT];
    const char *values[] = {number, m->names[version], sum};
    struct err second = ERR_INIT;

    snprintf(number, sizeof number, "%d", version);
    if (read_sql(m, m->names[version], e) || digest(&m->text, sum, e))
        return -1;
    if (db_script(m->db, "BEGIN", NULL, NULL, e))
        return -1;
    if (db_script(m->db, m->text.data, NULL, NULL, e) || db_query(m->db, &record, values, NULL, NULL, e) ||
        db_script(m->db, "COMMIT", NULL, NULL, e)) {
        (void)!db_script(m->db, "ROLLBACK", NULL, NULL, &second);
        return -1;
    }
    return 0;
}

static int apply_missing(struct migrate *m, void (*applied)(void *ctx, const char *name), void *ctx, struct err *e)
{
    int version;

    /* Held until the connection ends. */
    if (db_script(m->db, "SELECT pg_advisory_lock(20521, 2)", NULL, NULL, e) || compare_applied(m, &version, e))
        return -1;
    while (++version <= m->newest) {
        if (apply(m, version, e))
            return -1;
        applied(ctx, m->names[version]);
    }
    if (read_sql(m, "roles.sql", e))
        return -1;
    return db_script(m->db, m->text.data, NULL, NULL, e);
}

static int open_for(struct migrate *m, const char *conninfo, const char *folder, struct err *e)
{
    const struct db_setup setup = {.conninfo = conninfo};

    *m = (struct migrate){.folder = folder};
    buf_init(&m->text, MIGRATE_FILE_BYTES);
    return db_open(&setup, &m->db, e);
}

static void release(struct migrate *m)
{
    db_close(m->db);
    buf_release(&m->text);
    for (int i = 1; i <= MIGRATE_FILES_MAX; i++)
        free(m->names[i]);
}

int migrate_run(const char *conninfo, const char *folder, void (*applied)(void *ctx, const char *name), void *ctx,
                struct err *e)
{
    struct migrate m;
    int rc = open_for(&m, conninfo, folder, e) || list(&m, e) || apply_missing(&m, applied, ctx, e) ? -1 : 0;

    release(&m);
    return rc;
}

struct checking {
    void (*broken)(void *ctx, const char *name, const char *detail);
    void *ctx;
};

static int show_broken(void *ctx, struct row *r, struct err *e)
{
    const struct checking *c = ctx;

    if (r->columns != 2)
        return err_set(e, ERR_CONFIG, "checks.sql has a query of %d columns instead of 2", r->columns);
    c->broken(c->ctx, row_text(r, 0), row_text(r, 1));
    return 0;
}

int migrate_checks(const char *conninfo, const char *folder,
                   void (*broken)(void *ctx, const char *name, const char *detail), void *ctx, struct err *e)
{
    struct checking c = {broken, ctx};
    struct migrate m;
    int rc = open_for(&m, conninfo, folder, e) || read_sql(&m, "checks.sql", e) ||
             db_script(m.db, m.text.data, show_broken, &c, e) ? -1 : 0;

    release(&m);
    return rc;
}

static int take_flag(void *ctx, struct row *r, struct err *e)
{
    (void)e;
    *(bool *)ctx = row_bool(r, 0);
    return 0;
}

int migrate_has_role(const char *conninfo, const char *role, bool *has, struct err *e)
{
    static const struct db_statement ask = {
        "has_role", "SELECT coalesce((SELECT pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname = $1), false)",
        1, 1};
    const struct db_setup setup = {.conninfo = conninfo};
    struct db *db;
    int rc;

    *has = false;
    if (db_open(&setup, &db, e))
        return -1;
    rc = db_query(db, &ask, &role, take_flag, has, e);
    db_close(db);
    return rc;
}
