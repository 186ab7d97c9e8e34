/* SPDX-License-Identifier: MIT */
#include "rights/links_share.h"

#include <string.h>

#include "base/num.h"
#include "catalog/catalog_db.h"
#include "rights/bound_profile.h"

static const struct db_statement find_missing = {
    "SELECT t, count(*) OVER () FROM unnest($1::text[]) t"
    " WHERE NOT EXISTS (SELECT FROM reached(substr(t, 7)) WHERE t LIKE 'study %')"
    " AND NOT EXISTS (SELECT FROM reached_series(substr(t, 8)) WHERE t LIKE 'series %')"
    " AND NOT EXISTS (SELECT FROM collection WHERE id = substr(t, 12) AND t LIKE 'collection %') LIMIT 10",
    1, 2, DB_ROWS};

static const struct db_statement find_own_grant = {
    "SELECT 1 FROM wadozip_granted.own_grant LIMIT 1", 0, 1, DB_ROWS};

static const struct db_statement share_link = {
    "SELECT link_id, until FROM wadozip.share_link(decode($1, 'hex'), $2::text[], $3, $4, $5, $6, $7::bigint, $8,"
    " nullif($9, '0')::int, $10, $11::bool, $12)",
    12, 2, DB_ROWS};

static const struct db_statement unshare_link = {
    "SELECT wadozip.unshare_link($1::bigint, $2, $3)::int", 3, 1, DB_ROWS};

static const struct db_statement list_own_links = {
    "SELECT json_build_object('link', id, 'state', " LINKS_STATE ", 'label', label,"
    " 'created', to_char(created AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
    " 'expires', to_char(expires AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
    " 'passcode', passcode IS NOT NULL, 'wrong_passcodes', wrong_tries, 'downloads', downloads,"
    " 'max_downloads', max_downloads, 'transfer_syntax', transfer_syntax, 'dicomdir', dicomdir, 'deidentify', profile,"
    " 'contents', coalesce((SELECT json_agg(g.what ORDER BY g.id) FROM wadozip.grant_ g"
    " WHERE g.who = 'link:' || l.id AND g.parent IS NULL), '[]'))"
    " FROM wadozip.link l WHERE creator = $1 ORDER BY id DESC LIMIT 1000",
    1, 1, DB_ROWS};

struct missing_things {
    struct buf *text;
    uint64_t *all;
};

static int add_missing(void *ctx, struct db_row *r, struct err *e)
{
    struct missing_things *m = ctx;

    buf_printf(m->text, "%s%s", m->text->len ? ", " : "", db_row_text(r, 0));
    *m->all = (uint64_t)db_row_int(r, 1, 1, INT64_MAX);
    return buf_check(m->text, "unknown UIDs", e);
}

int links_share_missing(struct catalog *c, const struct link_things *t, struct buf *missing,
                        uint64_t *all, struct err *e)
{
    struct missing_things m = {missing, all};
    struct buf things;
    int rc;

    *all = 0;
    buf_init(&things, LINKS_THINGS_MAX);
    rc = links_put_things(&things, t, e);
    if (rc == 0)
        rc = db_query(catalog_db(c), &find_missing, (const char *[]){things.data}, add_missing, &m,
                      e);
    buf_release(&things);
    return rc;
}

static int note_share(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(bool *)ctx = db_row_int(r, 0, 0, 1) != 0;
    return 0;
}

int links_share_granted(struct catalog *c, bool *may, struct err *e)
{
    *may = false;
    return db_query(catalog_db(c), &find_own_grant, NULL, note_share, may, e);
}

struct shared_link {
    uint64_t *id;
    char *until;
};

static int take_shared(void *ctx, struct db_row *r, struct err *e)
{
    const struct shared_link *s = ctx;

    (void)e;
    *s->id = (uint64_t)db_row_int(r, 0, 1, INT64_MAX);
    db_row_copy(r, 1, s->until, LINKS_SHARE_UNTIL);
    return 0;
}

int links_share_add(struct catalog *c, const struct links_share *s, uint64_t *id,
                    char until[LINKS_SHARE_UNTIL], struct err *e)
{
    const struct link_wish *w = &s->wish;
    struct shared_link made = {id, until};
    struct link_values v;
    int rc = links_values(w, &v, e);

    if (rc == 0)
        rc = bound_profile_check(catalog_db(c), v.things.data, w->profile, e);
    if (rc == 0) {
        const char *const values[] = {v.hash,
                                      v.things.data,
                                      w->label,
                                      w->creator,
                                      s->groups,
                                      w->profile,
                                      v.seconds,
                                      w->passcode,
                                      v.most,
                                      w->transfer_syntax,
                                      w->dicomdir ? "true" : "false",
                                      s->who};

        rc = db_query_once(catalog_db(c), &share_link, values, take_shared, &made, e);
    }
    buf_release(&v.things);
    return rc;
}

int links_share_revoke(struct catalog *c, const char *id, const char *creator, const char *who,
                       bool *found, struct err *e)
{
    *found = false;
    return db_query_once(catalog_db(c), &unshare_link, (const char *[]){id, creator, who},
                         note_share, found, e);
}

static int add_own_link(void *ctx, struct db_row *r, struct err *e)
{
    struct buf *out = ctx;

    buf_printf(out, "%s%s", out->len ? "," : "", db_row_text(r, 0));
    return buf_check(out, "the links of a user", e);
}

int links_share_list(struct catalog *c, const char *creator, struct buf *out, struct err *e)
{
    return db_query(catalog_db(c), &list_own_links, (const char *[]){creator}, add_own_link, out,
                    e);
}
