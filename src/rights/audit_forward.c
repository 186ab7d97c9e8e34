/* SPDX-License-Identifier: MIT */
#include "rights/audit_forward.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define BATCH_ROWS 100
#define BATCH_MEMORY ((size_t)16 << 20)
#define PAGE_STUDIES 500
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
    COLUMN_ISSUER,
    COLUMN_ACCESSION,
    COLUMN_CLASSES,
    COLUMNS
};

static const struct db_statement next_rows = {
    "SELECT id, changes, " MOMENT("at") ", " MOMENT(
        "last") ", who, client, act, resource,"
                " content, bytes, status, outcome, study, profile, patient_id, patient_issuer,"
                " accession, classes FROM audit_due WHERE id > $2::bigint ORDER BY id LIMIT $1::int",
    2, COLUMNS, DB_ROWS};

/* Of a collection, after one of them, in the order of archives. */
static const struct db_statement next_studies = {
    "SELECT s.study_uid, st.patient_id, st.patient_issuer, s.patient, s.study, c.studies"
    " FROM collection c CROSS JOIN LATERAL (SELECT DISTINCT patient, study, study_uid"
    "  FROM collection_series WHERE collection_id = c.id"
    "  AND (patient, study) > ($2::int, $3::int)"
    "  ORDER BY patient, study LIMIT $4::int) s LEFT JOIN study st ON st.uid = s.study_uid"
    " WHERE c.id = $1 ORDER BY s.patient, s.study",
    4, 6, DB_ROWS};

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

struct due_row {
    struct audit_record record;
    struct audit_progress progress;
    bool put; /* all of its messages were put into the outbox */
};

/* Studies of a collection. */
struct study_page {
    struct audit_study list[PAGE_STUDIES];
    uint64_t first, count, total; /* as in struct audit_part */
    int patient, study;           /* of the last one */
};

struct due_batch {
    struct audit_outbox *outbox;
    struct mem mem; /* texts of the rows */
    struct due_row rows[BATCH_ROWS];
    size_t count;
    uint64_t after; /* id of the last row */
    struct mem page_mem;
    struct study_page page;
    uint64_t noted;               /* rows of the batch that were delivered */
    uint64_t delivered, rejected; /* of all batches */
    struct err first; /* rejection */
};

static const char *keep_column(struct mem *m, struct db_row *r, int column, struct err *e)
{
    const char *text = mem_strdup(m, db_row_text(r, column), e);

    return text ? text : "";
}

