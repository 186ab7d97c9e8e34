/* SPDX-License-Identifier: MIT */
/* What tells one answer from another: a digest of everything in a plan that its bytes depend on. */
#ifndef WADOZIP_FORMAT_ETAG_H
#define WADOZIP_FORMAT_ETAG_H

#include "plan/plan.h"
#include "plan/plan_layout.h"

/*
 * Compute the entity tag of a plan, whose members and names are all there, in a layout, and its boundary (null: not wanted).
 * What is converted is identified by its source, the target and the codec version, which names the libraries: nothing need have
 * been made. Fails with ERR_SYSTEM if libcrypto does.
 */
int etag_tag(const struct plan *p, enum plan_layout layout, char etag[PLAN_ETAG_MAX], char boundary[PLAN_ETAG_MAX],
                 struct err *e) MUST_CHECK;

#endif
