/* SPDX-License-Identifier: MIT */
#include "catalog/collection.h"

#include <string.h>

#include "catalog/catalog_db.h"
#include "catalog/find_sql.h"

#define COLUMNS \
    "id, name, creator, to_char(created AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), studies, series," \
    " instances, bytes, crc_sum, extract(epoch FROM created) || ' ' || revision, profile"
#define COLUMN_COUNT 11

/* Planner settings of a look-up of one study would forbid the sorts and hashes
 * that thousands need. */
#define MANY "SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; "

#define OF_PART "collection_id = $1 AND place >= $2::int AND place < $3::int"

struct taking_collection {
    struct collection *out;
    collection_each *each;
    void *ctx;
    bool found;
};

bool collection_is_id(const char *text)
{
    return strlen(text) == COLLECTION_ID && strspn(text, "0123456789abcdef") == COLLECTION_ID;
}

static int take_collection(void *ctx, struct db_row *r, struct err *e)
{
    struct taking_collection *t = ctx;
    struct collection *c = t->out;

    snprintf(c->id, sizeof c->id, "%s", db_row_text(r, 0));
    snprintf(c->name, sizeof c->name, "%s", db_row_text(r, 1));
    snprintf(c->creator, sizeof c->creator, "%s", db_row_text(r, 2));
    snprintf(c->created, sizeof c->created, "%s", db_row_text(r, 3));
    c->studies = (uint64_t)db_row_int(r, 4, 1, INT32_MAX);
    c->series = (uint64_t)db_row_int(r, 5, 1, INT32_MAX);
    c->instances = (uint64_t)db_row_int(r, 6, 1, INT64_MAX);
    c->bytes = (uint64_t)db_row_int(r, 7, 0, INT64_MAX);
    c->crc_sum = (uint64_t)db_row_int(r, 8, 0, INT64_MAX);
    snprintf(c->state, sizeof c->state, "%s", db_row_text(r, 9));
    db_row_copy(r, 10, c->profile, sizeof c->profile);
    t->found = true;
    return t->each ? t->each(t->ctx, c, e) : 0;
}

static int report_none(const char *id, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is no collection %s", id);
}

int collection_read(struct catalog *c, const char *id, struct collection *out, struct err *e)
{
    static const struct db_statement ask = {"SELECT " COLUMNS " FROM collection WHERE id = $1", 1,
                                            COLUMN_COUNT, DB_ROWS};
    struct taking_collection t = {.out = out};

    if (db_query(catalog_db(c), &ask, (const char *[]){id}, take_collection, &t, e))
        return -1;
    return t.found ? 0 : report_none(id, e);
}

static int take_collection_profile(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    db_row_copy(r, 0, ctx, CONF_DEID_NAME_MAX + 1);
    return 0;
}

int collection_profile(struct catalog *c, const char *id, char out[CONF_DEID_NAME_MAX + 1],
                       struct err *e)
{
    static const struct db_statement ask = {"SELECT profile FROM wadozip.collection WHERE id = $1",
                                            1, 1, DB_ROWS};

    out[0] = '\0';
    return db_query(catalog_db(c), &ask, (const char *[]){id}, take_collection_profile, out, e);
}

int collection_list(struct catalog *c, collection_each *each, void *ctx, struct err *e)
{
    static const struct db_statement ask = {
        "SELECT " COLUMNS " FROM collection ORDER BY created, id", 0, COLUMN_COUNT, DB_ROWS};
    struct collection row;
    struct taking_collection t = {.out = &row, .each = each, .ctx = ctx};

    return db_query(catalog_db(c), &ask, NULL, take_collection, &t, e);
}

static int note_row(void *ctx, struct db_row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)ctx = true;
    return 0;
}

int collection_delete(struct catalog *c, const char *id, struct err *e)
{
    static const struct db_statement st = {"DELETE FROM collection WHERE id = $1 RETURNING 1", 1, 1,
                                           DB_ROWS};
    bool found = false;

    if (db_query(catalog_db(c), &st, (const char *[]){id}, note_row, &found, e))
        return -1;
    return found ? 0 : report_none(id, e);
}

struct taking_uids {
    collection_each_uid *each;
    void *ctx;
};

static int take_uid_row(void *ctx, struct db_row *r, struct err *e)
{
    const struct taking_uids *t = ctx;

    return t->each(t->ctx, db_row_text(r, 0), (uint64_t)db_row_int(r, 1, 0, INT64_MAX), e);
}

