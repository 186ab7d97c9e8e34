/* SPDX-License-Identifier: MIT */
/* Makes the folders of a plan's series unique. */
#ifndef WADOZIP_PLAN_UNIQUE_NAMES_H
#define WADOZIP_PLAN_UNIQUE_NAMES_H

#include "plan/plan.h"

/* Append -2, -3 ... to folders that differ in nothing but the case of letters.
 * Fails with ERR_MEMORY. */
int unique_names(struct plan *p, struct err *e) MUST_CHECK;

#endif
