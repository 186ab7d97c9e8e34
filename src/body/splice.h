/* SPDX-License-Identifier: MIT */
/* De-identified members without a conversion: a new header from wadozip-dicom,
 * and the pixel data of the file, whose CRC-32 the catalogue has. So the size
 * and CRC-32 of a member follow from its header, before any pixel is read. */
#ifndef WADOZIP_BODY_SPLICE_H
#define WADOZIP_BODY_SPLICE_H

#include "body/content.h"

/* Make the headers of all PLAN_SPLICED members, in the folder of the setting
 * `spool`, and complete their progress. Fails with ERR_NOT_ACCEPTABLE if pixels
 * may show names and the profile does not allow that, with ERR_HELPER if a
 * header cannot be made, and as spool_unlinked_file() and helper_pool_order()
 * do. */
int splice_make(struct content *f, const char *spool, struct err *e) MUST_CHECK;

/* Return whether headers are missing. */
bool splice_due(const struct content *f);

/* Up to three parts of a member's data, in order; of those without a descriptor
 * c->fd is the file. */
#define SPLICE_PARTS 3
size_t splice_parts(const struct content *f, size_t i, const struct content_data *c,
                    struct content_data parts[SPLICE_PARTS]);

#endif
