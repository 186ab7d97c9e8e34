/* SPDX-License-Identifier: MIT */
/* SHA-256 of archives of collections, by their entity tag. */
#ifndef WADOZIP_CATALOG_COLLECTION_DIGEST_H
#define WADOZIP_CATALOG_COLLECTION_DIGEST_H

#include "base/sha256.h"
#include "catalog/collection.h"

/* A digest as text; both are "" if it is not known. */
struct collection_digest {
    char hex[2 * SHA256_BYTES + 1], base64[48];
};

/* Read the digest of the archive with this entity tag (with quotes). Needs the
 * rights of a reader. */
int collection_digest_read(struct catalog *c, const char *id, const char *etag,
                           struct collection_digest *out, struct err *e) MUST_CHECK;

/* An archive of which the digest was computed. */
struct collection_digested {
    const char *id, *etag; /* of the collection; with quotes */
    uint64_t bytes;
    uint8_t sha256[SHA256_BYTES];
};

/* Record the digest of an archive. Needs the rights of a writer. */
int collection_digest_record(struct catalog *c, const struct collection_digested *a,
                             struct err *e) MUST_CHECK;

#endif
