/* SPDX-License-Identifier: MIT */
/* What pool.h makes of files: results as wadozip-dicom gives them. */
#ifndef WADOZIP_TESTS_UNIT_BODY_MADE_H
#define WADOZIP_TESTS_UNIT_BODY_MADE_H

#include "tests/unit/body/fixture.h"

#include <sys/mman.h>

#include "base/deflate.h"

static inline void fixture_convert(int fd, struct helper_result *r)
{
    uint8_t data[4096] = "conv:";
    ssize_t n = 5;

    r->fd = memfd_create("converted", MFD_CLOEXEC);
    do {
        if (r->size)
            r->source_crc = crc_update(r->source_crc, data, (size_t)n);
        r->crc = crc_update(r->crc, data, (size_t)n);
        r->size += (uint64_t)n;
        assert_int_equal(io_write(r->fd, data, (size_t)n), 0);
        n = read(fd, data, sizeof data);
    } while (n > 0);
    r->packed_crc = r->crc;
}

/* Takes the place of a result whose first `shrinks` bytes are what it is
 * deflated to. */
static inline void fixture_pack(struct helper_result *r, uint64_t shrinks,
                                enum helper_packing packing)
{
    uint8_t data[4096] = {0};

    r->deflated = shrinks < r->size ? r->size - shrinks : r->size + 5;
    if (packing == HELPER_PACK_MEASURE ||
        !deflate_pays(r->size, r->deflated, packing == HELPER_PACK_ANY))
        return;
    r->packed = true;
    assert_int_equal(ftruncate(r->fd, (off_t)r->deflated), 0);
    assert_int_equal(io_pread(r->fd, data, sizeof data, 0), r->deflated);
    r->packed_crc = crc_update(0, data, r->deflated);
}

#endif
