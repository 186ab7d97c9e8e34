/* SPDX-License-Identifier: MIT */
/*
 * Converted members kept on disk, so that repeated and resumed downloads cost no conversion (settings conversion_cache and
 * conversion_cache_size). Used by several processes and pools at once. An entry appears under its name when it is complete, and
 * its size and CRC-32 are compared each time it is used; what is least recently used goes first. Whatever fails here costs
 * a conversion, never an answer. Names are digests, without anything of a patient; nothing is ever followed or removed that
 * does not look like an entry.
 */
#ifndef WADOZIP_BODY_CACHE_H
#define WADOZIP_BODY_CACHE_H

#include "base/conf.h"
#include "helper/helper_pool.h"

struct cache;

/* What a converted member depends on. */
struct cache_key {
    const char *sop_uid, *target; /* UIDs */
    uint64_t source_size;         /* of the file */
    uint32_t source_crc, codec_version;
};

/*
 * *out is null where no cache is set. ERR_CONFIG as write_guard_check; ERR_SYSTEM for a folder that cannot be made or used, or
 * that others than its owner may enter. With `make` the folder is made with mode 0700 if only it is missing: for the service
 * alone, whose account shall own it.
 */
int cache_open(const struct conf *c, bool make, struct cache **out, struct err *e) MUST_CHECK;

/*
 * Open the cache in the spool folder (setting spool_cache_size), and make it if it is missing: of answers that must be
 * complete before their status line, for later requests to the same account. *out is null if the setting is 0. Fails with
 * ERR_SYSTEM as cache_open does.
 */
int cache_open_spool(const struct conf *c, struct cache **out, struct err *e) MUST_CHECK;

void cache_close(struct cache *k); /* null is allowed */

/* Whether results of `all` bytes, the largest of `largest`, can be kept at the same time. False if k is null. */
bool cache_holds(const struct cache *k, uint64_t largest, uint64_t all);

/* Whether a file can be kept there: *e says why not. */
bool cache_works(const struct cache *k, struct err *e);

/*
 * True, and *r as helper_pool_next would fill it (the descriptor is the caller's), when there is a sound entry that fits the
 * packing. One that is not sound is removed.
 */
bool cache_get(struct cache *k, const struct cache_key *key, enum helper_packing packing, struct helper_result *r);

/* Keeps a copy of a result of helper_pool_next; the result stays the caller's. */
void cache_put(struct cache *k, const struct cache_key *key, const struct helper_result *r);

#endif
