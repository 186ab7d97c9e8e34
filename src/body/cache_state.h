/* SPDX-License-Identifier: MIT */
/* The folder of a cache, which members (cache.h) and archives (archive_cache.h)
 * share. Private to both. */
#ifndef WADOZIP_BODY_CACHE_STATE_H
#define WADOZIP_BODY_CACHE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/sha256.h"

#define CACHE_READ_SIZE ((size_t)256 << 10)

struct cache_key;

struct cache {
    const char *name; /* of the setting that bounds it */
    int folder, total;
    uint64_t limit;
    uid_t owner;
    gid_t group;
    bool grouped; /* the folder's group may enter: archives are readable for it */
    bool logged;  /* a failure to keep results was logged */
    uint8_t buffer[CACHE_READ_SIZE];
};

/* Compute the digest of a key. Returns false if libcrypto fails. */
bool cache_digest(const struct cache_key *key, uint8_t out[SHA256_BYTES]);

/* Give a file to the owner of the folder, because an operator's command may run
 * as root. */
bool cache_give_away(const struct cache *k, int fd);

#endif