static int take_due(void *ctx, struct db_row *r, struct err *e)
{
    struct due_batch *b = ctx;
    struct mem *m = &b->mem;

    if (b->count == BATCH_ROWS)
        return err_set(e, ERR_DATA, "more audit records than asked for");
    b->rows[b->count] = (struct due_row){
        .record = {.id = (uint64_t)db_row_int(r, COLUMN_ID, 1, INT64_MAX),
                   .changes = (int)db_row_int(r, COLUMN_CHANGES, 1, INT32_MAX),
                   .status = (int)db_row_int(r, COLUMN_STATUS, 0, 999),
                   .at = keep_column(m, r, COLUMN_AT, e),
                   .last = keep_column(m, r, COLUMN_LAST, e),
                   .who = keep_column(m, r, COLUMN_WHO, e),
                   .client = keep_column(m, r, COLUMN_CLIENT, e),
                   .act = keep_column(m, r, COLUMN_ACT, e),
                   .resource = keep_column(m, r, COLUMN_RESOURCE, e),
                   .content = keep_column(m, r, COLUMN_CONTENT, e),
                   .outcome = keep_column(m, r, COLUMN_OUTCOME, e),
                   .study = keep_column(m, r, COLUMN_STUDY, e),
                   .profile = keep_column(m, r, COLUMN_PROFILE, e),
                   .bytes = keep_column(m, r, COLUMN_BYTES, e),
                   .patient = keep_column(m, r, COLUMN_PATIENT, e),
                   .issuer = keep_column(m, r, COLUMN_ISSUER, e),
                   .accession = keep_column(m, r, COLUMN_ACCESSION, e),
                   .classes = keep_column(m, r, COLUMN_CLASSES, e)}};
    b->after = b->rows[b->count++].record.id;
    return e->kind ? -1 : 0;
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

static int take_archived_study(void *ctx, struct db_row *r, struct err *e)
{
    struct due_batch *b = ctx;
    struct study_page *p = &b->page;

    if (p->count == PAGE_STUDIES)
        return err_set(e, ERR_DATA, "more studies than asked for");
    p->list[p->count++] =
        (struct audit_study){keep_column(&b->page_mem, r, 0, e),
                             keep_column(&b->page_mem, r, 1, e),
                             keep_column(&b->page_mem, r, 2, e)};
    p->patient = (int)db_row_int(r, 3, 1, INT32_MAX);
    p->study = (int)db_row_int(r, 4, 1, INT32_MAX);
    p->total = (uint64_t)db_row_int(r, 5, 1, INT32_MAX);
    return e->kind ? -1 : 0;
}

/* Read the studies of a collection that follow those of the page. */
static int turn_page(struct due_batch *b, struct db *db, const char *collection, struct err *e)
{
    struct study_page *p = &b->page;
    char patient[12], study[12], most[12];

    snprintf(patient, sizeof patient, "%d", p->patient);
    snprintf(study, sizeof study, "%d", p->study);
    snprintf(most, sizeof most, "%d", PAGE_STUDIES);
    p->first += p->count;
    p->count = 0;
    mem_reset(&b->page_mem);
    return db_query(db, &next_studies, (const char *[]){collection, patient, study, most},
                    take_archived_study, b, e);
}

/* Put the messages about an archive of a collection, which may have been deleted. */
static int put_collection(struct due_batch *b, struct db *db, struct due_row *row, struct err *e)
{
    const char *collection = strchr(row->record.resource, ' ') + 1;
    struct study_page *p = &b->page;

    p->first = 1;
    p->count = p->total = 0;
    p->patient = p->study = 0;
    do {
        struct audit_part part;

        if (turn_page(b, db, collection, e))
            return -1;
        part = (struct audit_part){p->list, p->first, p->count, p->total};
        if (p->count == 0 && row->progress.sent)
            return 0;
        if (audit_outbox_put(b->outbox, &row->record, &part, &row->progress, e))
            return -1;
    } while (p->count == PAGE_STUDIES);
    return 0;
}

static int put_due(struct due_batch *b, struct db *db, struct due_row *row, struct err *e)
{
    static const struct audit_part none = {NULL, 0, 0, 0};
    int rc = audit_names_studies(&row->record)
                 ? put_collection(b, db, row, e)
                 : audit_outbox_put(b->outbox, &row->record, &none, &row->progress, e);

    row->put = rc == 0;
    return rc;
}

static int put_rows(struct due_batch *b, struct db *db, struct err *e)
{
    for (size_t i = 0; i < b->count; i++)
        if (put_due(b, db, &b->rows[i], e))
            return -1;
    return audit_outbox_flush(b->outbox, e);
}

static bool is_delivered(const struct due_row *row)
{
    return row->put && !row->progress.rejected && row->progress.accepted == row->progress.sent;
}

static void count_rejected(struct due_batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct due_row *row = &b->rows[i];

        if (!row->progress.rejected)
            continue;
        b->rejected++;
        err_set(&b->first, ERR_DATA, "record %" PRIu64 ": %s", row->record.id,
                row->progress.reason);
    }
}

