/* SPDX-License-Identifier: MIT */
/* One attempt at a statement, and what is needed to decide on another one: between db.c and db_retry.c. */
#ifndef WADOZIP_CATALOG_DB_ATTEMPT_H
#define WADOZIP_CATALOG_DB_ATTEMPT_H

#include <stdbool.h>

#include "catalog/db.h"

struct db_attempt {
    bool kept;     /* the connection was there before */
    bool alone;    /* the statement is a transaction of its own, and no part of the greeting */
    bool sent;     /* the server may have run it */
    bool broken;   /* the connection broke; it is closed */
    uint64_t rows; /* that `each` has seen */
};

/* As db_query, without a second attempt. *a is filled whatever happens. */
int db_attempt(struct db *db, const struct db_statement *st, const char *const *values, db_each *each, void *ctx,
               struct db_attempt *a, struct err *e) MUST_CHECK;

#endif
