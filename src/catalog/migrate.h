/*
 * Brings the schema up to what this program knows: files NNN_name.sql of a folder, in order, each in one transaction,
 * recorded with name and SHA-256; then roles.sql. And looks whether the invariants of checks.sql hold.
 */
#ifndef WADOZIP_CATALOG_MIGRATE_H
#define WADOZIP_CATALOG_MIGRATE_H

#include "base/err.h"

#define MIGRATE_FILES_MAX 999
#define MIGRATE_FILE_BYTES ((size_t)4 << 20)

/*
 * Applies what is missing; `applied` is called for every file that was. Two at once wait for each other. ERR_CONFIG
 * when the folder has gaps, the database is newer than the folder, or a file is not what was applied under its name.
 */
int migrate_run(const char *conninfo, const char *folder, void (*applied)(void *ctx, const char *name), void *ctx,
                struct err *e) MUST_CHECK;

/* Runs folder/checks.sql: `broken` is called for every row. */
int migrate_checks(const char *conninfo, const char *folder,
                   void (*broken)(void *ctx, const char *name, const char *detail), void *ctx,
                   struct err *e) MUST_CHECK;

/* Whether the account of the connection has the rights of the group role `role`. */
int migrate_has_role(const char *conninfo, const char *role, bool *has, struct err *e) MUST_CHECK;

#endif