int collection_unknown(struct catalog *c, const char *uids, uint64_t most,
                       collection_each_uid *each, void *ctx, struct err *e)
{
    static const struct db_statement ask = {
        MANY
        "SELECT w.uid, count(*) OVER () FROM unnest($1::wadozip.uid[]) WITH ORDINALITY w (uid, n)"
        " WHERE NOT EXISTS (SELECT FROM reached(w.uid))"
        " AND NOT EXISTS (SELECT FROM reached_series(w.uid)) ORDER BY n LIMIT $2::bigint",
        2, 2, DB_ROWS};
    struct taking_uids t = {each, ctx};
    char limit[24];

    snprintf(limit, sizeof limit, "%llu", (unsigned long long)most);
    return db_query(catalog_db(c), &ask, (const char *[]){uids, limit}, take_uid_row, &t, e);
}

struct created {
    char id[COLLECTION_ID + 1];
    bool fresh;
};

static int take_created(void *ctx, struct db_row *r, struct err *e)
{
    struct created *made = ctx;

    (void)e;
    snprintf(made->id, sizeof made->id, "%s", db_row_text(r, 0));
    made->fresh = db_row_bool(r, 1);
    return 0;
}

int collection_create(struct catalog *c, const struct collection_wish *w, struct collection *out,
                      bool *fresh, struct err *e)
{
    static const struct db_statement st = {
        MANY
        "SELECT collection_id, fresh FROM collection_create(ARRAY("
        "SELECT se.id FROM unnest($1::wadozip.uid[]) w (uid) JOIN study st ON st.uid = w.uid JOIN series se"
        " ON se.study_id = st.id UNION SELECT se.id FROM unnest($1::wadozip.uid[]) w (uid) JOIN series se"
        " ON se.uid = w.uid), $2::text[], $3, $4, $5)",
        5, 2, DB_ROWS};
    const char *values[] = {w->uids, w->modalities, w->profile, w->name, w->creator};
    struct created made = {.fresh = false};

    if (db_query(catalog_db(c), &st, values, take_created, &made, e))
        return -1;
    if (!made.id[0])
        return err_set(e, ERR_UNPROCESSABLE, "none of the series is of these modalities");
    *fresh = made.fresh;
    return collection_read(c, made.id, out, e);
}

struct taking_series {
    collection_each_series *each;
    void *ctx;
};

static int take_series(void *ctx, struct db_row *r, struct err *e)
{
    const struct taking_series *t = ctx;
    const struct collection_series s = {.place = (uint32_t)db_row_int(r, 0, 1, INT32_MAX),
                                        .study_uid = db_row_text(r, 1),
                                        .series_uid = db_row_text(r, 2),
                                        .instances = (uint64_t)db_row_int(r, 3, 1, INT32_MAX),
                                        .bytes = (uint64_t)db_row_int(r, 4, 0, INT64_MAX)};

    return t->each(t->ctx, &s, e);
}

int collection_series(struct catalog *c, const char *id, collection_each_series *each, void *ctx,
                      struct err *e)
{
    static const struct db_statement ask = {
        "SELECT place, study_uid, series_uid, cardinality(uids), bytes FROM collection_series WHERE collection_id = $1"
        " ORDER BY place",
        1, 5, DB_ROWS};
    struct taking_series t = {each, ctx};

    return db_query(catalog_db(c), &ask, (const char *[]){id}, take_series, &t, e);
}

/* The text of a part's bounds as parameters. */
struct bounds {
    char first[16], end[16];
};

static struct bounds bounds_of(struct collection_part part)
{
    struct bounds b;

    snprintf(b.first, sizeof b.first, "%u", part.first);
    snprintf(b.end, sizeof b.end, "%u", part.end);
    return b;
}

int collection_broken(struct catalog *c, const char *id, struct collection_part part,
                      collection_each_uid *each, void *ctx, struct err *e)
{
    static const struct db_statement ask = {
        MANY
        "SELECT study_uid, count(*) FROM collection_series s CROSS JOIN LATERAL (SELECT count(*), sum(n.size) AS bytes,"
        " sum(n.crc32) AS crc_sum FROM unnest(s.uids) u (uid) JOIN wadozip.instance n ON n.uid = u.uid) found WHERE " OF_PART
        " AND (found.count, found.bytes, found.crc_sum) IS DISTINCT FROM (cardinality(s.uids), s.bytes, s.crc_sum)"
        " GROUP BY study_uid ORDER BY min(place)",
        3, 2, DB_ROWS};
    const struct bounds b = bounds_of(part);
    struct taking_uids t = {each, ctx};

    return db_query(catalog_db(c), &ask, (const char *[]){id, b.first, b.end}, take_uid_row, &t, e);
}

/* A row per series, as catalog_find() has, and then its instances. In a
 * restricted request the series of a collection are seen only if all of it may
 * be (sql/012), so instances are read without asking. */
