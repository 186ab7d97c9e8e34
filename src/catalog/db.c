#include "catalog/db.h"

#include <errno.h>
#include <libpq-fe.h>

#include "base/log.h"

#define CONNECT_SECONDS "5"      /* unless the connection string or PGCONNECT_TIMEOUT says otherwise */
#define DEAD_PEER_MS "60000"     /* a server that answers nothing any more is given up after this time */
#define SQLSTATE_CONNECTION "08"
#define SQLSTATE_SHUTDOWN "57P"

struct db {
    char *conninfo;
    unsigned statement_ms;
    int (*greet)(struct db *db, void *ctx, struct err *e);
    void *greet_ctx;
    PGconn *conn;
    bool greeting; /* inside greet: a break is not mended there */
    const struct db_statement *prepared[DB_STATEMENTS_MAX];
    size_t prepared_count;
};

int db_open(const struct db_setup *s, struct db **out, struct err *e)
{
    struct db *db = calloc(1, sizeof *db);

    *out = db;
    if (!db || !(db->conninfo = strdup(s->conninfo))) {
        free(db);
        *out = NULL;
        return err_set(e, ERR_MEMORY, "no memory left for a database connection");
    }
    db->statement_ms = s->statement_ms;
    db->greet = s->greet;
    db->greet_ctx = s->ctx;
    return 0;
}

static void disconnect(struct db *db)
{
    PQfinish(db->conn);
    db->conn = NULL;
    db->prepared_count = 0;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    disconnect(db);
    free(db->conninfo);
    free(db);
}

/* What the operator can do about it decides the kind; the codes are those of PostgreSQL's appendix A. */
static enum err_kind kind_of(const char *state)
{
    static const struct {
        const char *prefix;
        enum err_kind kind;
    } table[] = {
        {"08", ERR_AWAY},      /* connection exception */
        {"57P", ERR_AWAY},     /* server shuts down or starts up */
        {"57014", ERR_AWAY},   /* statement timeout */
        {"53", ERR_AWAY},      /* out of disk, memory, connections */
        {"40", ERR_AWAY},      /* rolled back */
        {"55P03", ERR_AWAY},   /* lock timeout */
        {"25006", ERR_CONFIG}, /* read-only server */
        {"28", ERR_CONFIG},    /* not authorized */
        {"3D", ERR_CONFIG},    /* no such database */
        {"3F", ERR_CONFIG},    /* no such schema */
        {"42", ERR_CONFIG},    /* no such table, no such right */
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strncmp(state, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].kind;
    return ERR_DATA;
}

/* libpq's messages end with a line break and may go on with details. */
static int fail(struct db *db, const PGresult *result, struct err *e)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    bool broken = !db->conn || PQstatus(db->conn) != CONNECTION_OK;

    if (e->kind != ERR_NONE)
        return -1;
    if (!text)
        text = db->conn ? PQerrorMessage(db->conn) : "no connection";
    err_set(e, broken ? ERR_AWAY : state ? kind_of(state) : ERR_AWAY, "the database: %.*s",
            (int)strcspn(text, "\n"), text);
    if (state)
        snprintf(e->sqlstate, sizeof e->sqlstate, "%s", state);
    return -1;
}

static void notice(void *ctx, const char *text)
{
    (void)ctx;
    log_debug("the database: %s", text);
}

static int pin(struct db *db, struct err *e)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SET search_path = wadozip, pg_temp; SET statement_timeout = %u; SET timezone = 'UTC'",
             db->statement_ms);
    return db_script(db, sql, NULL, NULL, e);
}

static int connect_now(struct db *db, struct err *e)
{
    /* What stands before dbname is a default that the connection string overrides; what stands behind is not. */
    const char *keys[] = {"fallback_application_name", "keepalives_idle", "tcp_user_timeout", "connect_timeout",
                          "dbname", "client_encoding", NULL};
    const char *values[] = {program_invocation_short_name, "60", DEAD_PEER_MS,
                            getenv("PGCONNECT_TIMEOUT") ? "" : CONNECT_SECONDS, db->conninfo, "UTF8", NULL};
    int rc;

    db->conn = PQconnectdbParams(keys, values, 1);
    if (!db->conn)
        return err_set(e, ERR_MEMORY, "no memory left for a database connection");
    PQsetNoticeProcessor(db->conn, notice, NULL);
    if (PQstatus(db->conn) != CONNECTION_OK) {
        const char *text = PQerrorMessage(db->conn);

        err_set(e, ERR_AWAY, "cannot reach the database: %.*s", (int)strcspn(text, "\n"), text);
        disconnect(db);
        return -1;
    }
    db->greeting = true;
    rc = pin(db, e) || (db->greet && db->greet(db, db->greet_ctx, e)) ? -1 : 0;
    db->greeting = false;
    if (rc)
        disconnect(db);
    return rc;
}

