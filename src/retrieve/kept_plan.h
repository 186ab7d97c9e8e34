/* SPDX-License-Identifier: MIT */
/*
 * Plans of large archives, kept in the spool cache (setting spool_cache_size),
 * where all workers find them. An entry that is torn or damaged is removed and
 * the plan is made again. Errors are never fatal.
 */
#ifndef WADOZIP_RETRIEVE_KEPT_PLAN_H
#define WADOZIP_RETRIEVE_KEPT_PLAN_H

#include "format/manifest.h"
#include "retrieve/retrieval.h"

/*
 * Take the plan of r, which was begun, from the cache: of the resource and its
 * state that `of` names, for the options and manifest of r. Returns false if
 * there is none; r is then as before.
 */
bool kept_plan_get(struct retrieval *r, const char *of);

/* Keep the finished plan of r, unless plan_file_can_hold() or an unknown digest
 * is against it. */
void kept_plan_put(struct retrieval *r, const char *of);

/* Remove the entry of the plan of r, if there is one: something was found to
 * differ from it. */
void kept_plan_drop(struct retrieval *r);

#endif
