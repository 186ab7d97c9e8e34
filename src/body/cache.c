/* SPDX-License-Identifier: MIT */
#include "body/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/deflate.h"
#include "base/hex.h"
#include "base/io.h"
#include "base/le.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/spool.h"
#include "body/cache_space.h"
#include "body/cache_state.h"
#include "store/write_guard.h"

#define MAGIC "wzform1\n"
#define MAGIC_BYTES 8
/* after the data: magic, key, sizes, CRCs, flags, CRC of these */
#define TRAILER (MAGIC_BYTES + SHA256_BYTES + 2 * 8 + 4 * 4)
#define SHARE 4 /* fraction of the limit: a larger result is not kept */

static bool is_set(const struct conf *c)
{
    return strcmp(c->conversion_cache, "none") != 0;
}

static int open_folder(struct cache *k, const char *path, bool make, struct err *e)
{
    struct stat st;

    if (make && mkdir(path, 0700) && errno != EEXIST)
        return err_sys(e, ERR_SYSTEM, "%s: cannot make the folder %s", k->name, path);
    k->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (k->folder < 0 || fstat(k->folder, &st))
        return err_sys(e, ERR_SYSTEM, "%s: cannot open the folder %s", k->name, path);
    if (st.st_mode & 027)
        return err_set(e, ERR_SYSTEM, "%s: others may enter %s: chmod 700 it", k->name, path);
    if (geteuid() != 0 && st.st_uid != geteuid())
        return err_set(e, ERR_SYSTEM, "%s: %s belongs to another account", k->name, path);
    k->owner = st.st_uid;
    k->group = st.st_gid;
    k->grouped = (st.st_mode & 050) == 050;
    k->total = cache_space_open(k->folder, e);
    return k->total < 0 ? -1 : 0;
}

bool cache_give_away(const struct cache *k, int fd)
{
    return geteuid() == k->owner || fchown(fd, k->owner, k->group) == 0;
}

/* `setup`: a name and a limit. */
static int open_cache(const struct cache *setup, const char *path, bool make, struct cache **out,
                      struct err *e)
{
    struct cache *k = malloc(sizeof *k);

    if (!k)
        return err_set(e, ERR_MEMORY, "no memory left for the cache");
    *k = *setup;
    k->folder = k->total = -1;
    if (open_folder(k, path, make, e) || !cache_give_away(k, k->total)) {
        cache_close(k);
        return err_set(e, ERR_SYSTEM, "%s: cannot give a file to the folder's owner", setup->name);
    }
    *out = k;
    return 0;
}

int cache_open(const struct conf *c, bool make, struct cache **out, struct err *e)
{
    *out = NULL;
    if (!is_set(c))
        return 0;
    if (write_guard_check(c, "conversion_cache", c->conversion_cache, e))
        return -1;
    return open_cache(
        &(struct cache){.name = "conversion_cache", .limit = c->conversion_cache_size},
        c->conversion_cache, make, out, e);
}

int cache_open_spool(const struct conf *c, struct cache **out, struct err *e)
{
    char spool[PATH_MAX], path[PATH_MAX + 48];
    int folder;

    *out = NULL;
    if (c->spool_cache_size == 0)
        return 0;
    folder = spool_open(c->spool, e);
    if (folder < 0)
        return -1;
    io_close(&folder);
    spool_path(c->spool, spool);
    snprintf(path, sizeof path, "%s/wadozip-%lu-cache", spool, (unsigned long)geteuid());
    return open_cache(&(struct cache){.name = "spool_cache_size", .limit = c->spool_cache_size},
                      path, true, out, e);
}

void cache_close(struct cache *k)
{
    if (!k)
        return;
    io_close(&k->folder);
    io_close(&k->total);
    free(k);
}

bool cache_holds(const struct cache *k, uint64_t largest, uint64_t all)
{
    return k && largest <= k->limit / SHARE && all <= k->limit;
}

uint64_t cache_free(const struct cache *k)
{
    return cache_space_free(k->total, k->limit);
}

