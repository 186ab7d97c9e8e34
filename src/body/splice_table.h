/* SPDX-License-Identifier: MIT */
/*
 * Sizes and CRC-32s of the headers of a de-identified representation, in the
 * cache of the spool folder, where all workers find them. They follow from the
 * entity tag, which depends on every file, the profile with its key and the
 * program that made them. With them a later request for a range makes only the
 * headers that it sends. Errors are never fatal: the headers are made again.
 */
#ifndef WADOZIP_BODY_SPLICE_TABLE_H
#define WADOZIP_BODY_SPLICE_TABLE_H

#include "body/content.h"

/*
 * Take the sizes of all headers of the content from a cache (null: none), and
 * complete the progress. Returns false if they are not there; nothing is known
 * then. `spool` as for splice_make().
 */
bool splice_table_get(struct content *f, struct cache *k, const char *spool);

/* Keep them there after splice_make(). */
void splice_table_put(const struct content *f, struct cache *k, const char *spool);

/* Remove them: a header was found to differ. */
void splice_table_drop(const struct content *f, struct cache *k);

#endif
