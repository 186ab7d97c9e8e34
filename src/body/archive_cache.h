/* SPDX-License-Identifier: MIT */
/*
 * Keep whole archives in the folder of the setting conversion_cache, so that a
 * repeated download costs no conversion and no deflate, and a web server can
 * send the file by itself. An entry holds exactly the bytes of a response. Its
 * name is derived from the entity tag, which depends on every file, on the
 * codecs and on the compressor, so an entry is never stale. It gets the name
 * when it is complete and on the disk, with a modification time that is derived
 * from the tag, too: a file that was written to later is no entry.
 */
#ifndef WADOZIP_BODY_ARCHIVE_CACHE_H
#define WADOZIP_BODY_ARCHIVE_CACHE_H

#include "body/cache.h"
#include "body/cache_space.h"
#include "body/spooled.h"

/* Open the archive with this entity tag and length. Returns false if there is
 * none. The caller releases *b. */
bool archive_cache_get(struct cache *k, const char *etag, uint64_t length, struct spooled *b);

/* An archive that is being written; `cache` is null if there is none. */
struct archive_fill {
    struct cache *cache;
    int fd;
    uint64_t length, written;
    time_t stamp;
    bool failed;
    char name[CACHE_NAME_BUFFER];
};

/*
 * Begin to write an archive of known length, and reserve its space; least
 * recently used entries are removed for it. Returns false, and nothing is
 * written, if it is too large, if another process writes it, or if the folder
 * cannot be used. Otherwise call archive_fill_end().
 */
bool archive_fill_begin(struct archive_fill *f, struct cache *k, const char *etag, uint64_t length);

/* Append bytes. A failure only means that the archive is not kept. */
void archive_fill_write(struct archive_fill *f, const uint8_t *data, size_t len);

/*
 * Give the archive its name if it is complete and `good`; waits for the disk.
 * Otherwise remove it. Returns whether it is kept. Does nothing if f->cache is
 * null.
 */
bool archive_fill_end(struct archive_fill *f, bool good);

#endif
