/* SPDX-License-Identifier: MIT */
/* What wadozip-dicom makes of files, as bytes. */
#ifndef WADOZIP_TESTS_UNIT_HELPER_RESULTS_H
#define WADOZIP_TESTS_UNIT_HELPER_RESULTS_H

#include "base/crc.h"
#include "base/io.h"
#include "dicom/transfer_syntax.h"
#include "helper/helper_pool.h"
#include "tests/unit/helper/pool.h"

/* The bytes of a descriptor. */
struct bytes {
    uint8_t *data;
    size_t len;
};

static inline struct bytes slurp(int fd)
{
    struct stat st;
    struct bytes b;

    assert_int_equal(fstat(fd, &st), 0);
    b.len = (size_t)st.st_size;
    b.data = malloc(b.len + 1);
    assert_non_null(b.data);
    assert_int_equal(io_pread(fd, b.data, b.len, 0), (ssize_t)b.len);
    return b;
}

static inline struct helper_result convert(struct helper_pool *p, int fd, const char *target)
{
    struct err e = ERR_INIT;

    assert_ok(helper_pool_submit(p, HELPER_CONVERT, fd, target, 5, &e), &e);
    return pool_result(p);
}

/* Converts and returns the result's bytes, which must be as large and have the
 * CRC-32 that is reported. */
static inline struct bytes convert_well(struct helper_pool *p, int fd, const char *target)
{
    struct helper_result r = convert(p, fd, target);
    struct bytes b;

    if (r.class != HELPER_INSTANCE)
        fail_msg("%s: %s", target, r.reason);
    b = slurp(r.fd);
    assert_int_equal(r.size, b.len);
    assert_int_equal(r.crc, crc_update(0, b.data, b.len));
    assert_int_equal(r.cookie, 5);
    close(r.fd);
    return b;
}

static inline int file_of(const void *data, size_t len)
{
    int fd = memfd_create("bytes", MFD_CLOEXEC);

    assert_int_equal(io_write(fd, data, len), 0);
    return fd;
}

#endif
