/* SPDX-License-Identifier: MIT */
#include "db/db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>

#include "base/log.h"
#include "db/db_attempt.h"
#include "db/db_prepared.h"
#include "db/db_text.h"
#include "db/sqlstate.h"

#define CONNECT_SECONDS "5"           /* unless conninfo or PGCONNECT_TIMEOUT sets another */
#define TEXT_MAX ((size_t)1000 << 20) /* bytes with parameters; PostgreSQL allows 1 GiB */
#define DEAD_PEER_MS "60000" /* a server that does not answer is given up after this time */
#define UNREAD_MAX 8         /* server messages between queries: notices, settings */
#define SQLSTATE_CONNECTION "08"
#define SQLSTATE_SHUTDOWN "57P"

struct db {
    char *conninfo;
    char *settings; /* SET LOCAL statements at the start of every transaction */
    char *more;     /* more of them, or null */
    int (*on_connect)(struct db *db, void *ctx, struct err *e);
    void *greet_ctx;
    PGconn *conn;
    bool greeting;               /* inside on_connect: do not reconnect */
    struct db_prepared prepared; /* on conn */
};

int db_open(const struct db_setup *s, struct db **out, struct err *e)
{
    struct db *db = calloc(1, sizeof *db);

    *out = db;
    if (!db)
        return err_set(e, ERR_MEMORY, "no memory left for a database connection");
    db->conninfo = strdup(s->conninfo);
    if (asprintf(&db->settings,
                 "SET LOCAL search_path = wadozip, pg_temp; SET LOCAL statement_timeout = %u; %s",
                 s->statement_ms, s->settings ? s->settings : "") < 0)
        db->settings = NULL;
    db->on_connect = s->on_connect;
    db->greet_ctx = s->ctx;
    if (db->conninfo && db->settings)
        return 0;
    db_close(db);
    *out = NULL;
    return err_set(e, ERR_MEMORY, "no memory left for a database connection");
}

static void disconnect(struct db *db)
{
    PQfinish(db->conn);
    db->conn = NULL;
    db->prepared = (struct db_prepared){.count = 0};
}

void db_close(struct db *db)
{
    if (!db)
        return;
    disconnect(db);
    free(db->conninfo);
    free(db->settings);
    free(db->more);
    free(db);
}

int db_set_more(struct db *db, const char *settings, struct err *e)
{
    char *copy = *settings ? strdup(settings) : NULL;

    if (*settings && !copy)
        return err_set(e, ERR_MEMORY, "no memory left for a database connection");
    free(db->more);
    db->more = copy;
    return 0;
}

/* libpq's messages end with a line break and can have further lines. */
static int db_fail(struct db *db, const PGresult *result, struct err *e)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    bool broken = !db->conn || PQstatus(db->conn) != CONNECTION_OK;

    if (e->kind != ERR_NONE)
        return -1;
    if (!text)
        text = db->conn ? PQerrorMessage(db->conn) : "no connection";
    err_set(e,
            broken  ? ERR_AWAY
            : state ? sqlstate_kind(state)
                    : ERR_AWAY,
            "the database: %.*s", (int)strcspn(text, "\n"), text);
    if (state)
        snprintf(e->sqlstate, sizeof e->sqlstate, "%s", state);
    return -1;
}

static void notice(void *ctx, const char *text)
{
    (void)ctx;
    log_debug("the database: %s", text);
}

static int connect_now(struct db *db, struct err *e)
{
    /* Entries before dbname are defaults that the connection string overrides;
     * those after it are not. */
    const char *keys[] = {"fallback_application_name",
                          "keepalives_idle",
                          "tcp_user_timeout",
                          "connect_timeout",
                          "dbname",
                          "client_encoding",
                          NULL};
    char name[64]; /* with the version, for "wadozip doctor" on other nodes */
    const char *values[] = {name,
                            "60",
                            DEAD_PEER_MS,
                            getenv("PGCONNECT_TIMEOUT") ? "" : CONNECT_SECONDS,
                            db->conninfo,
                            "UTF8",
                            NULL};
    int rc;

    snprintf(name, sizeof name, "%s " WADOZIP_VERSION, program_invocation_short_name);
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
    rc = db->on_connect ? db->on_connect(db, db->greet_ctx, e) : 0;
    db->greeting = false;
    if (rc)
        disconnect(db);
    return rc;
}

