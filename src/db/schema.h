/* SPDX-License-Identifier: MIT */
/* The version of a database's schema. */
#ifndef WADOZIP_DB_SCHEMA_H
#define WADOZIP_DB_SCHEMA_H

#include "db/db.h"

#define CATALOG_SCHEMA 23 /* newest migration that this program knows */

/*
 * Fail with ERR_CONFIG and the next step if the schema is missing, older or
 * newer than CATALOG_SCHEMA. An on_connect function of struct db_setup.
 */
int schema_check(struct db *db, void *unused, struct err *e) MUST_CHECK;

/* Return the schema's version, 0 if there is no schema. */
int schema_version(struct db *db, int *version, struct err *e) MUST_CHECK;

#endif
