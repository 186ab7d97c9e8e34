/* SPDX-License-Identifier: MIT */
/*
 * Zipped metadata: what wadozip-dicom makes of an instance (dicom/metadata_zip.h) as members of an
 * archive. The document has the instance's place; the values of its bulk data follow it at once,
 * and are named after it: 000012.json, 000012-1.raw, 000012-2.raw. How many there are is known when
 * the package has been made, so records of them grow while an archive is sent.
 */
#ifndef WADOZIP_FORMAT_METADATA_ZIP_H
#define WADOZIP_FORMAT_METADATA_ZIP_H

#include "plan/plan.h"

#define METADATA_ZIP_PREFIX_MAX 80

/* What the addresses of values begin with in the document of a member: "./000012-", relative to its own place. */
void metadata_zip_prefix(const struct plan *p, const struct plan_member *m, char out[METADATA_ZIP_PREFIX_MAX]);

/* The path of the number-th value (from 1) of a member in the archive. Returns the length. */
size_t metadata_zip_path(const struct plan *p, const struct plan_member *m, size_t number, char out[PLAN_PATH_BUFFER]);

/*
 * Completes member i, and the plan's parts, with the package of `size` bytes behind fd, once. ERR_HELPER for one that is not
 * what it should be: nothing in it is believed.
 */
int metadata_zip_settle(struct plan *p, size_t i, int fd, uint64_t size, struct err *e) MUST_CHECK;

#endif
