/* SPDX-License-Identifier: MIT */
/*
 * Parts of a collection: whole series in order, as many as fit. They depend
 * only on the collection and the size, so they are the same for everyone.
 */
#ifndef WADOZIP_CATALOG_COLLECTION_PART_H
#define WADOZIP_CATALOG_COLLECTION_PART_H

#include "catalog/collection.h"

/* A part, or the whole collection. */
struct collection_piece {
    uint32_t number; /* from 1 */
    struct collection_part places;
    uint64_t series, instances, bytes; /* bytes of the files */
};

/*
 * Call `each` for the parts whose files have at most part_bytes together; a
 * series that has more is a part by itself. part_bytes 0: one part of
 * everything. Fails as collection_series().
 */
typedef int collection_each_piece(void *ctx, const struct collection_piece *p, struct err *e);
int collection_pieces(struct catalog *c, const char *id, uint64_t part_bytes,
                      collection_each_piece *each, void *ctx, struct err *e) MUST_CHECK;

/* Find a part by its number. Fails with ERR_NOT_FOUND, naming the number of
 * parts. */
int collection_piece(struct catalog *c, const char *id, uint64_t part_bytes, uint32_t number,
                     struct collection_piece *out, struct err *e) MUST_CHECK;

#endif
