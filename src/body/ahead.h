/* SPDX-License-Identifier: MIT */
/*
 * Sizes and CRC-32s that an answer needs before its status line and that the catalogue does not have. Each is handed to the
 * feed's learner as soon as it is known, so that work that was interrupted is not lost.
 */
#ifndef WADOZIP_BODY_AHEAD_H
#define WADOZIP_BODY_AHEAD_H

#include "body/content.h"

/*
 * Measure, several at a time, the converted members whose size follows from the header alone (Explicit VR Little Endian).
 * Those that cannot be measured stay unknown. Fails with ERR_LATER after the feed's deadline.
 */
int ahead_measure(struct content *f, struct err *e) MUST_CHECK;

/*
 * Learn, by compressing them, the sizes of files that are to be deflated. Those that are not learnt before the feed's
 * deadline are stored in this answer. Recomputes the plan's entity tag if there are any.
 */
int ahead_deflate(struct content *f, struct err *e) MUST_CHECK;

/* Members before `end` that must be converted: for their size, or (crcs) for their CRC-32. */
size_t ahead_missing(const struct plan *p, size_t end, bool crcs);

/*
 * Convert these, so that all is known of them. Results are kept only in the feed's cache. Fails as content_open() does, with
 * ERR_LATER after the deadline.
 */
int ahead_make(struct content *f, size_t end, bool crcs, struct err *e) MUST_CHECK;

#endif
