/* SPDX-License-Identifier: MIT */
/* The catalogue's connection, for the files of this room that ask it for something. */
#ifndef WADOZIP_CATALOG_CATALOG_DB_H
#define WADOZIP_CATALOG_CATALOG_DB_H

#include "catalog/db.h"

struct catalog;

struct db *catalog_db(struct catalog *c);

#endif
