/* SPDX-License-Identifier: MIT */
#include "body/archive_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "base/le.h"
#include "base/log.h"
#include "body/cache_state.h"

#define STAMP_BASE ((time_t)1 << 29) /* 1987 to 2004, in whole seconds: no file is written then */

static bool archive_digest(const char *etag, uint64_t length, uint8_t out[SHA256_BYTES])
{
    const struct cache_key key = {.sop_uid = etag, .target = "archive", .source_size = length};

    return cache_digest(&key, out);
}

static void name_archive(const uint8_t digest[SHA256_BYTES], enum cache_entry kind,
                         char out[CACHE_NAME_BUFFER])
{
    char *at = hex_write(out, digest, CACHE_NAME_DIGITS / 2);

    at[0] = '-';
    at[1] = (char)kind;
    at[2] = '\0';
}

static time_t stamp_of(const uint8_t digest[SHA256_BYTES])
{
    return STAMP_BASE + (time_t)(le32_get(digest + CACHE_NAME_DIGITS / 2) % (uint32_t)STAMP_BASE);
}

bool archive_cache_get(struct cache *k, const char *etag, uint64_t length, struct spooled *b)
{
    uint8_t digest[SHA256_BYTES];
    struct spooled found = SPOOLED_NONE;
    struct stat st;

    if (!k || !archive_digest(etag, length, digest))
        return false;
    name_archive(digest, CACHE_ARCHIVE, found.kept);
    found.length = length;
    found.fd = openat(k->folder, found.kept, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (found.fd < 0)
        return false;
    if (fstat(found.fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != k->owner ||
        (uint64_t)st.st_size != length || st.st_mtim.tv_sec != stamp_of(digest)) {
        (void)!unlinkat(k->folder, found.kept, 0);
        io_close(&found.fd);
        return false;
    }
    (void)!futimens(found.fd,
                    (struct timespec[2]){{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}});
    *b = found;
    return true;
}

/* Create the unfinished file, locked. A process that was killed leaves one
 * without a lock. */
static int create_unfinished(const struct cache *k, const char *name)
{
    int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = openat(k->folder, name, flags, 0600), old;

    if (fd < 0 && errno == EEXIST) {
        old = openat(k->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (old >= 0 && flock(old, LOCK_EX | LOCK_NB) == 0 && unlinkat(k->folder, name, 0) == 0)
            fd = openat(k->folder, name, flags, 0600);
        io_close(&old);
    }
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB))
        io_close(&fd);
    return fd;
}

/* Reserve the space on the disk, if the file system can. */
static bool set_size(int fd, uint64_t length)
{
    return fallocate(fd, 0, 0, (off_t)length) == 0 ||
           (errno == EOPNOTSUPP && ftruncate(fd, (off_t)length) == 0);
}

static void fill_drop(const struct archive_fill *f)
{
    (void)!unlinkat(f->cache->folder, f->name, 0);
}

bool archive_fill_begin(struct archive_fill *f, struct cache *k, const char *etag, uint64_t length)
{
    uint8_t digest[SHA256_BYTES];
    bool good;

    *f = (struct archive_fill){.fd = -1, .length = length};
    if (length > INT64_MAX || !cache_holds(k, length, length) ||
        !archive_digest(etag, length, digest))
        return false;
    name_archive(digest, CACHE_UNFINISHED, f->name);
    f->stamp = stamp_of(digest);
    if (!cache_space_take(k->folder, k->total, length, k->limit))
        return false;
    f->fd = create_unfinished(k, f->name);
    good = f->fd >= 0 && set_size(f->fd, length);
    f->cache = k;
    if (f->fd >= 0 && !good)
        fill_drop(f);
    cache_space_done(k->total, length, good);
    if (!good) {
        io_close(&f->fd);
        f->cache = NULL;
    }
    return good;
}

void archive_fill_write(struct archive_fill *f, const uint8_t *data, size_t len)
{
    if (f->failed)
        return;
    f->failed = len > f->length - f->written || io_write(f->fd, data, len) != 0;
    f->written += len;
}

/* The file is complete on the disk before it has its name, so a crash leaves no
 * half archive. */
static bool fill_finish(const struct archive_fill *f)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = f->stamp}};
    const struct cache *k = f->cache;
    char name[CACHE_NAME_BUFFER];

    memcpy(name, f->name, sizeof name);
    name[CACHE_NAME_DIGITS + 1] = CACHE_ARCHIVE;
    if (!cache_give_away(k, f->fd) || fchmod(f->fd, k->grouped ? 0640 : 0600))
        return false;
    if (futimens(f->fd, times) || fsync(f->fd))
        return false;
    return renameat(k->folder, f->name, k->folder, name) == 0;
}

bool archive_fill_end(struct archive_fill *f, bool good)
{
    struct cache *k = f->cache;
    bool whole = good && !f->failed && f->written == f->length, kept;

    if (!k)
        return false;
    kept = whole && fill_finish(f);
    if (whole && !kept && !k->logged) {
        log_warn("%s: an archive cannot be kept: %s", k->name, strerror(errno));
        k->logged = true;
    }
    if (!kept) {
        fill_drop(f);
        cache_space_return(k->total, f->length);
    }
    io_close(&f->fd);
    f->cache = NULL;
    return kept;
}
