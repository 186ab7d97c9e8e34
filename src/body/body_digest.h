/* SPDX-License-Identifier: MIT */
/* SHA-256 of members, for a manifest. */
#ifndef WADOZIP_BODY_BODY_DIGEST_H
#define WADOZIP_BODY_BODY_DIGEST_H

#include "body/content.h"

/* Return whether a manifest lacks the digest of member i. */
bool body_digest_lacks(const struct plan_progress *g, size_t i);

/* Compute the digest of `size` bytes that are a member's data, or (packed)
 * inflate to it. */
int body_digest_read(const struct content *f, size_t i, int fd, uint64_t size, bool packed,
                     struct err *e) MUST_CHECK;

/*
 * Read the data of member i once more: the compressor's threads process blocks
 * in parallel, but a digest needs them in order.
 */
int body_digest_member(struct content *f, size_t i, struct err *e) MUST_CHECK;

/*
 * Compute digests of members that were not sent whole. A range that includes
 * the manifest costs as much as the archive.
 */
int body_digest_all(struct content *f, struct err *e) MUST_CHECK;

#endif
