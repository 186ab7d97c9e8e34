/* SPDX-License-Identifier: MIT */
#include "catalog/writer.h"

#include "base/buf.h"
#include "db/db.h"
#include "db/schema.h"
#include "catalog/writer_json.h"

#define STATEMENT_MS 600000 /* enough for a batch that waits for other writers on a slow disk */
#define PATH_END_BYTES 4096 /* bytes FF that sort after every path */

struct writer {
    struct db *db;
    struct buf batch;
};

static const struct db_statement ask_known = {"SELECT * FROM known($1, $2::json, $3, $4::bool,"
                                              " $5::bool)", 5, 5, DB_ROWS};
static const struct db_statement do_ingest = {"SELECT * FROM ingest($1::json)", 1, 5, DB_ROWS};
static const struct db_statement do_vanish = {"SELECT * FROM vanish($1::json)", 1, 5, DB_ROWS};
static const struct db_statement do_forget = {"SELECT forget($1)", 1, 1, DB_ROWS};

static const struct db_statement ask_incomplete = {
    "SELECT study_uid, refused, conflicts FROM incomplete_study ORDER BY study_uid NULLS LAST", 0,
    3, DB_ROWS};

/* Two ranges of the index (root, path), merged. */
static const struct db_statement ask_beneath = {
    "(SELECT path FROM instance WHERE root = $1 AND path > $2::bytea AND path < $3::bytea ORDER BY path LIMIT $4::int)"
    " UNION ALL "
    "(SELECT path FROM other_file WHERE root = $1 AND path > $2::bytea AND path < $3::bytea"
    " ORDER BY path LIMIT $4::int)"
    " ORDER BY path LIMIT $4::int",
    4, 1, DB_ROWS};

/*
 * Batches do not wait for the disk. The next run indexes what a power failure
 * loses. See writer_sync().
 */
#define SETTINGS "SET LOCAL synchronous_commit = off; "

int writer_open(const char *conninfo, struct writer **out, struct err *e)
{
    const struct db_setup setup = {conninfo, STATEMENT_MS, SETTINGS, schema_check, NULL};
    struct writer *w = calloc(1, sizeof *w);

    *out = w;
    if (!w)
        return err_set(e, ERR_MEMORY, "no memory left for the catalogue");
    buf_init(&w->batch, WRITER_JSON_BYTES_MAX);
    if (db_open(&setup, &w->db, e) == 0)
        return 0;
    free(w);
    *out = NULL;
    return -1;
}

void writer_close(struct writer *w)
{
    if (!w)
        return;
    db_close(w->db);
    buf_release(&w->batch);
    free(w);
}

int writer_check(struct writer *w, struct err *e)
{
    return db_ready(w->db, e) ? -1 : schema_check(w->db, NULL, e);
}

struct verdicts_shown {
    writer_each *each;
    void *ctx;
    size_t count;
    char path[DB_ROW_PATH_MAX];
};

static int writer_show(void *ctx, struct db_row *r, struct err *e)
{
    struct verdicts_shown *s = ctx;
    struct writer_verdict v = {.reason = db_row_text(r, 2), .kept_root = db_row_text(r, 3)};

    v.kept_path = db_row_path(r, 4, s->path);
    v.file = (size_t)db_row_int(r, 0, 0, s->count ? (int64_t)s->count - 1 : 0);
    if (!writer_outcome_parse(db_row_text(r, 1), &v.outcome))
        return err_set(e, ERR_DATA, "the database knows an outcome \"%s\"", db_row_text(r, 1));
    if (!r->bad)
        s->each(s->ctx, &v);
    return 0;
}

int writer_known(struct writer *w, const struct writer_batch *b, const struct writer_needs *needs,
                 writer_each *each, void *ctx, struct err *e)
{
    struct verdicts_shown s = {.each = each, .ctx = ctx, .count = b->count};
    const char *sha256 = needs->sha256 ? "true" : "false",
               *pixels = needs->pixels ? "true" : "false";

    buf_clear(&w->batch);
    if (writer_json_write(b, false, &w->batch, e))
        return -1;
    return db_query(w->db, &ask_known,
                    (const char *[]){b->root, w->batch.data, needs->compressor, pixels, sha256},
                    writer_show, &s, e);
}

