/* SPDX-License-Identifier: MIT */
#include "catalog/file_list.h"

#include "base/buf.h"
#include "db/db.h"
#include "db/schema.h"
#include "catalog/writer_json.h"
#include "dicom/transfer_syntax.h"

#define STATEMENT_MS 600000 /* enough for a count of everything on a slow disk */
#define PATH_END_BYTES (DB_ROW_PATH_MAX - 1) /* bytes FF that sort after every path */
#define KEY_MAX (DB_ROW_PATH_TEXT_MAX + 2) /* a path's bytes and one more */

struct file_list {
    struct db *db;
    struct buf batch;
    char path[DB_ROW_PATH_MAX]; /* of the current row */
};

/*
 * $1 root; $2 <= path < $3; in this range, the path $5 itself and paths that
 * start with $6. Series and studies are found one by one, by index, in the
 * order of the paths.
 */
#define RANGE \
    " root = $1 AND path >= $2::bytea AND path < $3::bytea AND (path = $5::bytea OR path >= $6::bytea)"

static const struct db_statement ask_beneath = {
    "SELECT f.root, f.path, f.size, f.mtime_ns, f.crc32, coalesce(st.uid, ''), coalesce(se.uid, ''), f.uid FROM ("
    "(SELECT root, path, size, mtime_ns, crc32, uid, series_id FROM instance WHERE" RANGE
    " ORDER BY path LIMIT $4::bigint)"
    " UNION ALL "
    "(SELECT root, path, size, mtime_ns, crc32, sop_uid, NULL FROM other_file WHERE sop_uid IS NOT NULL AND" RANGE
    " ORDER BY path LIMIT $4::bigint)"
    " ORDER BY path LIMIT $4::bigint) f"
    " LEFT JOIN LATERAL (SELECT se.uid, se.study_id FROM series se WHERE se.id = f.series_id LIMIT 1) se ON true"
    " LEFT JOIN LATERAL (SELECT st.uid FROM study st WHERE st.id = se.study_id LIMIT 1) st ON true"
    " ORDER BY f.path",
    6, 8, DB_ROWS};

static const struct db_statement count_beneath = {
    "SELECT count(*), coalesce(sum(size), 0)::bigint FROM ("
    "SELECT size FROM instance WHERE" RANGE
    " UNION ALL SELECT size FROM other_file WHERE sop_uid IS NOT NULL AND" RANGE
    " LIMIT $4::bigint) f",
    6, 2, DB_ROWS};

static const struct db_statement ask_study = {
    "SELECT i.root, i.path, i.size, i.mtime_ns, i.crc32, st.uid, se.uid, i.uid"
    " FROM study st JOIN series se ON se.study_id = st.id JOIN instance i ON i.series_id = se.id"
    " WHERE st.uid = $1 AND (i.root, i.path) > ($2, $3::bytea) ORDER BY i.root, i.path LIMIT $4::bigint",
    4, 8, DB_ROWS};

static const struct db_statement count_study = {
    "SELECT count(*), coalesce(sum(i.size), 0)::bigint"
    " FROM study st JOIN series se ON se.study_id = st.id JOIN instance i ON i.series_id = se.id WHERE st.uid = $1",
    1, 2, DB_ROWS};

/* In addition to the parameters of RANGE: $7 codec version, $8 the previous
 * study. */
#define PLAIN "'" TRANSFER_SYNTAX_EXPLICIT_LE "'"
#define UNMADE \
    RANGE " AND (i.transfer_syntax <> " PLAIN \
          " OR NOT i.part10) AND NOT EXISTS (SELECT FROM conversion f" \
          " WHERE (f.instance_id, f.target, f.codec_version, f.source_crc32) = (i.id, " PLAIN \
          ", $7::int, i.crc32)" \
          " AND f.deflated_size IS NOT NULL)"

static const struct db_statement ask_unmade = {
    "SELECT DISTINCT st.uid FROM instance i JOIN series se ON se.id = i.series_id JOIN study st ON st.id = se.study_id"
    " WHERE" UNMADE " AND st.uid > $8 ORDER BY st.uid LIMIT $4::bigint",
    8, 1, DB_ROWS};

static const struct db_statement count_unmade = {
    "SELECT count(*) FROM (SELECT FROM instance i WHERE" UNMADE " LIMIT $4::bigint) c", 7, 1,
    DB_ROWS};

/* Parameters as above, without the codec version: $7 the previous study. */
static const struct db_statement ask_made = {
    "SELECT DISTINCT st.uid FROM instance i JOIN series se ON se.id = i.series_id JOIN study st ON st.id = se.study_id"
    " WHERE" RANGE " AND (i.transfer_syntax <> " PLAIN
    " OR NOT i.part10 OR i.deflated_size <= i.size - i.size / 10)"
    " AND st.uid > $7 ORDER BY st.uid LIMIT $4::bigint",
    7, 1, DB_ROWS};

