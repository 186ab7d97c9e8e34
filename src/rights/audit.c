/* SPDX-License-Identifier: MIT */
#include "rights/audit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/spool.h"
#include "catalog/catalog_db.h"

#define FILE_MAX ((size_t)64 << 20) /* bytes of the spool file */
#define ENTRY_MAX ((size_t)16 << 10)
#define AWAY_SECONDS 5 /* before the database is tried again */

/* The commit waits for the database's disk, unlike facts that may be lost. The
 * name of the schema, because a restricted request has another search path. */
static const struct db_statement add_entries = {
    "SET LOCAL synchronous_commit = on; SELECT wadozip.audit_add($1, $2::json, $3::int)", 3, 1,
    DB_ROWS};

static const struct db_statement list_entries = {
    "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), who, client, act, resource, content, requests,"
    " bytes, status, outcome FROM (SELECT * FROM audit WHERE at > now() - $1::bigint * interval '1 s'"
    " AND ($2 = '' OR who = $2) AND ($3 = '' OR resource = $3) ORDER BY at DESC, id DESC LIMIT $4::bigint) a"
    " ORDER BY at, id",
    4, AUDIT_COLUMNS, DB_ROWS};

static const struct db_statement expire_entries = {"SELECT audit_expire($1::int, $2::boolean)", 2, 1, DB_ROWS};

static double away_until;

/* Text is harmless for the log, but may hold what JSON escapes. */
static void put_value(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, ",\"%s\":\"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buf_str(b, "\\");
        buf_add(b, (unsigned char)*value < ' ' ? "?" : value, 1);
    }
    buf_str(b, "\"");
}

/* again: the database may have recorded the entry already. */
static void put_entry(struct buf *b, const struct audit_entry *a, bool again)
{
    buf_printf(
        b,
        "{\"at\":%.6f,\"begun\":%s,\"announced\":%s,\"length\":%llu,\"bytes\":%llu,\"status\":%d",
        a->at, a->begun ? "true" : "false", a->announced ? "true" : "false",
        (unsigned long long)a->length, (unsigned long long)a->bytes, a->status);
    put_value(b, "who", a->who);
    put_value(b, "client", a->client);
    put_value(b, "act", a->act);
    put_value(b, "resource", a->resource);
    put_value(b, "content", a->content);
    put_value(b, "tag", a->tag);
    put_value(b, "outcome", a->outcome);
    put_value(b, "study", a->study);
    put_value(b, "profile", a->profile);
    put_value(b, "request", a->request);
    buf_printf(b, ",\"again\":%s", again ? "true" : "false");
    buf_str(b, "}");
}

static int add_array(struct catalog *c, const struct audit_setup *s, const char *batch,
                     const char *array, struct err *e)
{
    char days[12];

    snprintf(days, sizeof days, "%u", s->days);
    return db_query_once(catalog_db(c), &add_entries, (const char *[]){batch, array, days}, NULL,
                         NULL, e);
}

/* Open and lock the spool file. */
static int open_locked(const struct audit_setup *s, struct err *e)
{
    char name[64];
    int fd;

    snprintf(name, sizeof name, "wadozip-%lu-%08x.audit", (unsigned long)geteuid(),
             (unsigned)crc_update(0, s->service, strlen(s->service)));
    fd = spool_named_file(s->spool, name, e);
    if (fd >= 0 && flock(fd, LOCK_EX)) {
        err_sys(e, ERR_SYSTEM, "cannot lock %s", name);
        io_close(&fd);
    }
    return fd;
}

/* Begin the file with the name of a batch, or end a line that was cut off by a
 * crash. */
static int begin_line(int fd, off_t end)
{
    char batch[SECRET_TOKEN + 1], last = 0;
    struct err e = ERR_INIT;

    if (end > 0)
        return io_pread(fd, &last, 1, (uint64_t)end - 1) != 1 ||
                       (last != '\n' && io_write(fd, "\n", 1))
                   ? -1
                   : 0;
    if (secret_token(batch, &e))
        return -1;
    batch[SECRET_TOKEN] = '\n';
    return io_write(fd, batch, sizeof batch);
}

/* Append an entry as a line. */
static int append_entry(int fd, const struct buf *entry, struct err *e)
{
    off_t end = lseek(fd, 0, SEEK_END);

    if (end < 0 || (uint64_t)end + entry->len > FILE_MAX)
        return err_set(e, ERR_SYSTEM, "the audit file of the spool is full");
    if (begin_line(fd, end) || io_write(fd, entry->data, entry->len))
        return err_sys(e, ERR_SYSTEM, "cannot write the audit file of the spool");
    if (io_write(fd, "\n", 1) || fdatasync(fd))
        return err_sys(e, ERR_SYSTEM, "cannot write the audit file of the spool");
    return 0;
}

