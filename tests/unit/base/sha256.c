/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/crc.h"
#include "base/hex.h"
#include "base/sha256.h"

/* FIPS 180-2 B.1 and B.3. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void expect(const uint8_t digest[SHA256_BYTES], const char *hex)
{
    char got[2 * SHA256_BYTES + 1];

    hex_write(got, digest, SHA256_BYTES);
    assert_string_equal(got, hex);
}

static void pieces_make_a_digest(void **state)
{
    uint8_t digest[SHA256_BYTES];
    struct err e = ERR_INIT;
    struct sha256 d;

    (void)state;
    assert_ok(sha256_open(&d, &e), &e);
    assert_ok(sha256_update(&d, "a", 1, &e), &e);
    assert_ok(sha256_update(&d, "bc", 2, &e), &e);
    assert_ok(sha256_finish(&d, digest, &e), &e);
    sha256_close(&d);
    expect(digest, ABC);
    assert_ok(sha256_bytes("abc", 3, digest, &e), &e);
    expect(digest, ABC);
}

static void one_that_is_not_open_ignores_data(void **state)
{
    struct sha256 d = {NULL};
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(sha256_update(&d, "abc", 3, &e), &e);
    sha256_close(&d);
}

static void a_file_is_read_as_far_as_asked(void **state)
{
    uint8_t digest[SHA256_BYTES], data[1000];
    struct err e = ERR_INIT;
    uint32_t crc;
    int fd = memfd_create("digest", MFD_CLOEXEC);

    (void)state;
    memset(data, 'a', sizeof data);
    assert_true(fd >= 0);
    for (int i = 0; i < 1001; i++)
        assert_int_equal(write(fd, data, sizeof data), sizeof data);
    assert_ok(sha256_file(fd, 1000000, digest, &crc, &e), &e);
    expect(digest, MILLION);
    assert_int_equal(crc, 0xdc25bfbc);
    assert_ok(sha256_file(fd, 0, digest, &crc, &e), &e);
    expect(digest, EMPTY);
    assert_int_equal(crc, 0);
    assert_err(sha256_file(fd, 1001001, digest, &crc, &e), ERR_DATA, &e);
    close(fd);
    assert_err(sha256_file(-1, 1, digest, &crc, &e), ERR_DATA, &e);
}

/* The deflate stream's bytes one by one: each that is missing, or one too many,
 * is noticed. */
static void a_deflate_stream_is_looked_into(void **state)
{
    static uint8_t data[1000000], out[20000];
    z_stream z = {
        .next_in = data, .avail_in = sizeof data, .next_out = out, .avail_out = sizeof out};
    uint8_t digest[SHA256_BYTES];
    struct err e = ERR_INIT;
    uint32_t crc;
    int fd = memfd_create("digest", MFD_CLOEXEC);

    (void)state;
    memset(data, 'a', sizeof data);
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(write(fd, out, z.total_out + 1), z.total_out + 1);
    assert_ok(sha256_deflated(fd, z.total_out, digest, &crc, &e), &e);
    expect(digest, MILLION);
    assert_int_equal(crc, 0xdc25bfbc);
    assert_err(sha256_deflated(fd, z.total_out + 1, digest, &crc, &e), ERR_DATA, &e);
    for (uint64_t n = 0; n < z.total_out; n += n < 100 ? 1 : 97)
        assert_err(sha256_deflated(fd, n, digest, &crc, &e), ERR_DATA, &e);
    deflateEnd(&z);
    close(fd);
}

static void expect_deflated(const uint8_t *data, size_t size)
{
    static uint8_t out[3 << 17];
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)data,
                  .avail_in = (uInt)size,
                  .next_out = out,
                  .avail_out = sizeof out};
    uint8_t digest[SHA256_BYTES];
    struct err e = ERR_INIT;
    uint32_t crc;
    int fd = memfd_create("digest", MFD_CLOEXEC);

    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(write(fd, out, z.total_out), z.total_out);
    assert_ok(sha256_deflated(fd, z.total_out, digest, &crc, &e), &e);
    assert_int_equal(crc, crc_update(0, data, size));
    deflateEnd(&z);
    close(fd);
}

/* A stream whose last byte fills the buffer that it is inflated into has ended,
 * too. */
static void a_deflate_stream_may_end_with_a_full_buffer(void **state)
{
    static uint8_t data[3 << 16];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * i >> 7);
    for (size_t size = 1 << 16; size <= sizeof data; size += 1 << 15)
        expect_deflated(data, size);
}

/* One byte stands for thousands of others, which do not fit into the buffer
 * with it. */
static void a_deflate_stream_may_outlast_its_input(void **state)
{
    static uint8_t data[(1 << 16) + 3000];

    (void)state;
    for (size_t size = 1 << 16; size <= sizeof data; size += 50)
        expect_deflated(data, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_make_a_digest),
        cmocka_unit_test(one_that_is_not_open_ignores_data),
        cmocka_unit_test(a_file_is_read_as_far_as_asked),
        cmocka_unit_test(a_deflate_stream_is_looked_into),
        cmocka_unit_test(a_deflate_stream_may_end_with_a_full_buffer),
        cmocka_unit_test(a_deflate_stream_may_outlast_its_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