static const struct db_statement ask_unknown = {
    "SELECT f.ord, o.kind IS NOT NULL FROM json_populate_recordset(NULL::incoming, $2::json) f"
    " LEFT JOIN LATERAL (SELECT i.id FROM instance i WHERE (i.root, i.path) = ($1, f.path) LIMIT 1) i ON true"
    " LEFT JOIN LATERAL (SELECT o.kind, o.sop_uid, o.size, o.mtime_ns FROM other_file o"
    " WHERE (o.root, o.path) = ($1, f.path) LIMIT 1) o ON true"
    " WHERE i.id IS NULL"
    " AND (o.kind IS NULL OR o.sop_uid IS NULL AND (o.size, o.mtime_ns) <> (f.size, f.mtime_ns))"
    " ORDER BY f.ord",
    2, 2, DB_ROWS};

#define SETTINGS "SET LOCAL transaction_read_only = on; SET LOCAL enable_seqscan = off; "

int file_list_open(const char *conninfo, struct file_list **out, struct err *e)
{
    const struct db_setup setup = {conninfo, STATEMENT_MS, SETTINGS, schema_check, NULL};
    struct file_list *v = calloc(1, sizeof *v);

    *out = v;
    if (!v)
        return err_set(e, ERR_MEMORY, "no memory left for the catalogue");
    buf_init(&v->batch, WRITER_JSON_BYTES_MAX);
    if (db_open(&setup, &v->db, e) == 0)
        return 0;
    free(v);
    *out = NULL;
    return -1;
}

void file_list_close(struct file_list *v)
{
    if (!v)
        return;
    db_close(v->db);
    buf_release(&v->batch);
    free(v);
}

int file_list_check(struct file_list *v, struct err *e)
{
    return db_ready(v->db, e) ? -1 : schema_check(v->db, NULL, e);
}

struct files_shown {
    struct file_list *file_list;
    file_list_each *each;
    void *ctx;
};

static int file_list_show(void *ctx, struct db_row *r, struct err *e)
{
    const struct files_shown *s = ctx;
    struct file_list_file f = {.root = db_row_text(r, 0),
                               .path = db_row_path(r, 1, s->file_list->path)};

    f.size = (uint64_t)db_row_int(r, 2, 0, INT64_MAX);
    f.mtime_ns = db_row_int(r, 3, INT64_MIN, INT64_MAX);
    f.crc = (uint32_t)db_row_int(r, 4, 0, UINT32_MAX);
    f.study_uid = db_row_text(r, 5);
    f.series_uid = db_row_text(r, 6);
    f.sop_uid = db_row_text(r, 7);
    return r->bad ? 0 : s->each(s->ctx, &f, e);
}

/*
 * The bounds of the files at and beneath a path for statements with RANGE, and
 * the limit of rows.
 */
struct path_range {
    char itself[DB_ROW_PATH_TEXT_MAX], from[KEY_MAX], to[KEY_MAX], within[KEY_MAX], limit[24];
    const char *values[6];
};

static void set_range(struct path_range *g, const char *root, const char *path, const char *after,
                      uint64_t limit)
{
    char end[DB_ROW_PATH_MAX];

    db_row_path_text(path, g->itself);
    if (*path) {
        snprintf(g->within, sizeof g->within, "%s%02x", g->itself, '/');
        /* after all paths that start with the folder and a slash */
        snprintf(g->to, sizeof g->to, "%s%02x", g->itself, '/' + 1);
    } else {
        memset(end, 0xff, PATH_END_BYTES);
        end[PATH_END_BYTES] = '\0';
        db_row_path_text(end, g->to);
        db_row_path_text("", g->within);
    }
    if (*after) {
        db_row_path_text(after, g->from);
        memcpy(g->from + strlen(g->from), "00", 3); /* the next path */
    } else {
        memcpy(g->from, g->itself, sizeof g->itself);
    }
    snprintf(g->limit, sizeof g->limit, "%llu", (unsigned long long)limit);
    memcpy(g->values, (const char *[]){root, g->from, g->to, g->limit, g->itself, g->within},
           sizeof g->values);
}

int file_list_beneath(struct file_list *v, const struct file_list_page *page, file_list_each *each,
                      void *ctx, struct err *e)
{
    struct files_shown s = {v, each, ctx};
    struct path_range g;

    set_range(&g, page->root, page->path, page->after, page->limit);
    return db_query(v->db, &ask_beneath, g.values, file_list_show, &s, e);
}