/* Note the rows that were delivered. */
static int note_delivered(struct due_batch *b, struct db *db, struct err *e)
{
    struct buf ids, changes;
    uint64_t n = 0;
    int rc = 0;

    buf_init(&ids, IDS_MAX);
    buf_init(&changes, IDS_MAX);
    for (size_t i = 0; i < b->count; i++) {
        if (!is_delivered(&b->rows[i]))
            continue;
        buf_printf(&ids, "%s%" PRIu64, n ? "," : "{", b->rows[i].record.id);
        buf_printf(&changes, "%s%d", n++ ? "," : "{", b->rows[i].record.changes);
    }
    buf_str(&ids, "}");
    buf_str(&changes, "}");
    if (buf_check(&ids, "audit records", e) || buf_check(&changes, "audit records", e))
        rc = -1;
    else if (n)
        rc = db_query(db, &note, (const char *[]){ids.data, changes.data}, NULL, NULL, e);
    b->noted = n;
    buf_release(&ids);
    buf_release(&changes);
    return rc;
}

/*
 * Deliver a batch inside a transaction, whose lock keeps other processes from
 * delivering the same rows. *why: of a delivery that failed; what it has
 * accomplished is noted nevertheless.
 */
static int forward_locked(struct due_batch *b, struct db *db, struct err *why, struct err *e)
{
    char most[12], after[24];

    snprintf(most, sizeof most, "%d", BATCH_ROWS);
    snprintf(after, sizeof after, "%" PRIu64, b->after);
    if (db_query(db, &lock, NULL, check_lock, NULL, e))
        return -1;
    if (db_query(db, &next_rows, (const char *[]){most, after}, take_due, b, e))
        return -1;
    if (put_rows(b, db, why) == 0)
        count_rejected(b);
    return note_delivered(b, db, e);
}

static int forward_batch(struct due_batch *b, struct db *db, struct err *e)
{
    struct err why = ERR_INIT, second = ERR_INIT;

    b->count = 0;
    mem_reset(&b->mem);
    if (db_script(db, "BEGIN", NULL, NULL, e))
        return -1;
    if (forward_locked(b, db, &why, e)) {
        (void)!db_script(db, "ROLLBACK", NULL, NULL, &second);
        return -1;
    }
    if (db_script(db, "COMMIT", NULL, NULL, e))
        return -1;
    b->delivered += b->noted;
    return why.kind ? err_pass(e, &why) : 0;
}

static int forward_all(struct due_batch *b, struct db *db, const struct audit_forward *f,
                       struct err *e)
{
    do {
        if (forward_batch(b, db, e))
            return -1;
    } while (b->count == BATCH_ROWS && !(f->stop && *f->stop));
    if (b->rejected)
        return err_set(e, ERR_DATA,
                       "%" PRIu64 " audit records were rejected by the receiver and wait; %s",
                       b->rejected, b->first.text);
    return 0;
}

/* Name this machine and the service. */
static void name_site(const struct audit_forward *f, char host[AUDIT_HOST_MAX + 1], char *source,
                      size_t room)
{
    memset(host, 0, AUDIT_HOST_MAX + 1);
    if (gethostname(host, AUDIT_HOST_MAX) || !*host)
        snprintf(host, AUDIT_HOST_MAX + 1, "-");
    if (strcmp(f->source, "auto") == 0)
        snprintf(source, room, "wadozip@%s", host);
    else
        snprintf(source, room, "%s", f->source);
}

int audit_forward_run(struct db *db, const struct audit_forward *f, uint64_t *count, struct err *e)
{
    char host[AUDIT_HOST_MAX + 1], source[AUDIT_HOST_MAX + 16];
    const struct audit_site site = {host, source};
    struct due_batch *b = calloc(1, sizeof *b);
    int rc;

    *count = 0;
    if (!b)
        return err_set(e, ERR_MEMORY, "no memory left for audit records");
    name_site(f, host, source, sizeof source);
    mem_init(&b->mem, BATCH_MEMORY);
    mem_init(&b->page_mem, BATCH_MEMORY);
    rc = audit_outbox_open(&f->receiver, &site, &b->outbox, e);
    if (rc == 0)
        rc = forward_all(b, db, f, e);
    *count = b->delivered;
    audit_outbox_close(b->outbox);
    mem_reset(&b->mem);
    mem_reset(&b->page_mem);
    free(b);
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
