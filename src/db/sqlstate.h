/* SPDX-License-Identifier: MIT */
/* Error kinds of PostgreSQL's SQLSTATE codes (its manual, appendix A). */
#ifndef WADOZIP_DB_SQLSTATE_H
#define WADOZIP_DB_SQLSTATE_H

#include "base/err.h"

/* Return the kind by what the operator can do: ERR_AWAY, ERR_CONFIG, else
 * ERR_DATA. */
enum err_kind sqlstate_kind(const char *state);

/*
 * Return whether the transaction was rolled back because of a conflict with
 * others: it had no effect and can be repeated.
 */
bool sqlstate_undone(const char *state);

/* Return whether the server could not run a statement because of how it was
 * prepared. */
bool sqlstate_unprepared(const char *state);

#endif
