/* SPDX-License-Identifier: MIT */
/* Connection strings of libpq, for people to see. */
#ifndef WADOZIP_CATALOG_DB_CONNINFO_H
#define WADOZIP_CATALOG_DB_CONNINFO_H

#include "base/buf.h"

/*
 * Append a connection string as it is; or, if it holds secrets (passwords, also within a URI), as keywords and values with
 * "***" in their places. Of a malformed string only that it is one. Fails with ERR_MEMORY.
 */
int db_conninfo_show(const char *conninfo, struct buf *out, struct err *e) MUST_CHECK;

#endif
