/* SPDX-License-Identifier: MIT */
#include "rights/audit_forward.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "rights/audit_message.h"

#define BATCH_ROWS 100
#define BATCH_MAX (BATCH_ROWS * (AUDIT_MESSAGE_MAX + 16))
#define IDS_MAX ((size_t)32 * BATCH_ROWS)
#define MOMENT(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

enum column {
    COLUMN_ID,
    COLUMN_CHANGES,
    COLUMN_AT,
    COLUMN_LAST,
    COLUMN_WHO,
    COLUMN_CLIENT,
    COLUMN_ACT,
    COLUMN_RESOURCE,
    COLUMN_CONTENT,
    COLUMN_BYTES,
    COLUMN_STATUS,
    COLUMN_OUTCOME,
    COLUMN_STUDY,
    COLUMN_PROFILE,
    COLUMN_PATIENT,
    COLUMN_ACCESSION,
    COLUMN_CLASSES,
    COLUMNS
};

static const struct db_statement next_rows = {
    "SELECT id, changes, " MOMENT("at") ", " MOMENT(
        "last") ", who, client, act, resource,"
                " content, bytes, status, outcome, study, profile, patient_id, accession, classes"
                " FROM audit_due ORDER BY id LIMIT $1::int",
    1, COLUMNS, DB_ROWS};

/* An account that may not note deliveries would repeat them forever. */
static const struct db_statement lock = {
    "SELECT pg_try_advisory_xact_lock(20521, 7), current_database(),"
    " has_function_privilege('audit_forwarded(bigint[], int[])', 'EXECUTE')",
    0, 3, DB_ROWS};

static const struct db_statement note = {"SELECT audit_forwarded($1::bigint[], $2::int[])", 2, 1,
                                         DB_ROWS};

static const struct db_statement count_due = {
    "SELECT count(*), coalesce(extract(epoch FROM now() - min(last))::bigint, 0) FROM audit_due", 0,
    2, DB_ROWS};

struct due_rows {
    const struct audit_forward *forward;
    char host[AUDIT_MESSAGE_HOST_MAX + 1], source[AUDIT_MESSAGE_HOST_MAX + 16];
    struct buf messages, ids, changes; /* ids, changes: as arrays of the database */
    uint64_t rows;
};

static int take_due(void *ctx, struct db_row *r, struct err *e)
{
    struct due_rows *b = ctx;
    const struct audit_record record = {
        .id = (uint64_t)db_row_int(r, COLUMN_ID, 1, INT64_MAX),
        .changes = (int)db_row_int(r, COLUMN_CHANGES, 1, INT32_MAX),
        .status = (int)db_row_int(r, COLUMN_STATUS, 0, 999),
        .at = db_row_text(r, COLUMN_AT),
        .last = db_row_text(r, COLUMN_LAST),
        .who = db_row_text(r, COLUMN_WHO),
        .client = db_row_text(r, COLUMN_CLIENT),
        .act = db_row_text(r, COLUMN_ACT),
        .resource = db_row_text(r, COLUMN_RESOURCE),
        .content = db_row_text(r, COLUMN_CONTENT),
        .outcome = db_row_text(r, COLUMN_OUTCOME),
        .study = db_row_text(r, COLUMN_STUDY),
        .profile = db_row_text(r, COLUMN_PROFILE),
        .bytes = db_row_text(r, COLUMN_BYTES),
        .patient = db_row_text(r, COLUMN_PATIENT),
        .accession = db_row_text(r, COLUMN_ACCESSION),
        .classes = db_row_text(r, COLUMN_CLASSES),
    };

    buf_printf(&b->ids, "%s%" PRIu64, b->rows ? "," : "{", record.id);
    buf_printf(&b->changes, "%s%d", b->rows ? "," : "{", record.changes);
    b->rows++;
    return audit_message_put(&b->messages, &record, b->host, b->source, e);
}

static int check_lock(void *ctx, struct db_row *r, struct err *e)
{
    (void)ctx;
    if (!db_row_bool(r, 2))
        return err_set(e, ERR_CONFIG,
                       "this account may not forward the audit: GRANT \"%s_writer\" TO it",
                       db_row_text(r, 1));
    return db_row_bool(r, 0) ? 0
                             : err_set(e, ERR_BUSY,
                                       "another process is forwarding the audit of this database");
}

/*
 * Deliver a batch inside a transaction, whose lock keeps other processes from
 * delivering the same rows.
 */
static int forward_locked(struct due_rows *b, struct db *db, struct err *e)
{
    char most[12];

    if (db_query(db, &lock, NULL, check_lock, NULL, e))
        return -1;
    snprintf(most, sizeof most, "%d", BATCH_ROWS);
    if (db_query(db, &next_rows, (const char *[]){most}, take_due, b, e))
        return -1;
    if (b->rows == 0)
        return 0;
    buf_str(&b->ids, "}");
    buf_str(&b->changes, "}");
    if (buf_check(&b->ids, "audit records", e) || buf_check(&b->changes, "audit records", e))
        return -1;
    if (syslog_tls_deliver(&b->forward->syslog, b->messages.data, b->messages.len, e))
        return -1;
    return db_query(db, &note, (const char *[]){b->ids.data, b->changes.data}, NULL, NULL, e);
}

static int forward_batch(struct due_rows *b, struct db *db, struct err *e)
{
    struct err second = ERR_INIT;

    b->rows = 0;
    buf_clear(&b->messages);
    buf_clear(&b->ids);
    buf_clear(&b->changes);
    if (db_script(db, "BEGIN", NULL, NULL, e))
        return -1;
    if (forward_locked(b, db, e) == 0)
        return db_script(db, "COMMIT", NULL, NULL, e);
    (void)!db_script(db, "ROLLBACK", NULL, NULL, &second);
    return -1;
}

int audit_forward_run(struct db *db, const struct audit_forward *f, uint64_t *count, struct err *e)
{
    struct due_rows b = {.forward = f};
    int rc;

    *count = 0;
    if (gethostname(b.host, sizeof b.host - 1) || !*b.host)
        snprintf(b.host, sizeof b.host, "-");
    if (strcmp(f->source, "auto") == 0)
        snprintf(b.source, sizeof b.source, "wadozip@%s", b.host);
    else
        snprintf(b.source, sizeof b.source, "%s", f->source);
    buf_init(&b.messages, BATCH_MAX);
    buf_init(&b.ids, IDS_MAX);
    buf_init(&b.changes, IDS_MAX);
    do {
        rc = forward_batch(&b, db, e);
        *count += rc == 0 ? b.rows : 0;
    } while (rc == 0 && b.rows == BATCH_ROWS && !(f->syslog.stop && *f->syslog.stop));
    buf_release(&b.messages);
    buf_release(&b.ids);
    buf_release(&b.changes);
    return rc;
}

static int take_backlog(void *ctx, struct db_row *r, struct err *e)
{
    struct audit_backlog *b = ctx;

    (void)e;
    b->rows = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    b->seconds = (uint64_t)db_row_int(r, 1, 0, INT64_MAX);
    return 0;
}

int audit_forward_backlog(struct db *db, struct audit_backlog *out, struct err *e)
{
    *out = (struct audit_backlog){0};
    return db_query(db, &count_due, NULL, take_backlog, out, e);
}
