/* SPDX-License-Identifier: MIT */
#include "rights/replay.h"

#include <time.h>

#include "base/io.h"
#include "db/db.h"
#include "db/schema.h"

#define STATEMENT_MS 30000
#define POLL_NS 50000000
#define NAME_MAX_BYTES 64

/*
 * remote_apply has the record of this commit answered by every standby as soon
 * as it is replayed, synchronous or not. Without it they report their position
 * every wal_receiver_status_interval (10 s).
 */
static const struct db_statement mark = {
    "SET LOCAL synchronous_commit = remote_apply; SELECT pg_current_wal_insert_lsn(), txid_current()",
    0, 2, DB_ROWS};

/* Programs that only receive the log have no replay position. */
static const struct db_statement ask = {
    "SELECT count(*), count(*) FILTER (WHERE state IS NULL), count(*) FILTER (WHERE behind),"
    " coalesce(min(application_name) FILTER (WHERE behind), '')"
    " FROM (SELECT state, application_name, replay_lsn < $1::pg_lsn OR replay_lsn IS NULL AND state <> 'streaming' AS behind"
    " FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup') s",
    1, 4, DB_ROWS};

struct standbys {
    int64_t all, hidden, behind;
    char name[NAME_MAX_BYTES]; /* of one that is behind */
};

static int take_mark(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    snprintf(ctx, NAME_MAX_BYTES, "%s", db_row_text(r, 0));
    return 0;
}

static int take_standbys(void *ctx, struct db_row *r, struct err *e)
{
    struct standbys *s = ctx;

    (void)e;
    s->all = db_row_int(r, 0, 0, INT32_MAX);
    s->hidden = db_row_int(r, 1, 0, INT32_MAX);
    s->behind = db_row_int(r, 2, 0, INT32_MAX);
    snprintf(s->name, sizeof s->name, "%s", db_row_text(r, 3));
    return 0;
}

static int wait_until(struct db *db, const char *lsn, double end, const volatile sig_atomic_t *stop,
                      struct err *e)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    struct standbys s = {0};

    while (!*stop) {
        if (db_query(db, &ask, (const char *[]){lsn}, take_standbys, &s, e))
            return -1;
        if (s.hidden)
            return err_set(
                e, ERR_CONFIG,
                "this account may not see how far the standbys are: GRANT pg_read_all_stats TO it");
        if (s.all == 0)
            return err_set(e, ERR_CONFIG,
                           "no standby is connected to the database server: nothing to wait for");
        if (s.behind == 0)
            return 0;
        if (io_now() > end)
            return err_set(
                e, ERR_AWAY,
                "%lld of %lld standbys (%s) have not replayed %s: is replay paused, or a long query"
                " in its way?",
                (long long)s.behind, (long long)s.all, s.name, lsn);
        nanosleep(&pause, NULL);
    }
    return 0;
}

int replay_wait(const char *conninfo, unsigned seconds, const volatile sig_atomic_t *stop,
                struct err *e)
{
    const struct db_setup setup = {conninfo, STATEMENT_MS, NULL, schema_check, NULL};
    double end = io_now() + seconds;
    char lsn[NAME_MAX_BYTES] = "";
    struct db *db;
    int rc;

    if (db_open(&setup, &db, e))
        return -1;
    rc = db_query(db, &mark, NULL, take_mark, lsn, e) || wait_until(db, lsn, end, stop, e) ? -1 : 0;
    db_close(db);
    return rc;
}
