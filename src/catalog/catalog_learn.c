/* SPDX-License-Identifier: MIT */
/* Record facts discovered while sending (catalog.h). Statements name the
 * schema, because in a restricted request `instance` is a view. */
#include "catalog/catalog_learn.h"

#include "base/buf.h"
#include "base/io.h"
#include "catalog/catalog_db.h"

#define READ_ONLY "25006"
#define READ_ONLY_SECONDS 600 /* a standby is seldom promoted */
#define AWAY_SECONDS 60
#define LEARN_MS 3000 /* limit for a statement of the other database */

static const struct db_statement learn_mtime = {
    "UPDATE wadozip.instance SET mtime_ns = $4::bigint"
    " WHERE (root, path, mtime_ns) = ($1, $2::bytea, $3::bigint)", 4, 0, DB_ROWS};

static const struct db_statement learn_conversion = {
    "INSERT INTO conversion AS f (instance_id, target, codec_version, size, crc32, deflated_size, source_crc32)"
    " SELECT id, $3, $4::int, $5::bigint, $6::bigint, nullif($7::bigint, 0), crc32 FROM wadozip.instance"
    " WHERE uid = $1 AND crc32 = $2::bigint"
    " ON CONFLICT (instance_id, target, codec_version) DO UPDATE SET (size, crc32, source_crc32, deflated_size) ="
    " (excluded.size, excluded.crc32, excluded.source_crc32, excluded.deflated_size)"
    " WHERE (f.size, f.crc32, f.source_crc32) <> (excluded.size, excluded.crc32, excluded.source_crc32)"
    " OR f.deflated_size IS DISTINCT FROM excluded.deflated_size AND excluded.deflated_size IS NOT NULL",
    7, 0, DB_ROWS};

static const struct db_statement learn_deflated = {
    "UPDATE wadozip.instance SET deflated_size = nullif($4::bigint, 0), deflated_by = CASE WHEN $4::bigint > 0 THEN $5 END,"
    " pixel_deflated_size = CASE WHEN $4::bigint > 0 AND deflated_by = $5 THEN pixel_deflated_size END"
    " WHERE (root, path, crc32) = ($1, $2::bytea, $3::bigint)",
    5, 0, DB_ROWS};

static const struct db_statement learn_pixels_deflated = {
    "UPDATE wadozip.instance SET pixel_deflated_size = nullif($4::bigint, 0),"
    " deflated_size = CASE WHEN deflated_by = $5 THEN deflated_size END,"
    " deflated_by = CASE WHEN $4::bigint > 0 OR deflated_size IS NOT NULL THEN $5 END"
    " WHERE (root, path, crc32) = ($1, $2::bytea, $3::bigint) AND ($4::bigint > 0 OR deflated_by = $5)",
    5, 0, DB_ROWS};

static const struct db_statement learn_sizes = {
    "UPDATE wadozip.instance i SET (default_size, default_codec_version) = (u.size, $4::int)"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[]) u (uid, crc, size) WHERE i.uid = u.uid AND i.crc32 = u.crc",
    4, 0, DB_ROWS};

static const struct db_statement learn_digests = {
    "INSERT INTO digest AS d (instance_id, crc32, sha256)"
    " SELECT i.id, i.crc32, decode(u.sha256, 'hex') FROM unnest($1::text[], $2::bigint[], $3::text[]) u (uid, crc32, sha256)"
    " JOIN wadozip.instance i ON i.uid = u.uid AND i.crc32 = u.crc32"
    " ON CONFLICT (instance_id) DO UPDATE SET (crc32, sha256) = (excluded.crc32, excluded.sha256)"
    " WHERE d.crc32 <> excluded.crc32",
    3, 0, DB_ROWS};

int catalog_learn_at(struct catalog *c, const char *conninfo, struct err *e)
{
    struct catalog_learner *l = catalog_learner(c);

    if (strcmp(conninfo, "none") == 0)
        return 0;
    db_close(l->db);
    l->db = NULL;
    return catalog_connect(conninfo, LEARN_MS, &l->db, e);
}

static int learn_by(struct catalog *c, const struct db_statement *st, const char *const *values,
                    struct err *e)
{
    struct catalog_learner *l = catalog_learner(c);
    const char *next = l->db ? "name the primary by target_session_attrs=read-write"
                             : "set database_learn to the primary";

    if (io_now() < l->paused_until ||
        db_query(l->db ? l->db : catalog_db(c), st, values, NULL, NULL, e) == 0)
        return 0;
    if (strcmp(e->sqlstate, READ_ONLY) == 0) {
        err_clear(e);
        err_set(e, ERR_CONFIG, "the database is read-only, no further attempt for %d s: %s",
                READ_ONLY_SECONDS, next);
        l->paused_until = io_now() + READ_ONLY_SECONDS;
    } else if (l->db && e->kind == ERR_AWAY) {
        l->paused_until = io_now() + AWAY_SECONDS;
    }
    return -1;
}

