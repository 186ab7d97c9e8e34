/* SPDX-License-Identifier: MIT */
/*
 * Keep converted members on disk, so that repeated and resumed downloads need
 * no conversion (settings conversion_cache and conversion_cache_size). Shared
 * by processes and pools. An entry appears under its name when it is complete;
 * size and CRC-32 are checked on each use; the least recently used entries are
 * removed first. Cache errors are never fatal: the member is converted again.
 * Names are digests without patient data. Never follows links or removes files
 * that do not look like entries.
 */
#ifndef WADOZIP_BODY_CACHE_H
#define WADOZIP_BODY_CACHE_H

#include "conf/conf.h"
#include "helper/helper_pool.h"

struct cache;

/* Everything on which a converted member depends. */
struct cache_key {
    const char *sop_uid, *target; /* UIDs */
    /* plan_profile(): contains a key, but only a digest of it is kept; may be
     * null */
    const char *profile;
    uint64_t source_size;         /* of the file */
    uint32_t source_crc, codec_version;
};

/*
 * Open the cache; *out is null if none is set. Fails with ERR_CONFIG as
 * write_guard_check(), with ERR_SYSTEM if the folder cannot be made or used, or
 * if other accounts may enter it. With `make`, creates a missing folder with
 * mode 0700; only for the service, whose account must own it.
 */
int cache_open(const struct conf *c, bool make, struct cache **out, struct err *e) MUST_CHECK;

/*
 * Open the cache in the spool folder (setting spool_cache_size), and make it if
 * it is missing: of answers that must be complete before their status line, for
 * later requests to the same account. *out is null if the setting is 0. Fails
 * with ERR_SYSTEM as cache_open does.
 */
int cache_open_spool(const struct conf *c, struct cache **out, struct err *e) MUST_CHECK;

void cache_close(struct cache *k); /* null is allowed */

/* Whether results of `all` bytes, the largest of `largest`, can be kept at the
 * same time. False if k is null. */
bool cache_holds(const struct cache *k, uint64_t largest, uint64_t all);

uint64_t cache_free(const struct cache *k); /* bytes that can be added without removing an entry */

/* Return whether a file can be kept there; if not, *e says why. */
bool cache_works(const struct cache *k, struct err *e);

/*
 * Return true with *r as from helper_pool_next() (the caller owns the
 * descriptor) if there is an intact entry that fits the packing. Removes
 * damaged entries.
 */
bool cache_get(struct cache *k, const struct cache_key *key, enum helper_packing packing,
               struct helper_result *r);

/* Remove the entries of a key. */
void cache_drop(struct cache *k, const struct cache_key *key);

/* Keep a copy of a result of helper_pool_next(), which stays the caller's. */
void cache_put(struct cache *k, const struct cache_key *key, const struct helper_result *r);

#endif
