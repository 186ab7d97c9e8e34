/* SPDX-License-Identifier: MIT */
/* What tells one answer from another: a digest of everything in a plan that its bytes depend on. */
#ifndef WADOZIP_FORMAT_ETAG_H
#define WADOZIP_FORMAT_ETAG_H

#include "plan/plan.h"

/* Sets entity tag and boundary of a plan whose members and names are all there. ERR_SYSTEM when libcrypto fails. */
int etag_make(struct plan *p, struct err *e) MUST_CHECK;

#endif