int file_list_of_study(struct file_list *v, const char *study_uid,
                       const struct file_list_page *page, file_list_each *each, void *ctx,
                       struct err *e)
{
    struct files_shown s = {v, each, ctx};
    char key[DB_ROW_PATH_TEXT_MAX], most[16];

    db_row_path_text(page->after, key);
    snprintf(most, sizeof most, "%u", page->limit);
    return db_query(v->db, &ask_study, (const char *[]){study_uid, page->root, key, most},
                    file_list_show, &s, e);
}

struct sums {
    uint64_t *files, *bytes;
};

static int take_sums(void *ctx, struct db_row *r, struct err *e)
{
    const struct sums *s = ctx;

    (void)e;
    *s->files = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    *s->bytes = (uint64_t)db_row_int(r, 1, 0, INT64_MAX);
    return 0;
}

int file_list_count_beneath(struct file_list *v, const char *root, const char *path,
                            uint64_t *files, uint64_t *bytes, struct err *e)
{
    struct sums s = {files, bytes};
    struct path_range g;

    set_range(&g, root, path, "", INT64_MAX);
    return db_query(v->db, &count_beneath, g.values, take_sums, &s, e);
}

int file_list_count_study(struct file_list *v, const char *study_uid, uint64_t *files,
                          uint64_t *bytes, struct err *e)
{
    struct sums s = {files, bytes};

    return db_query(v->db, &count_study, (const char *[]){study_uid}, take_sums, &s, e);
}

struct naming {
    int (*each)(void *ctx, const char *study_uid, struct err *e);
    void *ctx;
};

static int file_list_show_study(void *ctx, struct db_row *r, struct err *e)
{
    const struct naming *n = ctx;

    return n->each(n->ctx, db_row_text(r, 0), e);
}

int file_list_unconverted(struct file_list *v, const struct file_list_page *page,
                          uint32_t codec_version,
                          int (*each)(void *ctx, const char *study_uid, struct err *e), void *ctx,
                          struct err *e)
{
    struct naming n = {each, ctx};
    struct path_range g;
    char number[16];

    snprintf(number, sizeof number, "%u", codec_version);
    set_range(&g, page->root, page->path, "", page->limit);
    return db_query(v->db, &ask_unmade,
                    (const char *[]){g.values[0], g.values[1], g.values[2], g.values[3],
                                     g.values[4], g.values[5], number, page->after},
                    file_list_show_study, &n, e);
}

int file_list_computed(struct file_list *v, const struct file_list_page *page,
                       int (*each)(void *ctx, const char *study_uid, struct err *e), void *ctx,
                       struct err *e)
{
    struct naming n = {each, ctx};
    struct path_range g;

    set_range(&g, page->root, page->path, "", page->limit);
    return db_query(v->db, &ask_made,
                    (const char *[]){g.values[0], g.values[1], g.values[2], g.values[3],
                                     g.values[4], g.values[5], page->after},
                    file_list_show_study, &n, e);
}

static int file_list_take_count(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(uint64_t *)ctx = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    return 0;
}

int file_list_count_unconverted(struct file_list *v, const char *root, const char *path,
                                uint32_t codec_version, uint64_t *count, struct err *e)
{
    struct path_range g;
    char number[16];

    snprintf(number, sizeof number, "%u", codec_version);
    set_range(&g, root, path, "", INT64_MAX);
    return db_query(v->db, &count_unmade,
                    (const char *[]){g.values[0], g.values[1], g.values[2], g.values[3],
                                     g.values[4], g.values[5], number},
                    file_list_take_count, count, e);
}

struct unknown {
    void (*each)(void *ctx, size_t file, bool was_other);
    void *ctx;
    size_t count;
};

static int show_unknown(void *ctx, struct db_row *r, struct err *e)
{
    const struct unknown *s = ctx;
    size_t file = (size_t)db_row_int(r, 0, 0, (int64_t)s->count - 1);
    bool was_other = db_row_bool(r, 1);

    (void)e;
    if (!r->bad)
        s->each(s->ctx, file, was_other);
    return 0;
}

int file_list_unknown(struct file_list *v, const struct writer_batch *b,
                      void (*each)(void *ctx, size_t file, bool was_other), void *ctx,
                      struct err *e)
{
    struct unknown s = {each, ctx, b->count};

    buf_clear(&v->batch);
    if (writer_json_write(b, false, &v->batch, e))
        return -1;
    return db_query(v->db, &ask_unknown, (const char *[]){b->root, v->batch.data}, show_unknown, &s,
                    e);
}
