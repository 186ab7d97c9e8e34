/* SPDX-License-Identifier: MIT */
/* The entity tag: a digest of everything in a plan on which its bytes depend.
 */
#ifndef WADOZIP_FORMAT_ETAG_H
#define WADOZIP_FORMAT_ETAG_H

#include "plan/plan_layout.h"
#include "plan/plan_progress.h"

#define ETAG_GENERATOR \
    "wadozip " WADOZIP_VERSION " layout 4" /* raise the number whenever the bytes of a
                                                               * response change */

/*
 * Compute the entity tag of a plan that has all members and names, in a layout,
 * and its boundary (null: not wanted). Converted members are identified by
 * source, target and codec version, so nothing has to be converted. Fails with
 * ERR_SYSTEM if libcrypto does.
 */
int etag_tag(const struct plan_progress *g, enum plan_layout layout, char etag[PLAN_ETAG_MAX],
             char boundary[PLAN_ETAG_MAX], struct err *e) MUST_CHECK;

#endif