static void keep_entry(const struct audit_setup *s, const struct audit_entry *entry, bool again)
{
    struct err e = ERR_INIT;
    struct buf line;
    int fd = open_locked(s, &e);

    buf_init(&line, ENTRY_MAX);
    put_entry(&line, entry, again);
    if (fd < 0 || buf_check(&line, "an audit entry", &e) || append_entry(fd, &line, &e))
        log_error("audit entry lost: %s: %s", e.text, line.data ? line.data : "");
    buf_release(&line);
    io_close(&fd);
}

/*
 * Append the lines after the first as an array. A line that was cut off by a
 * crash is left out. Returns false if there is no entry.
 */
static bool put_array(struct buf *b, const char *text)
{
    const char *line = text, *end;
    size_t count = 0;

    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        if (line == text || *line != '{' || end[-1] != '}')
            continue;
        buf_str(b, count++ ? "," : "[");
        buf_add(b, line, (size_t)(end - line));
    }
    buf_str(b, "]");
    return count > 0;
}

static char *read_spooled(int fd, size_t size, struct err *e)
{
    char *text = malloc(size + 1);

    if (text && io_pread(fd, text, size, 0) == (ssize_t)size) {
        text[size] = '\0';
        return text;
    }
    free(text);
    err_set(e, ERR_SYSTEM, "cannot read the audit file of the spool");
    return NULL;
}

static int replay_text(struct catalog *c, const struct audit_setup *s, char *text, struct err *e)
{
    struct buf b;
    int rc = 0;

    buf_init(&b, FILE_MAX + 2);
    if (put_array(&b, text)) {
        *strchr(text, '\n') = '\0';
        rc = buf_check(&b, "the audit file", e) || add_array(c, s, text, b.data, e) ? -1 : 0;
    }
    buf_release(&b);
    return rc;
}

/* Record the entries of the file, and empty it. */
static int replay_file(struct catalog *c, const struct audit_setup *s, int fd, size_t size,
                       struct err *e)
{
    char *text = read_spooled(fd, size, e);
    int rc = text ? replay_text(c, s, text, e) : -1;

    free(text);
    if (rc == 0 && ftruncate(fd, 0))
        rc = err_sys(e, ERR_SYSTEM, "cannot empty the audit file of the spool");
    return rc;
}

/* Record spooled entries before any later one. On failure the entries stay
 * there. */
static int replay(struct catalog *c, const struct audit_setup *s, struct err *e)
{
    struct stat st = {0};
    int fd = open_locked(s, e), rc = -1;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st))
        err_sys(e, ERR_SYSTEM, "cannot read the audit file of the spool");
    else
        rc = st.st_size > 0 ? replay_file(c, s, fd, (size_t)st.st_size, e) : 0;
    if (rc == 0 && st.st_size > 0)
        log_info("audit: the entries of the spool are recorded");
    io_close(&fd);
    return rc;
}

/* *tried: the database may have recorded the entry, also after a failure. */
static int record_now(struct catalog *c, const struct audit_setup *s,
                      const struct audit_entry *entry, bool *tried, struct err *e)
{
    struct buf b;
    int rc;

    buf_init(&b, ENTRY_MAX);
    buf_str(&b, "[");
    put_entry(&b, entry, false);
    buf_str(&b, "]");
    rc = buf_check(&b, "an audit entry", e) || replay(c, s, e) ? -1 : 0;
    *tried = rc == 0;
    if (rc == 0)
        rc = add_array(c, s, NULL, b.data, e);
    buf_release(&b);
    return rc;
}

void audit_record(struct catalog *c, const struct audit_setup *s, const struct audit_entry *entry)
{
    struct err e = ERR_INIT;
    bool tried = false;

    if (io_now() >= away_until) {
        if (record_now(c, s, entry, &tried, &e) == 0)
            return;
        log_warn("audit entries go to the spool: %s", e.text);
        away_until = io_now() + AWAY_SECONDS;
    }
    keep_entry(s, entry, tried);
}

int audit_list(struct db *db, const struct audit_query *q, db_each *each, void *ctx, struct err *e)
{
    char seconds[24], limit[24];
    const char *const values[] = {seconds, q->who ? q->who : "", q->resource ? q->resource : "",
                                  limit};

    snprintf(seconds, sizeof seconds, "%llu", (unsigned long long)q->seconds);
    snprintf(limit, sizeof limit, "%llu", (unsigned long long)q->limit);
    return db_query(db, &list_entries, values, each, ctx, e);
}

static int take_deleted(void *ctx, struct db_row *r, struct err *e)
{
    (void)e;
    *(uint64_t *)ctx = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    return 0;
}

int audit_expire(struct db *db, unsigned days, bool only_forwarded, uint64_t *deleted,
                 struct err *e)
{
    char number[12];
    const char *const values[] = {number, only_forwarded ? "true" : "false"};

    snprintf(number, sizeof number, "%u", days);
    return db_query(db, &expire_entries, values, take_deleted, deleted, e);
}
