/* SPDX-License-Identifier: MIT */
/* The look-up of a collection or of one of its parts, for a struct
 * retrieve_query. */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_COLLECTION_H
#define WADOZIP_RETRIEVE_RETRIEVE_COLLECTION_H

#include "base/mem.h"
#include "retrieve/retrieve.h"

struct retrieve_collection {
    const char *id;
    uint64_t part_bytes; /* 0: the whole collection */
    uint32_t part;       /* from 1; 0: the whole collection */
};

/* Return a name of the collection or part and of its state in the catalogue,
 * for retrieve_query.keep, in the arena. Only a collection that is granted is
 * found. Returns null with ERR_NOT_FOUND, or with ERR_REQUEST if the part's
 * number is missing. */
const char *retrieve_collection_name(struct catalog *c, const struct retrieve_collection *w,
                                     struct mem *m, struct err *e) MUST_CHECK;

/*
 * Pass the instances to retrieve_add(). Fails with ERR_TOO_LARGE, before any
 * row is read, beyond the settings max_instances and max_bytes; with
 * ERR_NOT_FOUND if there is no such part; as collection_find().
 */
int retrieve_collection_find(const struct retrieve_collection *w, struct retrieval *r,
                             const struct catalog_query *q, struct err *e) MUST_CHECK;

#endif
