/* SPDX-License-Identifier: MIT */
/* The audit: one row of the table audit for each transfer (sql/013_audit.sql).
 * While the database cannot be written, entries are appended to a file of the
 * spool and written to disk; the first entry after that records them all.
 * Nothing is recorded twice or lost, however a process ends. */
#ifndef WADOZIP_RIGHTS_AUDIT_H
#define WADOZIP_RIGHTS_AUDIT_H

#include "db/db.h"

struct catalog;

struct audit_entry {
    double at;       /* Unix seconds */
    bool begun;      /* a response begins; another entry follows when it has ended */
    bool announced;  /* such an entry was recorded for this response */
    const char *who, *client, *act, *resource, *content, *tag, *outcome; /* columns of the table */
    const char *study, *profile; /* the same, "" if unknown */
    const char *request;         /* identifies the response, in both of its entries */
    uint64_t length, bytes;
    int status;
};

struct audit_setup {
    const char *spool;   /* setting */
    const char *service; /* catalog_name(): which file */
    unsigned days;       /* setting audit_days */
};

/* Record an entry. Errors are logged: an entry that can be recorded neither in
 * the database nor in the spool is logged with its content. */
void audit_record(struct catalog *c, const struct audit_setup *s, const struct audit_entry *entry);

/* For the operator's command: call `each` for entries of the last `seconds`,
 * the latest last. who and resource: only these; null: all. Columns, text for
 * people: time, who, client, act, resource, content, requests, bytes, status,
 * outcome. */
#define AUDIT_COLUMNS 10
struct audit_query {
    const char *who, *resource;
    uint64_t seconds, limit;
};
int audit_list(struct db *db, const struct audit_query *q, db_each *each, void *ctx,
               struct err *e) MUST_CHECK;

/*
 * Delete entries older than so many days. only_forwarded: not those that are
 * still to be forwarded (audit_forward.h).
 */
int audit_expire(struct db *db, unsigned days, bool only_forwarded, uint64_t *deleted,
                 struct err *e) MUST_CHECK;

#endif
