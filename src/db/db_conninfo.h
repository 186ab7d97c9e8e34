/* SPDX-License-Identifier: MIT */
/* Show libpq connection strings to people. */
#ifndef WADOZIP_DB_DB_CONNINFO_H
#define WADOZIP_DB_DB_CONNINFO_H

#include "base/buf.h"

/*
 * Append a connection string unchanged or, if it contains secrets (passwords,
 * also in a URI), as keywords and values with "***" for them. For a malformed
 * string append only that it is malformed. Fails with ERR_MEMORY.
 */
int db_conninfo_show(const char *conninfo, struct buf *out, struct err *e) MUST_CHECK;

#endif
