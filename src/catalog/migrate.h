/* SPDX-License-Identifier: MIT */
/*
 * Bring the schema up to the version of this program: the migrations of sql/ in order, each in a transaction,
 * recorded with name and SHA-256; then roles.sql. And check the invariants of checks.sql.
 */
#ifndef WADOZIP_CATALOG_MIGRATE_H
#define WADOZIP_CATALOG_MIGRATE_H

#include "base/err.h"

#define MIGRATE_DATABASE_MAX 64 /* of a name, with its end */

struct migrate_report {
    void (*applied)(void *ctx, const char *name);
    void (*no_role)(void *ctx, const char *role); /* does not exist, and this account may not create it */
    void *ctx;
};

/*
 * Apply the missing migrations, and grant the roles their rights. Processes that do so at once wait for each other.
 * Fails with ERR_CONFIG if the database is newer than this program or has other migrations.
 */
int migrate_run(const char *conninfo, const struct migrate_report *report, struct err *e) MUST_CHECK;

/* Run checks.sql: `broken` is called for every row. */
int migrate_checks(const char *conninfo, void (*broken)(void *ctx, const char *name, const char *detail), void *ctx,
                   struct err *e) MUST_CHECK;

/* What the account of a connection may do, by itself or by a role; and the database's name, after which roles are named. */
struct migrate_rights {
    bool serve, index;
    char database[MIGRATE_DATABASE_MAX];
};

/* Needs a schema that is up to date, and the right to see it. */
int migrate_rights(const char *conninfo, struct migrate_rights *out, struct err *e) MUST_CHECK;

#endif
