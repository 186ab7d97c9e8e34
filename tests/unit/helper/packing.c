/* SPDX-License-Identifier: MIT */
/* Results of conversions that are handed over deflated. */
#include "tests/unit/helper/images.h"

#include <zlib.h>

#define MEMORY ((uint64_t)512 << 20)

/* What a deflated result inflates to. */
static struct bytes inflate_all(const struct bytes *packed, size_t size)
{
    struct bytes b = {malloc(size + 1), size};
    z_stream z = {.next_in = packed->data,
                  .avail_in = (uInt)packed->len,
                  .next_out = b.data,
                  .avail_out = (uInt)size + 1};

    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, size);
    inflateEnd(&z);
    return b;
}

static struct helper_result pack(struct helper_pool *p, int fd, const char *target,
                                 enum helper_packing packing)
{
    struct err e = ERR_INIT;
    struct helper_result r;

    assert_ok(
        helper_pool_order(
            p, fd, &(const struct helper_order){HELPER_CONVERT, packing, target, NULL, 5}, &e),
        &e);
    r = pool_result(p);
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    return r;
}

/* In memory and through the spool files; twice the same. */
static void test_packed(void **state)
{
    struct helper_pool *p = pool_open(2, MEMORY, POOL_SECONDS);
    const unsigned frames[] = {3, 80}; /* 80: more than memory takes */

    (void)state;
    for (size_t n = 0; n < 2; n++) {
        struct bytes plain =
            convert_well(p, image_file(frames[n], 512, 512), TRANSFER_SYNTAX_EXPLICIT_LE);
        uint32_t crc = 0;

        for (int twice = 0; twice < 2; twice++) {
            struct helper_result r = pack(p, image_file(frames[n], 512, 512),
                                          TRANSFER_SYNTAX_EXPLICIT_LE, HELPER_PACK_TENTH);
            struct bytes packed = slurp(r.fd), back = inflate_all(&packed, plain.len);

            assert_true(r.packed);
            assert_int_equal(r.size, plain.len);
            assert_int_equal(r.deflated, packed.len);
            assert_int_equal(r.packed_crc, crc_update(0, packed.data, packed.len));
            assert_int_equal(r.crc, crc_update(0, plain.data, plain.len));
            assert_memory_equal(back.data, plain.data, plain.len);
            assert_true(twice == 0 || crc == r.packed_crc);
            crc = r.packed_crc;
            free(packed.data);
            free(back.data);
            close(r.fd);
        }
        free(plain.data);
    }
    helper_pool_close(p);
}

/* What does not shrink, or not by a tenth, comes as it is, with the size that
 * deflate would make; others are not tried. */
static void test_not_packed(void **state)
{
    static uint8_t noise[100000];
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result r;

    (void)state;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = i < 5000 ? 0 : (uint8_t)(rand() >> 7);
    memcpy(noise, "\x11\0\x10\x10\x98\x86\x01\0", 8); /* a private value of all the rest */
    r = pack(p, implicit_file(noise, sizeof noise), TRANSFER_SYNTAX_EXPLICIT_LE, HELPER_PACK_TENTH);
    assert_false(r.packed);
    assert_true(r.deflated > r.size * 9 / 10 && r.deflated < r.size);
    assert_int_equal(r.packed_crc, r.crc);
    close(r.fd);
    r = pack(p, implicit_file(noise, sizeof noise), TRANSFER_SYNTAX_EXPLICIT_LE, HELPER_PACK_ANY);
    assert_true(r.packed);
    close(r.fd);
    r = pack(p, image_file(2, 100, 100), TRANSFER_SYNTAX_RLE, HELPER_PACK_ANY);
    assert_false(r.packed);
    assert_int_equal(r.deflated, 0);
    close(r.fd);
    helper_pool_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_packed),
                                       cmocka_unit_test(test_not_packed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
