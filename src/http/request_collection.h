/* SPDX-License-Identifier: MIT */
/* Addresses of collections: .../collections and .../collections/ID, perhaps
 * with .zip; and of links: .../links. Pure. */
#ifndef WADOZIP_HTTP_REQUEST_COLLECTION_H
#define WADOZIP_HTTP_REQUEST_COLLECTION_H

#include "base/err.h"
#include "base/mem.h"

#define REQUEST_COLLECTION_ID 32 /* lower-case hexadecimal digits */

/*
 * Find a collection at the end of an encoded path. Sets *at to its segment
 * "collections", null if the path is of something else. Returns the identifier
 * in the arena, "" for the resource that creates collections, and in *archive
 * whether the address ends with .zip; null if *at is, and on failure.
 */
const char *request_collection_find(const char *path, struct mem *m, const char **at, bool *archive,
                                    struct err *e);

/* Find .../links or .../links/NUMBER likewise. Returns the number in the arena,
 * "" for the list of links; null if the path is of something else, and on
 * failure. */
const char *request_collection_link(const char *path, struct mem *m, const char **at,
                                    struct err *e);

#endif
