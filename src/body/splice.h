/* SPDX-License-Identifier: MIT */
/* De-identified members without a conversion: a new header from wadozip-dicom,
 * and the pixel data of the file, whose CRC-32 the catalogue has. So the size
 * and CRC-32 of a member follow from its header, before any pixel is read.
 *
 * A deflated member is one stream: its header, deflated, its pixel data, and
 * what follows; each ends on a byte boundary (base/deflate.h). So the deflated
 * size of the pixel data does not depend on the header, and the catalogue has
 * it, too. */
#ifndef WADOZIP_BODY_SPLICE_H
#define WADOZIP_BODY_SPLICE_H

#include "body/content.h"

/* Make the headers of all PLAN_SPLICED members, in the folder of the setting
 * `spool`, and complete their progress. Fails with ERR_NOT_ACCEPTABLE if pixels
 * may show names and the profile does not allow that, with ERR_HELPER if a
 * header cannot be made, and as spool_unlinked_file() and helper_pool_order()
 * do. */
int splice_make(struct content *f, const char *spool, struct err *e) MUST_CHECK;

/* Return whether sizes of headers are missing. */
bool splice_due(const struct content *f);

/* Begin with no header. `spool` is borrowed. Fails with ERR_MEMORY. */
int splice_begin(struct content *f, const char *spool, struct err *e) MUST_CHECK;

/* Complete the progress of a member whose header's sizes and CRC-32s are known.
 * Fails with ERR_MEMORY. */
int splice_complete(struct content *f, size_t i, struct err *e) MUST_CHECK;

/*
 * Make the header of member i, unless it is made; only its sizes were known. Headers up to that of
 * `last` are requested next and may be prepared. Fails as splice_make(), and with ERR_DATA if the
 * bytes are others than at the first time.
 */
int splice_open(struct content *f, size_t i, size_t last, struct err *e) MUST_CHECK;

/* Return whether a range, of which the data of member i is next, has bytes of
 * its header. */
bool splice_is_sent(const struct content *f, size_t i, const struct range_filter *w);

/* Return up to three parts, in order, of a member's data in the body, or
 * (plain) as the client receives it, whose pixel data is in the file of c.
 * Headers have a place once splice_open() has made them; plain ones of deflated
 * members only for archives with a manifest. */
#define SPLICE_PARTS 3
size_t splice_parts(const struct content *f, size_t i, const struct content_data *c, bool plain,
                    struct content_data parts[SPLICE_PARTS]);

#endif
