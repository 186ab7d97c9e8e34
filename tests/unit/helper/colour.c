/* SPDX-License-Identifier: MIT */
/* Colour whose chrominance the attributes tell otherwise than the frames have
 * it. */
#include "dicom/transfer_syntax.h"
#include "tests/unit/helper/images.h"

#define MEMORY ((uint64_t)512 << 20)
#define SIDE 16
#define SAMPLES (SIDE * SIDE * 3)

static const char *const compressed[] = {TRANSFER_SYNTAX_RLE, "1.2.840.10008.1.2.4.70",
                                         "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"};

static uint8_t sample(size_t i)
{
    return (uint8_t)(i * 7 + i / SIDE);
}

/* A native image of three samples a pixel, or in 4:2:2 of two. */
static int colour_file(const char *photometric, size_t bytes)
{
    static const uint16_t numbers[][2] = {{0x06, 0},  {0x10, SIDE}, {0x11, SIDE}, {0x100, 8},
                                          {0x101, 8}, {0x102, 7},   {0x103, 0}};
    uint8_t data[256 + SAMPLES], *to = data;

    to = mempcpy(to, "\x28\0\x02\0\x02\0\0\0\x03\0\x28\0\x04\0", 14);
    to = mempcpy(to, (uint8_t[]){(uint8_t)strlen(photometric), 0, 0, 0}, 4);
    to = mempcpy(to, photometric, strlen(photometric));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        to = mempcpy(to,
                     (uint8_t[]){0x28, 0, (uint8_t)numbers[i][0], (uint8_t)(numbers[i][0] >> 8), 2,
                                 0, 0, 0, (uint8_t)numbers[i][1], 0},
                     10);
    to = mempcpy(to, (uint8_t[]){0xe0, 0x7f, 0x10, 0, (uint8_t)bytes, (uint8_t)(bytes >> 8), 0, 0},
                 8);
    for (size_t i = 0; i < bytes; i++)
        *to++ = sample(i);
    return implicit_file(data, (size_t)(to - data));
}

/* The same file with another Photometric Interpretation, of 8 characters before
 * and a multiple of two now. */
static int renamed(const struct bytes *b, const char *photometric)
{
    static const char head[] = "\x28\0\x04\0CS";
    uint8_t *at = memmem(b->data, b->len, head, sizeof head - 1);
    int fd;

    assert_non_null(at);
    assert_int_equal(at[6], 8);
    at[6] = (uint8_t)strlen(photometric);
    fd = file_of(b->data, (size_t)(at + 8 - b->data));
    assert_int_equal(io_write(fd, photometric, strlen(photometric)), 0);
    assert_int_equal(io_write(fd, at + 16, b->len - (size_t)(at + 16 - b->data)), 0);
    return fd;
}

static void expect_samples(const struct bytes *b)
{
    static const char photometric[] = "\x28\0\x04\0CS\x08\0YBR_FULL\x28\0";
    static const char pixels[] = "\xe0\x7f\x10\0OB\0\0\x00\x03\0\0";
    const uint8_t *at;

    assert_non_null(memmem(b->data, b->len, photometric, sizeof photometric - 1));
    at = memmem(b->data, b->len, pixels, sizeof pixels - 1);
    assert_non_null(at);
    at += sizeof pixels - 1;
    assert_int_equal(b->len - (size_t)(at - b->data), SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++)
        assert_int_equal(at[i], sample(i));
}

/* What a codestream holds in full is handed out in full, as YBR_FULL, even
 * where it is called 4:2:2. */
static void test_called_422(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++) {
        struct bytes there = convert_well(p, colour_file("YBR_FULL", SAMPLES), compressed[i]);
        struct bytes back =
            convert_well(p, renamed(&there, "YBR_FULL_422"), TRANSFER_SYNTAX_EXPLICIT_LE);

        expect_samples(&back);
        free(there.data);
        free(back.data);
    }
    helper_pool_close(p);
}

static void expect_refused(struct helper_pool *p, int fd, const char *target, const char *why)
{
    struct helper_result r = convert(p, fd, target);

    if (r.class != HELPER_REFUSED || !strstr(r.reason, why))
        fail_msg("%s: %d: %s", target, (int)r.class, r.reason);
}

/* What would come out with other colours, or with a part of the pixels, is
 * refused. */
static void test_refused(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++) {
        struct bytes there = convert_well(p, colour_file("YBR_FULL", SAMPLES), compressed[i]);

        expect_refused(p, renamed(&there, "YBR_PARTIAL_422 "), TRANSFER_SYNTAX_EXPLICIT_LE,
                       "YBR_PARTIAL_422");
        expect_refused(p, colour_file("YBR_PARTIAL_422 ", SAMPLES / 3 * 2), compressed[i],
                       "YBR_PARTIAL_422");
        expect_refused(p, colour_file("YBR_FULL_422", SAMPLES), compressed[i],
                       "longer than colour in 4:2:2");
        free(there.data);
    }
    helper_pool_close(p);
}

/* Native 4:2:2 has its chrominance for every second pixel only: each gets it.
 */
static void test_native_422(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct bytes there =
        convert_well(p, colour_file("YBR_FULL_422", SAMPLES / 3 * 2), TRANSFER_SYNTAX_RLE);
    struct bytes back =
        convert_well(p, file_of(there.data, there.len), TRANSFER_SYNTAX_EXPLICIT_LE);
    const uint8_t *at = back.data + back.len - SAMPLES;

    (void)state;
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        assert_int_equal(at[3 * i], sample(i / 2 * 4 + i % 2));
        assert_int_equal(at[3 * i + 1], sample(i / 2 * 4 + 2));
        assert_int_equal(at[3 * i + 2], sample(i / 2 * 4 + 3));
    }
    free(there.data);
    free(back.data);
    helper_pool_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_called_422),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_native_422)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
