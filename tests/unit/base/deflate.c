/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <zlib.h>

#include "base/deflate.h"

static uint8_t *in, *out, *back;

#define INPUT (3 * DEFLATE_BLOCK + 12345)

/* Compresses len bytes of `in` as a member, each block with another compressor
 * when `apart`. */
static size_t member(size_t len, bool apart)
{
    struct err e = ERR_INIT;
    struct deflate *d = NULL;
    size_t made = 0, at = 0;

    do {
        size_t n = len - at < DEFLATE_BLOCK ? len - at : DEFLATE_BLOCK, m;

        if (apart || !d) {
            deflate_close(d);
            assert_ok(deflate_open(&d, &e), &e);
        }
        m = deflate_block(d, in + at, n, at + n == len, out + made, &e);
        assert_in_range(m, 1, DEFLATE_OUT_MAX);
        made += m;
        at += n;
    } while (at < len);
    deflate_close(d);
    return made;
}

static void inflated_again(size_t len, size_t made)
{
    z_stream s = {0};

    assert_int_equal(inflateInit2(&s, -15), Z_OK);
    s.next_in = out;
    s.avail_in = (uInt)made;
    s.next_out = back;
    s.avail_out = INPUT;
    assert_int_equal(inflate(&s, Z_FINISH), Z_STREAM_END);
    assert_int_equal(s.total_out, len);
    assert_int_equal(s.avail_in, 0);
    assert_memory_equal(in, back, len);
    inflateEnd(&s);
}

static void fill(int kind)
{
    uint32_t x = 7;

    for (size_t i = 0; i < INPUT; i++) {
        x = x * 1664525u + 1013904223u;
        in[i] = (uint8_t)(kind == 0   ? 0
                          : kind == 1 ? x >> 24
                                      : (i % 2 ? 1 : 30 + ((x >> 24) & 31)));
    }
}

static void blocks_join_to_one_stream(void **state)
{
    static const size_t lengths[] = {
        0, 1, 100, 65536, DEFLATE_BLOCK - 1, DEFLATE_BLOCK, DEFLATE_BLOCK + 1, INPUT};

    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        fill(kind);
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            inflated_again(lengths[i], member(lengths[i], false));
    }
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    uint32_t first;
    size_t made;

    (void)state;
    fill(2);
    made = member(INPUT, false);
    first = (uint32_t)crc32_z(0, out, made);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(member(INPUT, i % 2), made);
        assert_int_equal(crc32_z(0, out, made), first);
    }
    assert_true(made < INPUT * 3 / 4);
}

/* igzip's levels 1 and 2 fail here: what they make depends on where the
 * compressor lies, in one of some thousand pieces. */
static void where_the_compressor_lies_does_not_matter(void **state)
{
    enum { COMPRESSORS = 300, PIECES = 64, PIECE = 20011 };
    struct err e = ERR_INIT;
    struct deflate *d[COMPRESSORS];
    uint32_t first[PIECES];

    (void)state;
    fill(2);
    for (size_t n = 0; n < COMPRESSORS; n++) {
        assert_ok(deflate_open(&d[n], &e), &e);
        for (size_t i = 0; i < PIECES; i++) {
            size_t made = deflate_block(d[n], in + 17 * i, PIECE, true, out, &e);
            uint32_t crc = (uint32_t)crc32_z(0, out, made);

            assert_true(made > 0);
            first[i] = n ? first[i] : crc;
            assert_int_equal(crc, first[i]);
        }
    }
    for (size_t n = 0; n < COMPRESSORS; n++)
        deflate_close(d[n]);
}

static void identity_names_library_and_fingerprint(void **state)
{
    char first[DEFLATE_IDENTITY_MAX];

    (void)state;
    snprintf(first, sizeof first, "%s", deflate_identity());
    assert_string_equal(first, deflate_identity());
    assert_true(strncmp(first, "isal-", 5) == 0 || strncmp(first, "zlib-", 5) == 0);
    assert_null(strstr(first, "-00000000"));
}

static void description_says_the_same(void **state)
{
    const char *fingerprint = strrchr(deflate_identity(), '-') + 1, *text = deflate_description();

    (void)state;
    assert_string_equal(strrchr(text, ' ') + 1, fingerprint);
    assert_true(strncmp(text, "ISA-L igzip ", 12) == 0 || strncmp(text, "zlib ", 5) == 0);
    assert_int_equal(*text == 'I', *deflate_identity() == 'i');
    assert_non_null(strstr(text, ", blocks of 1024 KiB, "));
}

static void a_block_too_long_is_refused(void **state)
{
    struct err e = ERR_INIT;
    struct deflate *d;

    (void)state;
    assert_ok(deflate_open(&d, &e), &e);
    assert_int_equal(deflate_block(d, in, DEFLATE_BLOCK + 1, true, out, &e), 0);
    assert_int_equal(e.kind, ERR_SYSTEM);
    deflate_close(d);
}

static int make(void **state)
{
    (void)state;
    in = malloc(INPUT);
    out = malloc(4 * DEFLATE_OUT_MAX);
    back = malloc(INPUT);
    return !in || !out || !back;
}

static int clean(void **state)
{
    (void)state;
    free(in);
    free(out);
    free(back);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_join_to_one_stream),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(where_the_compressor_lies_does_not_matter),
        cmocka_unit_test(identity_names_library_and_fingerprint),
        cmocka_unit_test(description_says_the_same),
        cmocka_unit_test(a_block_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
