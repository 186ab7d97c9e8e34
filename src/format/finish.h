/* SPDX-License-Identifier: MIT */
/* Complete a plan to which all instances have been added: unique names, members
 * to deflate; and begin its progress. */
#ifndef WADOZIP_FORMAT_FINISH_H
#define WADOZIP_FORMAT_FINISH_H

#include "format/manifest.h"
#include "plan/plan_layout.h"

/* Make the names of a plan unique, which is const from then on. Begin its
 * progress: entity tag and boundary, and the length if all sizes are known.
 * Fails with ERR_NOT_ACCEPTABLE, naming how many and why, if any instance was
 * refused: a smaller archive is never sent. Fails with ERR_NOT_FOUND if no
 * instance was added. */
int finish_plan(struct plan *p, struct plan_progress *g, struct err *e) MUST_CHECK;

/* Finish the plan of a table instead. Without a manifest, length and entity tag
 * become those of the table, whose length is always known. A manifest becomes
 * the last member of the archive. */
int finish_table(struct manifest *l, struct plan_progress *g, struct err *e) MUST_CHECK;

/* Compute the length of a plan whose sizes have become known since
 * finish_plan(). */
int finish_measure(struct plan_progress *g, struct err *e) MUST_CHECK;

/* Compute the entity tag that a finished plan has in another layout. */
int finish_etag(const struct plan_progress *g, enum plan_layout layout, char etag[PLAN_ETAG_MAX],
                struct err *e) MUST_CHECK;

/* Turn a finished plan into another layout. All its sizes are known, or no
 * header of a spliced member is made yet; the length is then not known. */
int finish_relayout(struct plan_progress *g, enum plan_layout layout, struct err *e) MUST_CHECK;

#endif
