/* SPDX-License-Identifier: MIT */
#include "rights/links.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "catalog/catalog_db.h"
#include "rights/bound_profile.h"

static const struct db_statement find_link = {
    "SELECT id, label, coalesce(passcode, ''), wrong_tries, max_downloads IS NOT NULL, extract(epoch FROM expires)::bigint,"
    " extract(epoch FROM now() - expires)::bigint, transfer_syntax, dicomdir::int, CASE WHEN revoked IS NOT NULL THEN 3"
    " WHEN expires <= now() THEN 2 WHEN downloads >= max_downloads THEN 4 ELSE 1 END, (max_downloads IS NOT NULL)::int,"
    " creator, creator_groups, profile, coalesce(archive_etag, ''), coalesce(encode(archive_sha256, 'hex'), ''),"
    " coalesce(encode(archive_sha256, 'base64'), '') FROM wadozip.link WHERE token_sha256 = decode($1, 'hex')",
    1, 17, DB_ROWS};

static const struct db_statement take_try = {
    "UPDATE wadozip.link SET wrong_tries = wrong_tries + 1 WHERE id = $1::bigint AND wrong_tries < 5 RETURNING 1",
    1, 1, DB_ROWS};

static const struct db_statement give_back = {
    "UPDATE wadozip.link SET wrong_tries = wrong_tries - 1 WHERE id = $1::bigint AND wrong_tries > 0",
    1, 0, DB_ROWS};

static const struct db_statement count_download = {
    "UPDATE wadozip.link SET downloads = downloads + 1 WHERE id = $1::bigint", 1, 0, DB_ROWS};

static const struct db_statement record_digest = {
    "UPDATE wadozip.link SET archive_etag = $2, archive_sha256 = decode($3, 'hex') WHERE id = $1::bigint",
    3, 0, DB_ROWS};

static const struct db_statement sum_contents = {
    "SELECT count(DISTINCT se.study_id), count(*), coalesce(sum(i.n), 0), coalesce(sum(i.bytes), 0),"
    " coalesce((SELECT uid::text FROM wadozip.study WHERE id = min(se.study_id)), '') FROM series se CROSS JOIN LATERAL"
    " (SELECT count(*) AS n, sum(size) AS bytes FROM wadozip.instance WHERE series_id = se.id) i"
    " WHERE se.study_id IN (SELECT id FROM study)",
    0, 5, DB_ROWS};

static const struct db_statement add_link = {
    "SELECT add_link(decode($1, 'hex'), $2::text[], $3, $4, $5, $6::bigint, $7, nullif($8, '0')::int, $9, $10::bool)",
    10, 1, DB_ROWS};

static const struct db_statement revoke_link = {
    "WITH ended AS (DELETE FROM grant_ WHERE who = 'link:' || $1)"
    " UPDATE link SET revoked = coalesce(revoked, now()) WHERE id = $1::bigint RETURNING id",
    1, 1, DB_ROWS};

static const struct db_statement list_links = {
    "SELECT id, " LINKS_STATE ","
    " to_char(expires AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI\"Z\"'),"
    " coalesce((SELECT string_agg(g.what, ', ' ORDER BY g.id) FROM grant_ g WHERE g.who = 'link:' || l.id"
    " AND g.parent IS NULL), '-'), CASE WHEN passcode IS NULL THEN '-' ELSE wrong_tries || ' wrong' END,"
    " downloads || coalesce(' of ' || max_downloads, ''), coalesce(nullif(creator, ''), '-'), label FROM link l ORDER BY id",
    0, LINKS_COLUMNS, DB_ROWS};

int links_digest(const char *token, char out[LINKS_DIGEST], struct err *e)
{
    uint8_t sum[SHA256_BYTES];

    if (sha256_bytes(token, strlen(token), sum, e))
        return -1;
    hex_write(out, sum, sizeof sum);
    return 0;
}

static int take_link(void *ctx, struct db_row *r, struct err *e)
{
    struct link *l = ctx;

    (void)e;
    l->id = (uint64_t)db_row_int(r, 0, 1, INT64_MAX);
    db_row_copy(r, 1, l->label, sizeof l->label);
    db_row_copy(r, 2, l->passcode, sizeof l->passcode);
    l->locked = db_row_int(r, 3, 0, LINKS_TRIES) == LINKS_TRIES;
    l->expires = db_row_int(r, 5, 0, INT64_MAX);
    l->ago = db_row_int(r, 6, INT64_MIN, INT64_MAX);
    db_row_copy(r, 7, l->transfer_syntax, sizeof l->transfer_syntax);
    l->dicomdir = db_row_int(r, 8, 0, 1) != 0;
    l->state = (enum link_state)db_row_int(r, 9, LINK_VALID, LINK_USED_UP);
    l->counted = db_row_int(r, 10, 0, 1) != 0;
    db_row_copy(r, 11, l->creator, sizeof l->creator);
    db_row_copy(r, 12, l->groups, sizeof l->groups);
    db_row_copy(r, 13, l->profile, sizeof l->profile);
    db_row_copy(r, 14, l->archive.etag, sizeof l->archive.etag);
    db_row_copy(r, 15, l->archive.hex, sizeof l->archive.hex);
    db_row_copy(r, 16, l->archive.base64, sizeof l->archive.base64);
    return 0;
}