int writer_ingest(struct writer *w, const struct writer_batch *b, writer_each *each, void *ctx,
                  struct err *e)
{
    struct verdicts_shown s = {.each = each, .ctx = ctx, .count = b->count};

    buf_clear(&w->batch);
    if (writer_json_write(b, true, &w->batch, e))
        return -1;
    return db_query(w->db, &do_ingest, (const char *[]){w->batch.data}, writer_show, &s, e);
}

int writer_vanish(struct writer *w, const struct writer_paths *p, writer_each *each, void *ctx,
                  struct err *e)
{
    struct verdicts_shown s = {.each = each, .ctx = ctx, .count = p->count};
    char path[DB_ROW_PATH_TEXT_MAX];

    buf_clear(&w->batch);
    buf_str(&w->batch, "[");
    for (size_t i = 0; i < p->count; i++) {
        db_row_path_text(p->paths[i], path);
        /* The text of a path begins with a backslash, which JSON needs twice.
         */
        buf_printf(&w->batch, "%s{\"ord\":%zu,\"root\":\"%s\",\"path\":\"\\", i ? "," : "", i,
                   p->root);
        buf_str(&w->batch, path);
        buf_str(&w->batch, "\"}");
    }
    buf_str(&w->batch, "]");
    if (buf_check(&w->batch, "a batch of paths", e))
        return -1;
    return db_query(w->db, &do_vanish, (const char *[]){w->batch.data}, writer_show, &s, e);
}

struct paths_shown {
    int (*each)(void *ctx, const char *path, struct err *e);
    void *ctx;
};

static int show_path(void *ctx, struct db_row *r, struct err *e)
{
    const struct paths_shown *s = ctx;
    char path[DB_ROW_PATH_MAX];

    db_row_path(r, 0, path);
    return r->bad ? 0 : s->each(s->ctx, path, e);
}

int writer_beneath(struct writer *w, const struct writer_page *page,
                   int (*each)(void *ctx, const char *path, struct err *e), void *ctx,
                   struct err *e)
{
    struct paths_shown s = {each, ctx};
    char from[DB_ROW_PATH_TEXT_MAX], to[DB_ROW_PATH_TEXT_MAX], path[DB_ROW_PATH_MAX + 1], most[16];

    snprintf(path, sizeof path, "%s%s", page->folder, *page->folder ? "/" : "");
    db_row_path_text(*page->after ? page->after : path, from);
    if (*page->folder)
        path[strlen(path) - 1] = '/' + 1; /* the first path after those that start with the folder
                                           * and a slash */
    else
        memset(path, 0xff, PATH_END_BYTES), path[PATH_END_BYTES] = '\0';
    db_row_path_text(path, to);
    snprintf(most, sizeof most, "%u", page->limit);
    return db_query(w->db, &ask_beneath, (const char *[]){page->root, from, to, most}, show_path,
                    &s, e);
}

struct incomplete {
    writer_study *each;
    void *ctx;
};

static int show_incomplete(void *ctx, struct db_row *r, struct err *e)
{
    const struct incomplete *i = ctx;
    int64_t refused = db_row_int(r, 1, 0, INT64_MAX), conflicts = db_row_int(r, 2, 0, INT64_MAX);

    (void)e;
    if (!r->bad)
        i->each(i->ctx, db_row_text(r, 0), (uint64_t)refused, (uint64_t)conflicts);
    return 0;
}

int writer_incomplete(struct writer *w, writer_study *each, void *ctx, struct err *e)
{
    struct incomplete i = {each, ctx};

    return db_query(w->db, &ask_incomplete, NULL, show_incomplete, &i, e);
}

static int writer_take_count(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(uint64_t *)ctx = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    return 0;
}

int writer_forget(struct writer *w, const char *study_uid, uint64_t *instances, struct err *e)
{
    if (db_query_once(w->db, &do_forget, (const char *[]){study_uid}, writer_take_count, instances,
                      e))
        return -1;
    if (*instances == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no study %s", study_uid);
    return writer_sync(w, e);
}

int writer_sync(struct writer *w, struct err *e)
{
    /* A transaction that writes and waits also flushes all earlier ones. */
    return db_script(
        w->db,
        "BEGIN; SET LOCAL synchronous_commit = on;"
        " UPDATE root SET name = name WHERE name = (SELECT min(name) FROM root); COMMIT",
        NULL, NULL, e);
}
