/* SPDX-License-Identifier: MIT */
/*
 * Zipped metadata: wadozip-dicom's package of an instance
 * (helper/package_layout.h) as members of an archive. The document takes the
 * instance's place. The values of its bulk data follow it and are named after
 * it: 000012.json, 000012-1.raw, 000012-2.raw. Their number is known when the
 * package has been made, so their records grow while an archive is sent.
 */
#ifndef WADOZIP_FORMAT_METADATA_ZIP_H
#define WADOZIP_FORMAT_METADATA_ZIP_H

#include "plan/plan_progress.h"

#define METADATA_ZIP_PREFIX_MAX 80

/*
 * Return the prefix of value addresses in a member's document: "./000012-",
 * relative to the document.
 */
void metadata_zip_prefix(const struct plan *p, const struct plan_member *m,
                         char out[METADATA_ZIP_PREFIX_MAX]);

/* Write the path of a member's value number `number` (from 1). Returns the
 * length. */
size_t metadata_zip_path(const struct plan *p, const struct plan_member *m, size_t number,
                         char out[PLAN_PATH_BUFFER]);

/* Complete the data of member i and the parts with the package of `size` bytes
 * in fd. Call once. Validates everything; fails with ERR_HELPER if it is
 * malformed. */
int metadata_zip_settle(struct plan_progress *g, size_t i, int fd, uint64_t size,
                        struct err *e) MUST_CHECK;

#endif
