/* SPDX-License-Identifier: MIT */
/*
 * One attempt at a statement and the facts that decide about another: shared by
 * db.c and db_retry.c.
 */
#ifndef WADOZIP_DB_DB_ATTEMPT_H
#define WADOZIP_DB_DB_ATTEMPT_H

#include <stdbool.h>

#include "db/db_row.h"

struct db;
struct db_statement;

/* What db_query() or db_query_once() was asked. */
struct db_call {
    const struct db_statement *statement;
    const char *const *values;
    db_each *each;
    void *ctx;
    bool once; /* never send it again if the server may have run it */
};

struct db_attempt {
    bool kept;       /* the connection existed before */
    bool alone;      /* the statement is a transaction of its own, and not part of on_connect */
    bool sent;       /* the server may have run it */
    bool broken;     /* the connection broke and is closed */
    bool unprepared; /* it could not be run as prepared; the next attempt sends it whole */
    uint64_t rows;   /* rows passed to `each` */
};

/* Run the statement as db_query() does, but once. *a is filled on failure, too.
 */
int db_attempt(struct db *db, const struct db_call *c, struct db_attempt *a,
               struct err *e) MUST_CHECK;

#endif
