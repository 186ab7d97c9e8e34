/* SPDX-License-Identifier: MIT */
/*
 * A whole body in an unnamed file, for responses whose length is known only
 * afterwards: metadata, and conversions to compressed transfer syntaxes.
 */
#ifndef WADOZIP_BODY_SPOOLED_H
#define WADOZIP_BODY_SPOOLED_H

#include "base/sink.h"
#include "body/cache.h"
#include "body/cache_space.h"
#include "body/content.h"

struct spooled {
    int fd; /* -1: none */
    uint64_t length;
    uint32_t crc;
    /* name of an archive in the setting conversion_cache; "": another file */
    char kept[CACHE_NAME_BUFFER];
};

#define SPOOLED_NONE {.fd = -1}

/* Create an empty body in the folder of the setting `spool` (spool.h) and open
 * a zeroed sink that writes to it. The caller flushes and closes the sink and
 * releases the body, also on failure. Fails as spool_unlinked_file(). */
int spooled_open(struct spooled *b, const char *spool, struct sink *s, struct err *e) MUST_CHECK;

/*
 * Make the body, and set its length. Fails as body_send() and spooled_open().
 */
int spooled_make(struct spooled *b, struct content *f, const char *spool, struct err *e) MUST_CHECK;

/*
 * Replace the body by its gzip stream, in another file there. Fails with
 * ERR_SYSTEM or ERR_MEMORY.
 */
int spooled_compress(struct spooled *b, const char *spool, struct err *e) MUST_CHECK;

/* Send the bytes [first, end). Fails with ERR_SYSTEM if the file cannot be
 * read. */
int spooled_send(const struct spooled *b, uint64_t first, uint64_t end, struct sink *s,
                 struct err *e) MUST_CHECK;

/* Take a body with this entity tag from a cache (null: none), or store it
 * there. */
bool spooled_get(struct spooled *b, struct cache *k, const char *etag);
void spooled_put(const struct spooled *b, struct cache *k, const char *etag);

void spooled_release(struct spooled *b);

#endif