static bool in_transaction(const struct db *db)
{
    PGTransactionStatusType status = PQtransactionStatus(db->conn);

    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

/* Check whether the server has closed an idle connection, before anything is
 * sent that it might run. */
static bool db_has_ended(struct db *db)
{
    struct pollfd p = {.fd = PQsocket(db->conn), .events = POLLIN};

    for (int reads = 0; reads < UNREAD_MAX && poll(&p, 1, 0) > 0; reads++) {
        if (!PQconsumeInput(db->conn))
            return true;
        (void)PQisBusy(db->conn); /* reads the message */
    }
    return PQstatus(db->conn) != CONNECTION_OK;
}

int db_ready(struct db *db, struct err *e)
{
    if (db->conn && (in_transaction(db) || !db_has_ended(db)))
        return 0;
    disconnect(db);
    return connect_now(db, e);
}

/* End the current query: ask the server to cancel it if `cancel`, and read the
 * rest. */
static void db_drain(struct db *db, bool cancel)
{
    PGcancel *handle = cancel ? PQgetCancel(db->conn) : NULL;
    PGresult *result;
    char text[256];

    if (handle)
        (void)PQcancel(handle, text, sizeof text);
    PQfreeCancel(handle);
    while ((result = PQgetResult(db->conn))) {
        char *line;

        while (PQresultStatus(result) == PGRES_COPY_OUT && PQgetCopyData(db->conn, &line, 0) > 0)
            PQfreemem(line);
        PQclear(result);
    }
}

/* How the rows of a statement are taken. */
struct results {
    int columns; /* that each row must have; -1: any number */
    db_each *each;
    void *ctx;
    uint64_t rows; /* taken so far */
    bool ended;    /* the server ended the statement by itself */
};

static int show_row(struct results *s, struct db_row *row, struct err *e)
{
    s->rows++;
    if (s->each && s->each(s->ctx, row, e))
        return -1;
    if (row->bad)
        return err_set(e, ERR_DATA, "the database gave a value that is out of bounds");
    return 0;
}

static int db_take_row(struct results *s, const PGresult *result, int at, struct err *e)
{
    struct db_row row = {.columns = PQnfields(result)};

    if (row.columns > DB_ROW_COLUMNS_MAX)
        return err_set(e, ERR_CONFIG, "the database gave %d columns", row.columns);
    for (int i = 0; i < row.columns; i++)
        row.fields[i] = PQgetisnull(result, at, i) ? NULL : PQgetvalue(result, at, i);
    return show_row(s, &row, e);
}

/* Take the rows that COPY sends. The next result holds its end, or its error.
 */
static int take_lines(struct db *db, struct results *s, struct err *e)
{
    struct db_row row = {.columns = s->columns};
    char *line;
    int len, rc = 0;

    while (rc == 0 && (len = PQgetCopyData(db->conn, &line, 0)) > 0) {
        if (db_row_split(&row, line, (size_t)len))
            rc = show_row(s, &row, e);
        else
            rc = err_set(e, ERR_DATA, "malformed row in COPY output");
        PQfreemem(line);
    }
    return rc;
}

static int db_take_result(struct db *db, const PGresult *result, struct results *s, struct err *e)
{
    ExecStatusType status = PQresultStatus(result);
    int rc = 0;

    s->ended = false;
    if (status == PGRES_COMMAND_OK)
        return 0;
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && status != PGRES_COPY_OUT) {
        s->ended = true;
        return db_fail(db, result, e);
    }
    if (s->columns >= 0 && PQnfields(result) != s->columns)
        return err_set(e, ERR_CONFIG, "the database gave %d columns instead of %d",
                       PQnfields(result), s->columns);
    if (status == PGRES_COPY_OUT)
        return take_lines(db, s, e);
    for (int i = 0; rc == 0 && i < PQntuples(result); i++)
        rc = db_take_row(s, result, i, e);
    return rc;
}

/* Read all results. */
static int take_results(struct db *db, struct results *s, struct err *e)
{
    PGresult *result;
    int rc = 0;

    while (rc == 0 && (result = PQgetResult(db->conn))) {
        rc = db_take_result(db, result, s, e);
        PQclear(result);
    }
    if (rc)
        db_drain(db, !s->ended);
    return rc;
}

