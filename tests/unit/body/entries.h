/* SPDX-License-Identifier: MIT */
/* Made-up results of conversions, into a cache and out of it. */
#ifndef WADOZIP_TESTS_UNIT_BODY_ENTRIES_H
#define WADOZIP_TESTS_UNIT_BODY_ENTRIES_H

#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/io.h"
#include "body/cache.h"

#define BYTES 100000 /* of a member: ten of them fit */
#define ENTRY (BYTES + 72)

static inline struct cache_key key_of(uint32_t n)
{
    return (struct cache_key){.sop_uid = "1.2.3.4",
                              .target = "1.2.840.10008.1.2.1",
                              .source_size = 77,
                              .source_crc = n,
                              .codec_version = 5};
}

/* A result of the number n, as helper_pool_next gives them. */
static inline struct helper_result result(uint32_t n, bool packed)
{
    struct helper_result r = {.class = HELPER_INSTANCE,
                              .fd = memfd_create("result", MFD_CLOEXEC),
                              .size = BYTES,
                              .packed = packed,
                              .source_crc = n,
                              .crc = n + 1};
    uint8_t data[BYTES];

    memset(data, (int)n, sizeof data);
    if (packed)
        r.size = 3 * BYTES;
    r.deflated = packed ? BYTES : 0;
    r.packed_crc = crc_update(0, data, sizeof data);
    assert_int_equal(io_write(r.fd, data, sizeof data), 0);
    return r;
}

static inline void put(struct cache *k, uint32_t n, bool packed)
{
    const struct cache_key key = key_of(n);
    struct helper_result r = result(n, packed);

    cache_put(k, &key, &r);
    close(r.fd);
}

static inline bool has(struct cache *k, uint32_t n, enum helper_packing packing)
{
    const struct cache_key key = key_of(n);
    struct helper_result r;
    uint8_t data[BYTES + 1];
    struct stat st;

    if (!cache_get(k, &key, packing, &r))
        return false;
    assert_int_equal(r.class, HELPER_INSTANCE);
    assert_int_equal(r.source_crc, n);
    assert_int_equal(r.crc, n + 1);
    assert_int_equal(r.packed, packing != HELPER_PACK_NOTHING);
    assert_int_equal(r.size, r.packed ? 3 * BYTES : BYTES);
    assert_int_equal(io_pread(r.fd, data, BYTES, 0), BYTES);
    assert_int_equal(crc_update(0, data, BYTES), r.packed_crc);
    assert_int_equal(data[BYTES / 2], n & 255);
    assert_int_equal(fstat(r.fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    close(r.fd);
    return true;
}

#endif
