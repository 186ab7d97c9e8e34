/* SPDX-License-Identifier: MIT */
/* What the codes of PostgreSQL's errors (its manual, appendix A) mean to an operator. */
#ifndef WADOZIP_CATALOG_SQLSTATE_H
#define WADOZIP_CATALOG_SQLSTATE_H

#include "base/err.h"

/* By what the operator can do about it: ERR_AWAY, ERR_CONFIG, else ERR_DATA. */
enum err_kind sqlstate_kind(const char *state);

/* The transaction had to give way to others: nothing of it was done, and the next time it may well succeed. */
bool sqlstate_undone(const char *state);

#endif
