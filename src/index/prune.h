/* SPDX-License-Identifier: MIT */
/* Remove files from the catalogue that are no longer in the roots. */
#ifndef WADOZIP_INDEX_PRUNE_H
#define WADOZIP_INDEX_PRUNE_H

#include <signal.h>

#include "catalog/writer.h"
#include "index/counts.h"
#include "index/root_path.h"

/*
 * Fail with ERR_DATA if the root, or the folder at the path, is empty while the
 * catalogue has files there: an unmounted disk must not empty the catalogue.
 */
int prune_guard(struct writer *w, const struct root_path *p, struct err *e) MUST_CHECK;

/*
 * Remove every known file beneath the path that no longer exists. Fails with
 * ERR_DATA if a path cannot be examined. *stop ends it between two batches.
 */
int prune_run(struct writer *w, const struct root_path *p, struct counts *t,
              const volatile sig_atomic_t *stop, struct err *e) MUST_CHECK;

#endif
