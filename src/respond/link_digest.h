/* SPDX-License-Identifier: MIT */
/* SHA-256 of the archive of a link. It is computed while the archive is sent
 * whole for the first time, and shown for the same entity tag alone. */
#ifndef WADOZIP_RESPOND_LINK_DIGEST_H
#define WADOZIP_RESPOND_LINK_DIGEST_H

#include "respond/link_use.h"

/* Return the digest of the archive with this entity tag, which may be null;
 * null if it is not known. Valid as long as l. */
const struct links_archive *link_digest_known(const struct link_use *l, const char *etag);

/* Return whether a response with this entity tag should compute the digest. */
bool link_digest_wanted(const struct link_use *l, const char *etag);

#endif