static int cache_make_file(const struct cache *k)
{
    return openat(k->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

bool cache_works(const struct cache *k, struct err *e)
{
    int fd = cache_make_file(k);
    bool good = fd >= 0 && io_write(fd, k->buffer, sizeof k->buffer) == 0 && cache_give_away(k, fd);

    if (!good)
        err_sys(e, ERR_SYSTEM, "no file can be made");
    io_close(&fd);
    return good;
}

static bool add_text(struct sha256 *d, const char *s, struct err *e)
{
    return sha256_update(d, s, strlen(s) + 1, e) == 0;
}

static bool add_profile(struct sha256 *d, const char *profile, struct err *e)
{
    const uint8_t version = DEID_VERSION;

    return !profile ||
           (add_text(d, profile, e) && sha256_update(d, &version, sizeof version, e) == 0);
}

bool cache_digest(const struct cache_key *key, uint8_t out[SHA256_BYTES])
{
    uint8_t numbers[16];
    struct err e = ERR_INIT;
    struct sha256 d;
    bool good;

    le32_put(le32_put(le64_put(numbers, key->source_size), key->source_crc), key->codec_version);
    good = sha256_open(&d, &e) == 0 && add_text(&d, key->sop_uid, &e) &&
           add_text(&d, key->target, &e) && add_profile(&d, key->profile, &e) &&
           sha256_update(&d, numbers, sizeof numbers, &e) == 0 && sha256_finish(&d, out, &e) == 0;
    sha256_close(&d);
    return good;
}

static void name_entry(const uint8_t key[SHA256_BYTES], bool packed, char out[CACHE_NAME_BUFFER])
{
    memcpy(hex_write(out, key, CACHE_NAME_DIGITS / 2), packed ? "-d" : "-s", 3);
}

static void write_trailer(const uint8_t key[SHA256_BYTES], const struct helper_result *r,
                          uint8_t out[TRAILER])
{
    uint8_t *at = mempcpy(mempcpy(out, MAGIC, MAGIC_BYTES), key, SHA256_BYTES);

    at = le64_put(le64_put(at, r->size), r->deflated);
    at = le32_put(le32_put(le32_put(at, r->crc), r->packed_crc), r->packed);
    le32_put(at, crc_update(0, out, TRAILER - 4));
}

static bool read_trailer(const uint8_t t[TRAILER], const uint8_t key[SHA256_BYTES],
                         struct helper_result *r)
{
    const uint8_t *at = t + MAGIC_BYTES + SHA256_BYTES;

    if (memcmp(t, MAGIC, MAGIC_BYTES) != 0 || memcmp(t + MAGIC_BYTES, key, SHA256_BYTES) != 0 ||
        le32_get(t + TRAILER - 4) != crc_update(0, t, TRAILER - 4))
        return false;
    r->size = le64_get(at);
    r->deflated = le64_get(at + 8);
    r->crc = le32_get(at + 16);
    r->packed_crc = le32_get(at + 20);
    r->packed = le32_get(at + 24) == 1;
    return true;
}

static uint64_t bytes_of(const struct helper_result *r)
{
    return r->packed ? r->deflated : r->size;
}

/* Check all of the data before any of it is used. */
static bool cache_is_sound(struct cache *k, int fd, const uint8_t key[SHA256_BYTES], bool packed,
                           struct helper_result *r)
{
    uint8_t trailer[TRAILER];
    struct stat st;
    uint32_t crc = 0;
    uint64_t bytes;

    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != k->owner || st.st_size < TRAILER)
        return false;
    bytes = (uint64_t)st.st_size - TRAILER;
    if (io_pread(fd, trailer, TRAILER, bytes) != TRAILER || !read_trailer(trailer, key, r) ||
        r->packed != packed || bytes_of(r) != bytes)
        return false;
    for (uint64_t at = 0; at < bytes; at += CACHE_READ_SIZE) {
        size_t len = bytes - at < CACHE_READ_SIZE ? (size_t)(bytes - at) : CACHE_READ_SIZE;

        if (io_pread(fd, k->buffer, len, at) != (ssize_t)len)
            return false;
        crc = crc_update(crc, k->buffer, len);
    }
    return crc == r->packed_crc;
}

static bool get(struct cache *k, const uint8_t key[SHA256_BYTES], bool packed,
                struct helper_result *r)
{
    char name[CACHE_NAME_BUFFER];
    int fd;

    name_entry(key, packed, name);
    fd = openat(k->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno != ELOOP)
        return false;
    if (fd >= 0 && cache_is_sound(k, fd, key, packed, r)) {
        (void)!futimens(fd, (struct timespec[2]){{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}});
        r->fd = fd;
        return true;
    }
    (void)!unlinkat(k->folder, name, 0);
    io_close(&fd);
    return false;
}

/* Return whether a result is the one that a conversion with this packing would
 * give. */
static bool cache_fits(const struct helper_result *r, enum helper_packing packing)
{
    if (!helper_packs(packing))
        return !r->packed && (r->deflated > 0 || packing == HELPER_PACK_NOTHING);
    return r->deflated > 0 &&
           r->packed == deflate_pays(r->size, r->deflated, packing == HELPER_PACK_ANY);
}

static bool find(struct cache *k, const struct cache_key *key, bool packed,
                 enum helper_packing packing, struct helper_result *r)
{
    uint8_t digest[SHA256_BYTES];

    *r = (struct helper_result){
        .kind = HELPER_CONVERT, .class = HELPER_INSTANCE, .fd = -1, .source_crc = key->source_crc};
    if (cache_digest(key, digest) && get(k, digest, packed, r) && cache_fits(r, packing))
        return true;
    io_close(&r->fd);
    return false;
}

/*
 * Deflate the data of `r`, block by block as everywhere, to `to`. Returns false
 * if the size differs from the recorded one.
 */
static bool deflate_to(const struct helper_result *r, int to, uint32_t *crc)
{
    uint8_t *in = malloc(DEFLATE_BLOCK), *out = malloc(DEFLATE_OUT_MAX);
    struct deflate *d = NULL;
    struct err none = ERR_INIT;
    uint64_t made = 0;
    bool good = in && out && deflate_open(&d, &none) == 0;

    for (uint64_t at = 0; good && at < r->size; at += DEFLATE_BLOCK) {
        size_t len = r->size - at < DEFLATE_BLOCK ? (size_t)(r->size - at) : DEFLATE_BLOCK, n = 0;

        good = io_pread(r->fd, in, len, at) == (ssize_t)len &&
               (n = deflate_block(d, in, len, at + len == r->size, out, &none)) > 0 &&
               io_write(to, out, n) == 0;
        *crc = crc_update(*crc, out, n);
        made += n;
    }
    deflate_close(d);
    free(in);
    free(out);
    return good && made == r->deflated;
}

/* A stored entry that is now wanted deflated needs no conversion. */
static bool pack_stored(struct cache *k, const struct cache_key *key, enum helper_packing packing,
                        struct helper_result *r)
{
    uint32_t crc = 0;
    int fd;

    if (!find(k, key, false, HELPER_PACK_MEASURE, r))
        return false;
    fd = deflate_pays(r->size, r->deflated, packing == HELPER_PACK_ANY) ? cache_make_file(k) : -1;
    if (fd < 0 || !deflate_to(r, fd, &crc)) {
        io_close(&fd);
        io_close(&r->fd);
        return false;
    }
    io_close(&r->fd);
    r->fd = fd;
    r->packed = true;
    r->packed_crc = crc;
    cache_put(k, key, r);
    return true;
}

bool cache_get(struct cache *k, const struct cache_key *key, enum helper_packing packing,
               struct helper_result *r)
{
    bool packed = helper_packs(packing);

    return (packed && find(k, key, true, packing, r)) || find(k, key, false, packing, r) ||
           (packed && pack_stored(k, key, packing, r));
}

void cache_drop(struct cache *k, const struct cache_key *key)
{
    uint8_t digest[SHA256_BYTES];
    char name[CACHE_NAME_BUFFER];

    for (int packed = 0; packed < 2 && cache_digest(key, digest); packed++) {
        name_entry(digest, packed, name);
        (void)!unlinkat(k->folder, name, 0);
    }
}

/* The file has no name until it is complete, so a failure leaves nothing. */
static bool write_entry(struct cache *k, const uint8_t key[SHA256_BYTES],
                        const struct helper_result *r, int fd)
{
    uint8_t trailer[TRAILER];
    char name[CACHE_NAME_BUFFER], self[32];
    uint64_t bytes = bytes_of(r) + TRAILER;
    int why = 0;

    write_trailer(key, r, trailer);
    if (io_copy(fd, r->fd, bytes_of(r)) || io_write(fd, trailer, TRAILER) ||
        !cache_give_away(k, fd))
        return false;
    if (!cache_space_take(k->folder, k->total, bytes, k->limit))
        return true; /* no space or no time: not an error */
    name_entry(key, r->packed, name);
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, k->folder, name, AT_SYMLINK_FOLLOW))
        why = errno;
    cache_space_done(k->total, bytes, why == 0);
    errno = why;
    return why == 0 || why == EEXIST; /* another process made the same entry */
}

void cache_put(struct cache *k, const struct cache_key *key, const struct helper_result *r)
{
    uint8_t digest[SHA256_BYTES];
    bool good;
    int fd;

    if (!cache_holds(k, bytes_of(r), bytes_of(r)) || !cache_digest(key, digest))
        return;
    fd = cache_make_file(k);
    good = fd >= 0 && write_entry(k, digest, r, fd);
    if (!good && !k->logged)
        log_warn("%s: a result cannot be kept: %s", k->name, strerror(errno));
    k->logged |= !good;
    io_close(&fd);
}