/* Several statements in one message are one transaction. It carries its own
 * settings, because a connection pooler in transaction mode can run the next
 * transaction on another server connection. A transaction started by
 * db_script() has them already. */
static void add_settings(const struct db *db, struct buf *text)
{
    if (in_transaction(db))
        return;
    buf_str(text, db->settings);
    buf_str(text, db->more ? db->more : "");
}

static int send_text(struct db *db, struct buf *text, struct err *e)
{
    int rc = buf_check(text, "a statement's text", e);

    if (rc == 0 && !PQsendQuery(db->conn, text->data))
        rc = db_fail(db, NULL, e);
    buf_release(text);
    return rc;
}

/* Return whether the other end of the connection is the server itself. */
static bool is_direct(struct db *db)
{
    PGresult *result = PQexec(db->conn, "SELECT pg_backend_pid()");
    bool direct = PQresultStatus(result) == PGRES_TUPLES_OK &&
                  strtol(PQgetvalue(result, 0, 0), NULL, 10) == PQbackendPID(db->conn);

    PQclear(result);
    return direct;
}

/* Return the number under which to prepare or run the statement, or 0. A failure inside a longer
 * transaction could not be repaired. */
static size_t number_of(struct db *db, const struct db_statement *st, bool *is_new)
{
    struct db_prepared *p = &db->prepared;

    if (st->by != DB_PREPARED || in_transaction(db))
        return 0;
    if (p->use == DB_PREPARED_UNKNOWN)
        p->use = is_direct(db) ? DB_PREPARED_YES : DB_PREPARED_NO;
    return p->use == DB_PREPARED_YES ? db_prepared_number(p, st, is_new) : 0;
}

static int send(struct db *db, const struct db_statement *st, const char *const *values,
                struct err *e)
{
    const char *query = db_text_query(st);
    bool is_new;
    size_t number = number_of(db, st, &is_new);
    struct buf sql;

    buf_init(&sql, TEXT_MAX);
    add_settings(db, &sql);
    buf_add(&sql, st->sql, (size_t)(query - st->sql));
    if (number && is_new)
        buf_printf(&sql, "PREPARE wadozip_%zu AS %s; ", number, query);
    if (number)
        db_text_execute(db->conn, st, number, values, &sql);
    else
        db_text_plain(db->conn, st, values, &sql);
    if (send_text(db, &sql, e))
        return -1;
    PQsetSingleRowMode(db->conn);
    return 0;
}

/* The connection broke while idle, for example by a restart of the server or by
 * a firewall. libpq can consider a connection good until it has read its end.
 * libpq's own errors have no SQLSTATE; the server's last message has one. */
static bool is_broken(const struct db *db, const struct err *e)
{
    return PQstatus(db->conn) != CONNECTION_OK ||
           strncmp(e->sqlstate, SQLSTATE_CONNECTION, 2) == 0 ||
           strncmp(e->sqlstate, SQLSTATE_SHUTDOWN, 3) == 0 ||
           (e->kind == ERR_AWAY && !e->sqlstate[0]);
}

int db_attempt(struct db *db, const struct db_call *c, struct db_attempt *a, struct err *e)
{
    struct results s = {.columns = c->statement->columns, .each = c->each, .ctx = c->ctx};
    int rc;

    *a = (struct db_attempt){.kept = db->conn, .alone = !db->greeting && !in_transaction(db)};
    if (db_ready(db, e))
        return -1;
    a->sent = send(db, c->statement, c->values, e) == 0;
    rc = a->sent ? take_results(db, &s, e) : -1;
    a->rows = s.rows;
    if (rc == 0)
        return 0;
    if (db->prepared.use == DB_PREPARED_YES && sqlstate_unprepared(e->sqlstate)) {
        db->prepared.use = DB_PREPARED_NO;
        a->unprepared = true;
    }
    a->broken = is_broken(db, e);
    if (a->broken)
        disconnect(db);
    return -1;
}

int db_script(struct db *db, const char *sql, db_each *each, void *ctx, struct err *e)
{
    struct results s = {.columns = -1, .each = each, .ctx = ctx};
    struct buf text;

    if (!db->conn && db_ready(db, e))
        return -1;
    buf_init(&text, TEXT_MAX);
    add_settings(db, &text);
    buf_str(&text, sql);
    return send_text(db, &text, e) ? -1 : take_results(db, &s, e);
}
