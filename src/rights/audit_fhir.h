/* SPDX-License-Identifier: MIT */
/*
 * Rows of the table audit as AuditEvent resources of FHIR R4, by the patterns of
 * IHE BALP as far as these fit (conformance.md, 5.1). Pure.
 */
#ifndef WADOZIP_RIGHTS_AUDIT_FHIR_H
#define WADOZIP_RIGHTS_AUDIT_FHIR_H

#include "base/buf.h"
#include "rights/audit_record.h"

/*
 * Append the resource of a row in JSON. It names the studies of the part, which
 * are of one patient, and this patient. Fails with ERR_MEMORY if `out` is full.
 */
int audit_fhir_put(struct buf *out, const struct audit_record *r, const struct audit_part *part,
                   const struct audit_site *site, struct err *e) MUST_CHECK;

#endif
