/* SPDX-License-Identifier: MIT */
/* Which version of the schema a database has. */
#ifndef WADOZIP_CATALOG_SCHEMA_H
#define WADOZIP_CATALOG_SCHEMA_H

#include "catalog/db.h"

#define CATALOG_SCHEMA 8 /* newest migration that this program knows */

/*
 * ERR_CONFIG for a schema that is missing, older or newer than CATALOG_SCHEMA, with what to do. A on_connect of struct
 * db_setup.
 */
int schema_check(struct db *db, void *unused, struct err *e) MUST_CHECK;

/* Its version, 0 where there is none. */
int schema_version(struct db *db, int *version, struct err *e) MUST_CHECK;

#endif