#define FIND_COLLECTION \
    "SELECT r.* FROM (SELECT * FROM collection_series WHERE collection_id = $5 AND place >= $6::int AND place < $7::int" \
    " ORDER BY place OFFSET 0) s CROSS JOIN LATERAL (SELECT NULL, s.series_uid, s.modality," \
    " concat_ws(' ', s.number, 0, s.description), NULL::bytea, NULL::bytea, concat_ws(' ', s.study_uid," \
    " coalesce(nullif(left(replace(s.study_date, ' ', ''), 8), ''), '-'), s.patient, s.study," \
    " left(s.study_description, 64)) UNION ALL" \
    " (SELECT i.summary, " OTHER ", " LISTED ", NULL, NULL," \
    " CASE WHEN $8::bool THEN (SELECT d.sha256 FROM digest d WHERE (d.instance_id, d.crc32) = (i.id, i.crc32)) END," \
    " NULL FROM (SELECT n.* FROM unnest(s.uids) u (uid) JOIN wadozip.instance n ON n.uid = u.uid ORDER BY n.number, n.uid" \
    " OFFSET 0) i)) r LIMIT $3::bigint"

/* Totals of instances, frozen or found. */
struct frozen_sum {
    uint64_t instances, bytes, crc;
};

static int take_sum(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(struct frozen_sum *)ctx = (struct frozen_sum){(uint64_t)db_row_int(r, 0, 0, INT64_MAX),
                                                    (uint64_t)db_row_int(r, 1, 0, INT64_MAX),
                                      (uint64_t)db_row_int(r, 2, 0, INT64_MAX)};
    return 0;
}

static int read_sum(struct catalog *c, const char *id, const struct bounds *b,
                    struct frozen_sum *out, struct err *e)
{
    static const struct db_statement ask = {
        "SELECT coalesce(sum(cardinality(uids)), 0), coalesce(sum(bytes), 0), coalesce(sum(crc_sum), 0)"
        " FROM collection_series WHERE " OF_PART,
        3, 3, DB_ROWS};

    *out = (struct frozen_sum){0};
    return db_query(catalog_db(c), &ask, (const char *[]){id, b->first, b->end}, take_sum, out, e);
}

struct summing {
    int (*each)(void *ctx, const struct instance *i, struct err *e);
    void *ctx;
    struct frozen_sum found;
};

static int pass_on(void *ctx, const struct instance *i, struct err *e)
{
    struct summing *s = ctx;

    s->found.instances++;
    s->found.bytes += i->size;
    s->found.crc += i->crc;
    return s->each(s->ctx, i, e);
}

#define NAMED_MAX 5 /* studies in the text of an error */

struct broken_studies {
    const struct collection_visitor *to;
    char text[NAMED_MAX * 66 + 16];
    size_t len, count;
};

static int name_study(void *ctx, const char *study, uint64_t series, struct err *e)
{
    struct broken_studies *n = ctx;
    char uid[UID_MAX + 1];

    (void)series;
    snprintf(uid, sizeof uid, "%s", study);
    if (n->to->shown && n->to->shown(n->to->ctx, study, uid, e))
        return -1;
    if (n->count++ < NAMED_MAX)
        n->len += (size_t)snprintf(n->text + n->len, sizeof n->text - n->len, "%s%s",
                                   n->len ? ", " : "", uid);
    else if (n->count == NAMED_MAX + 1)
        snprintf(n->text + n->len, sizeof n->text - n->len, " and others");
    return 0;
}

static int report_broken(struct catalog *c, const char *id, struct collection_part part,
                         const struct collection_visitor *to, struct err *e)
{
    struct broken_studies n = {.to = to};

    if (collection_broken(c, id, part, name_study, &n, e))
        return -1;
    return err_set(
        e, ERR_GONE,
        "the collection is not complete any more: images were removed or have changed of study %s",
        n.count ? n.text : "that is just being changed");
}

int collection_find(struct catalog *c, const char *id, struct collection_part part,
                    const struct catalog_query *q, const struct collection_visitor *to,
                    struct err *e)
{
    static const struct db_statement find = {FIND_COLLECTION, 8, 7, DB_COPY};
    const struct bounds b = bounds_of(part);
    struct catalog_find_values v;
    const char *values[CATALOG_FIND_VALUES + 4] = {
        [CATALOG_FIND_VALUES] = id, b.first, b.end, q->digests ? "true" : "false"};
    struct summing s = {.each = to->each, .ctx = to->ctx};
    struct frozen_sum frozen;
    uint64_t count;
    const struct catalog_finding f = {q, pass_on, &s, &count, true};

    catalog_find_values(q, &v, values);
    if (read_sum(c, id, &b, &frozen, e) || catalog_find_rows(c, &find, values, &f, e))
        return -1;
    if (!frozen.instances)
        return err_set(e, ERR_NOT_FOUND, "there is no such collection, or it has no such part");
    if (s.found.instances != frozen.instances || s.found.bytes != frozen.bytes ||
        s.found.crc != frozen.crc)
        return report_broken(c, id, part, to, e);
    return 0;
}
