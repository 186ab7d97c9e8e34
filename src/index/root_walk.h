/* SPDX-License-Identifier: MIT */
/* Walk a place in a folder tree or in an object store. */
#ifndef WADOZIP_INDEX_ROOT_WALK_H
#define WADOZIP_INDEX_ROOT_WALK_H

#include "index/root_path.h"
#include "index/walk.h"

/* Visit everything at a place. See walk_run(); objects come in the byte order
 * of their keys. */
int root_walk_run(const struct root_path *p, walk_visit *visit, void *ctx,
                  struct err *e) MUST_CHECK;

/* Return 1 if a file exists at path beneath the place's root, 0 if not, -1 if
 * that cannot be determined. */
int root_walk_exists(const struct root_path *p, const char *path, struct err *e) MUST_CHECK;

/* Set *empty if the path beneath the root is a readable folder without entries.
 */
int root_walk_is_empty(const struct root_path *p, const char *path, bool *empty,
                       struct err *e) MUST_CHECK;

#endif