int links_find(struct catalog *c, const char *token, struct link *out, struct err *e)
{
    char hash[LINKS_DIGEST];

    *out = (struct link){.state = LINK_UNKNOWN};
    if (links_digest(token, hash, e))
        return -1;
    return db_query(catalog_db(c), &find_link, (const char *[]){hash}, take_link, out, e);
}

static int note_link_change(void *ctx, struct db_row *r, struct err *e)
{
    (void)r, (void)e;
    *(bool *)ctx = true;
    return 0;
}

static int change_link(struct db *db, const struct db_statement *st, uint64_t id, bool *done,
                       struct err *e)
{
    char number[24];

    *done = false;
    snprintf(number, sizeof number, "%llu", (unsigned long long)id);
    return db_query_once(db, st, (const char *[]){number}, note_link_change, done, e);
}

int links_take_try(struct catalog *c, uint64_t id, bool *taken, struct err *e)
{
    return change_link(catalog_db(c), &take_try, id, taken, e);
}

int links_give_back(struct catalog *c, uint64_t id, struct err *e)
{
    bool done;

    return change_link(catalog_db(c), &give_back, id, &done, e);
}

int links_count(struct catalog *c, uint64_t id, struct err *e)
{
    bool done;

    return change_link(catalog_db(c), &count_download, id, &done, e);
}

int links_record_digest(struct catalog *c, uint64_t id, const char *etag, const char *hex,
                        struct err *e)
{
    char number[24];

    snprintf(number, sizeof number, "%llu", (unsigned long long)id);
    return db_query_once(catalog_db(c), &record_digest, (const char *[]){number, etag, hex}, NULL,
                         NULL, e);
}

static int take_contents(void *ctx, struct db_row *r, struct err *e)
{
    struct link_contents *l = ctx;

    (void)e;
    l->studies = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    l->series = (uint64_t)db_row_int(r, 1, 0, INT64_MAX);
    l->instances = (uint64_t)db_row_int(r, 2, 0, INT64_MAX);
    l->bytes = (uint64_t)db_row_int(r, 3, 0, INT64_MAX);
    db_row_copy(r, 4, l->study, sizeof l->study);
    return 0;
}

int links_contents(struct catalog *c, struct link_contents *out, struct err *e)
{
    *out = (struct link_contents){.study = ""};
    return db_query(catalog_db(c), &sum_contents, NULL, take_contents, out, e);
}

int links_put_things(struct buf *b, const struct link_things *t, struct err *e)
{
    buf_str(b, "{");
    for (size_t i = 0; i < t->count; i++) {
        buf_str(b, i ? ",\"" : "\"");
        for (const char *s = t->of[i]; *s; s++) {
            if (*s == '"' || *s == '\\')
                buf_str(b, "\\");
            buf_add(b, s, 1);
        }
        buf_str(b, "\"");
    }
    buf_str(b, "}");
    return buf_check(b, "the contents of a link", e);
}

static int take_new_link(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(uint64_t *)ctx = (uint64_t)db_row_int(r, 0, 1, INT64_MAX);
    return 0;
}

int links_values(const struct link_wish *w, struct link_values *v, struct err *e)
{
    buf_init(&v->things, LINKS_THINGS_MAX);
    snprintf(v->seconds, sizeof v->seconds, "%llu", (unsigned long long)w->seconds);
    snprintf(v->most, sizeof v->most, "%llu", (unsigned long long)w->max_downloads);
    if (links_digest(w->token, v->hash, e))
        return -1;
    return links_put_things(&v->things, w->things, e);
}

int links_add(struct db *db, const struct link_wish *w, uint64_t *id, struct err *e)
{
    struct link_values v;
    int rc = links_values(w, &v, e);

    if (rc == 0)
        rc = bound_profile_check(db, v.things.data, w->profile, e);
    if (rc == 0) {
        const char *const values[] = {v.hash,
                                      v.things.data,
                                      w->label,
                                      w->creator,
                                      w->profile,
                                      v.seconds,
                                      w->passcode,
                                      v.most,
                                      w->transfer_syntax,
                                      w->dicomdir ? "true" : "false"};

        rc = db_query_once(db, &add_link, values, take_new_link, id, e);
    }
    buf_release(&v.things);
    return rc;
}

int links_revoke(struct db *db, uint64_t id, bool *found, struct err *e)
{
    return change_link(db, &revoke_link, id, found, e);
}

int links_list(struct db *db, db_each *each, void *ctx, struct err *e)
{
    return db_query(db, &list_links, NULL, each, ctx, e);
}