int db_ready(struct db *db, struct err *e)
{
    if (db->conn && PQstatus(db->conn) == CONNECTION_OK)
        return 0;
    disconnect(db);
    return connect_now(db, e);
}

/* Ends what is under way: asks the server to stop when `cancel`, takes what it still sends. */
static void drain(struct db *db, bool cancel)
{
    PGcancel *handle = cancel ? PQgetCancel(db->conn) : NULL;
    PGresult *result;
    char text[256];

    if (handle)
        (void)PQcancel(handle, text, sizeof text);
    PQfreeCancel(handle);
    while ((result = PQgetResult(db->conn)))
        PQclear(result);
}

static int show_row(struct row *row, db_each *each, void *ctx, struct err *e)
{
    if (each && each(ctx, row, e))
        return -1;
    if (row->bad)
        return err_set(e, ERR_DATA, "the database gave a value that is out of bounds");
    return 0;
}

static int take_row(const PGresult *result, int at, db_each *each, void *ctx, struct err *e)
{
    struct row row = {.columns = PQnfields(result)};

    if (row.columns > ROW_COLUMNS_MAX)
        return err_set(e, ERR_CONFIG, "the database gave %d columns", row.columns);
    for (int i = 0; i < row.columns; i++)
        row.fields[i] = PQgetisnull(result, at, i) ? NULL : PQgetvalue(result, at, i);
    return show_row(&row, each, ctx, e);
}

/* Takes all results of what was sent. columns -1: any shape. */
static int take_results(struct db *db, int columns, db_each *each, void *ctx, uint64_t *rows, struct err *e)
{
    PGresult *result;
    bool ended = false; /* by the server */
    int rc = 0;

    while (rc == 0 && (result = PQgetResult(db->conn))) {
        ExecStatusType status = PQresultStatus(result);

        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            ended = (rc = fail(db, result, e)) != 0;
        else if (columns >= 0 && PQnfields(result) != columns)
            rc = err_set(e, ERR_CONFIG, "the database gave %d columns instead of %d", PQnfields(result), columns);
        for (int i = 0; rc == 0 && i < PQntuples(result); i++, ++*rows)
            rc = take_row(result, i, each, ctx, e);
        PQclear(result);
    }
    if (rc)
        drain(db, !ended);
    return rc;
}

static int prepare(struct db *db, const struct db_statement *st, struct err *e)
{
    PGresult *result;
    int rc = 0;

    for (size_t i = 0; i < db->prepared_count; i++)
        if (db->prepared[i] == st)
            return 0;
    if (db->prepared_count == DB_STATEMENTS_MAX)
        return err_set(e, ERR_MEMORY, "more than %d prepared statements", DB_STATEMENTS_MAX);
    result = PQprepare(db->conn, st->name, st->sql, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        rc = fail(db, result, e);
    else
        db->prepared[db->prepared_count++] = st;
    PQclear(result);
    return rc;
}

static int run(struct db *db, const struct db_statement *st, const char *const *values, db_each *each, void *ctx,
               uint64_t *rows, struct err *e)
{
    if (prepare(db, st, e))
        return -1;
    if (!PQsendQueryPrepared(db->conn, st->name, st->params, values, NULL, NULL, 0))
        return fail(db, NULL, e);
    PQsetSingleRowMode(db->conn);
    return take_results(db, st->columns, each, ctx, rows, e);
}

/*
 * The connection broke while it lay idle: a server that was restarted, a firewall. libpq may call a connection good until
 * it has read its end, when the query could not even be written: its own errors have no code, the server's last word has.
 */
static bool is_broken(const struct db *db, const struct err *e)
{
    return PQstatus(db->conn) != CONNECTION_OK || strncmp(e->sqlstate, SQLSTATE_CONNECTION, 2) == 0 ||
           strncmp(e->sqlstate, SQLSTATE_SHUTDOWN, 3) == 0 || (e->kind == ERR_AWAY && !e->sqlstate[0]);
}

int db_query(struct db *db, const struct db_statement *st, const char *const *values, db_each *each, void *ctx,
             struct err *e)
{
    bool was_kept = db->conn != NULL;
    uint64_t rows = 0;

    if (db_ready(db, e))
        return -1;
    if (run(db, st, values, each, ctx, &rows, e) == 0)
        return 0;
    if (!is_broken(db, e))
        return -1;
    disconnect(db);
    if (!was_kept || rows || db->greeting)
        return -1;
    err_clear(e);
    if (db_ready(db, e))
        return -1;
    return run(db, st, values, each, ctx, &rows, e);
}

int db_script(struct db *db, const char *sql, db_each *each, void *ctx, struct err *e)
{
    uint64_t rows = 0;

    if (!db->conn && db_ready(db, e))
        return -1;
    if (!PQsendQuery(db->conn, sql))
        return fail(db, NULL, e);
    return take_results(db, -1, each, ctx, &rows, e);
}
