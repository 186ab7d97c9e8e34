/* SPDX-License-Identifier: MIT */
/* Takes out of the catalogue what is no longer in the roots. */
#ifndef WADOZIP_INDEX_PRUNE_H
#define WADOZIP_INDEX_PRUNE_H

#include <signal.h>

#include "catalog/writer.h"
#include "index/counts.h"
#include "index/root_path.h"

/*
 * ERR_DATA when the root, or the folder at the place, is empty while the catalogue knows files there: a disk that is
 * not mounted must not empty the catalogue.
 */
int prune_guard(struct writer *w, const struct root_path *p, struct err *e) MUST_CHECK;

/*
 * Every known file beneath the place that no longer exists. What cannot be looked at ends it with ERR_DATA. *stop ends
 * it between two batches.
 */
int prune_run(struct writer *w, const struct root_path *p, struct counts *t, const volatile sig_atomic_t *stop,
              struct err *e) MUST_CHECK;

#endif
