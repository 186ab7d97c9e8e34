/* SPDX-License-Identifier: MIT */
/* Digests of the archives of a collection, for `wadozip collection digest`. */
#ifndef WADOZIP_CLI_COLLECTION_ARCHIVE_H
#define WADOZIP_CLI_COLLECTION_ARCHIVE_H

#include "conf/conf.h"

/*
 * Compute and record the SHA-256 of the archive of a collection in its default
 * form, or of each of its parts (part_bytes not 0); prints each as sha256sum
 * does. Every file is read. Members that were never converted are converted
 * first. Fails with ERR_GONE if the collection is not complete any more, with
 * ERR_PEER if it is interrupted.
 */
int collection_archive_digest(const struct conf *c, const char *id, uint64_t part_bytes,
                              struct err *e) MUST_CHECK;

#endif
