/* SPDX-License-Identifier: MIT */
/*
 * Update the schema to the version of this program: apply the migrations of
 * sql/ in order, each in a transaction, and record name and SHA-256; then
 * roles.sql. Also check the invariants of checks.sql.
 */
#ifndef WADOZIP_DB_MIGRATE_H
#define WADOZIP_DB_MIGRATE_H

#include "base/deflate.h"
#include "base/err.h"

#define MIGRATE_DATABASE_MAX 64 /* bytes of a name with its NUL */

struct migrate_report {
    void (*applied)(void *ctx, const char *name);
    void (*no_role)(void *ctx, const char *role); /* the role does not exist, and this account may
                                                   * not create it */
    void *ctx;
};

/*
 * Apply missing migrations and grant rights to the roles. Concurrent calls wait
 * for each other. Fails with ERR_CONFIG if the database is newer than this
 * program or has other migrations.
 */
int migrate_run(const char *conninfo, const struct migrate_report *report,
                struct err *e) MUST_CHECK;

/* Run checks.sql. Calls `broken` for every row. */
int migrate_checks(const char *conninfo,
                   void (*broken)(void *ctx, const char *name, const char *detail), void *ctx,
                   struct err *e) MUST_CHECK;

/*
 * The rights of a connection's account, direct or through a role; the
 * database's name, after which the roles are named; and what doctor compares
 * with this machine.
 */
struct migrate_rights {
    bool serve, index;
    bool read_only; /* a standby */
    char database[MIGRATE_DATABASE_MAX];
    /* deflate_identity() of the latest indexed file; "": none */
    char compressor[DEFLATE_IDENTITY_MAX];
    uint32_t codec_version; /* helper_pool_codec_version() of that node; 0: none */
    char versions[256];     /* other versions of wadozip that are connected, as a list; "": none */
};

/* Requires an up-to-date schema and the right to use it. */
int migrate_rights(const char *conninfo, struct migrate_rights *out, struct err *e) MUST_CHECK;

#endif
