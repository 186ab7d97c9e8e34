/* SPDX-License-Identifier: MIT */
/*
 * Sizes and CRC-32s that a response needs before its status line and that are
 * not in the catalogue. Each is passed to the recording callbacks as soon as it
 * is known, so that interrupted work is not lost.
 */
#ifndef WADOZIP_BODY_AHEAD_H
#define WADOZIP_BODY_AHEAD_H

#include "body/content.h"

/*
 * Measure, several at a time, converted members whose size follows from the
 * header (Explicit VR Little Endian). The others stay unknown. Fails with
 * ERR_LATER after the deadline.
 */
int ahead_measure(struct content *f, struct err *e) MUST_CHECK;

/*
 * Determine deflated sizes of files, or of their pixel data, by compressing
 * them; of spliced members before their headers are made. Members without a size
 * at the deadline are stored in this response, and the entity tag is computed
 * again.
 */
int ahead_deflate(struct content *f, struct err *e) MUST_CHECK;

/*
 * Return the number of members before `end` that must be converted: for their
 * size, or (crcs) for their CRC-32.
 */
size_t ahead_missing(const struct plan_progress *g, size_t end, bool crcs);

/*
 * Convert these. Results are kept only in the cache. Fails as content_open(),
 * and with ERR_LATER after the deadline.
 */
int ahead_make(struct content *f, size_t end, bool crcs, struct err *e) MUST_CHECK;

#endif