int catalog_learn_mtime(struct catalog *c, const char *root, const char *path, int64_t old_ns,
                        int64_t new_ns, struct err *e)
{
    char bytes[DB_ROW_PATH_TEXT_MAX], from[24], to[24];
    const char *values[] = {root, bytes, from, to};

    db_row_path_text(path, bytes);
    snprintf(from, sizeof from, "%lld", (long long)old_ns);
    snprintf(to, sizeof to, "%lld", (long long)new_ns);
    return learn_by(c, &learn_mtime, values, e);
}

int catalog_learn_conversion(struct catalog *c, const char *sop_uid, uint32_t crc_of_source,
                             const struct catalog_conversion *f, struct err *e)
{
    char source[16], codec_version[16], bytes[24], sum[16], deflated[24];
    const char *values[] = {sop_uid, source, f->target, codec_version, bytes, sum, deflated};

    snprintf(source, sizeof source, "%lu", (unsigned long)crc_of_source);
    snprintf(codec_version, sizeof codec_version, "%u", f->codec_version);
    snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)f->size);
    snprintf(sum, sizeof sum, "%lu", (unsigned long)f->crc);
    snprintf(deflated, sizeof deflated, "%llu", (unsigned long long)f->deflated);
    return learn_by(c, &learn_conversion, values, e);
}

int catalog_learn_deflated(struct catalog *c, const struct catalog_deflated *d, struct err *e)
{
    char bytes[DB_ROW_PATH_TEXT_MAX], source[16], made[24];
    const char *values[] = {d->root, bytes, source, made, d->compressor};

    db_row_path_text(d->path, bytes);
    snprintf(source, sizeof source, "%lu", (unsigned long)d->crc_of_file);
    snprintf(made, sizeof made, "%llu", (unsigned long long)d->size);
    return learn_by(c, d->pixels ? &learn_pixels_deflated : &learn_deflated, values, e);
}

/* Texts of arrays, one per column. No value needs quotes. */
enum { UIDS, CRCS, VALUES, COLUMNS };

static void begin_columns(struct buf columns[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        buf_init(&columns[i], (size_t)1 << 20);
        buf_str(&columns[i], "{");
    }
}

/* Add the key of a row and a comma before its value. */
static void add_columns(struct buf columns[COLUMNS], bool first, const char *uid, uint32_t crc)
{
    const char *comma = first ? "" : ",";

    buf_printf(&columns[UIDS], "%s%s", comma, uid);
    buf_printf(&columns[CRCS], "%s%lu", comma, (unsigned long)crc);
    buf_str(&columns[VALUES], comma);
}

static int learn_columns(struct catalog *c, const struct db_statement *st,
                         struct buf columns[COLUMNS], const char *more, struct err *e)
{
    int rc = 0;

    for (int i = 0; i < COLUMNS; i++) {
        buf_str(&columns[i], "}");
        if (rc == 0)
            rc = buf_check(&columns[i], "values to record", e);
    }
    if (rc == 0)
        rc = learn_by(
            c, st,
            (const char *[]){columns[UIDS].data, columns[CRCS].data, columns[VALUES].data, more},
            e);
    for (int i = 0; i < COLUMNS; i++)
        buf_release(&columns[i]);
    return rc;
}

int catalog_learn_sizes(struct catalog *c, uint32_t codec_version,
                        const struct instance_size *sizes, size_t count, struct err *e)
{
    struct buf columns[COLUMNS];
    char made_by[16];

    if (count == 0)
        return 0;
    begin_columns(columns);
    for (size_t i = 0; i < count; i++) {
        add_columns(columns, i == 0, sizes[i].sop_uid, sizes[i].crc);
        buf_printf(&columns[VALUES], "%llu", (unsigned long long)sizes[i].size);
    }
    snprintf(made_by, sizeof made_by, "%u", codec_version);
    return learn_columns(c, &learn_sizes, columns, made_by, e);
}

int catalog_learn_digests(struct catalog *c, const struct instance_digest *digests, size_t count,
                          struct err *e)
{
    struct buf columns[COLUMNS];

    if (count == 0)
        return 0;
    begin_columns(columns);
    for (size_t i = 0; i < count; i++) {
        add_columns(columns, i == 0, digests[i].sop_uid, digests[i].crc);
        buf_hex(&columns[VALUES], digests[i].sha256, INSTANCE_SHA256);
    }
    return learn_columns(c, &learn_digests, columns, NULL, e);
}
