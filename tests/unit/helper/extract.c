/* SPDX-License-Identifier: MIT */
/* Values of elements. Files are made here, by hand. */
#include "base/crc.h"
#include "base/io.h"
#include "dicom/element_path.h"
#include "dicom/transfer_syntax.h"
#include "helper/helper_pool.h"
#include "tests/unit/helper/pool.h"

#define MEMORY ((uint64_t)512 << 20)
#define ROOM 4096
#define IMAGE_LE(rows, columns, bits, high) \
    "\x28\0\x02\0US\2\0\1\0" \
    "\x28\0\x04\0CS\x0c\0MONOCHROME2 " \
    "\x28\0\x10\0US\2\0" rows "\0" \
    "\x28\0\x11\0US\2\0" columns "\0" \
    "\x28\0\0\1US\2\0" bits "\0" \
    "\x28\0\1\1US\2\0" bits "\0" \
    "\x28\0\2\1US\2\0" high "\0" \
    "\x28\0\3\1US\2\0\0\0"
#define JPEG "1.2.840.10008.1.2.4.50"
#define MPEG4 "1.2.840.10008.1.2.4.102"
#define JPEG_XL "1.2.840.10008.1.2.4.110" /* no decoder */

struct data {
    size_t len;
    const char *bytes;
};

#define DATA(text) ((struct data){sizeof(text) - 1, text})

static int file_of(const char *syntax, struct data d)
{
    static const char classes[] = "\x08\0\x16\0UI\x1a\0"
                                  "1.2.840.10008.5.1.4.1.1.7\0"
                                  "\x08\0\x18\0UI\x08\0"
                                  "2.25.12\0";
    static const char big[] = "\0\x08\0\x18UI\0\x08" "2.25.12\0";
    static const char implicit[] = "\x08\0\x18\0\x08\0\0\0" "2.25.12\0";
    size_t n = strlen(syntax) + strlen(syntax) % 2;
    char head[128 + 4 + 8 + UID_MAX + 2] = "";
    int fd = memfd_create("made", MFD_CLOEXEC);

    memcpy(head + 128, "DICM\2\0\x10\0UI", 10);
    head[138] = (char)n;
    snprintf(head + 140, sizeof head - 140, "%s", syntax);
    assert_int_equal(io_write(fd, head, 140 + n), 0);
    if (strcmp(syntax, TRANSFER_SYNTAX_EXPLICIT_BE) == 0)
        assert_int_equal(io_write(fd, big, sizeof big - 1), 0);
    else if (strcmp(syntax, TRANSFER_SYNTAX_IMPLICIT_LE) == 0)
        assert_int_equal(io_write(fd, implicit, sizeof implicit - 1), 0);
    else
        assert_int_equal(io_write(fd, classes, sizeof classes - 1), 0);
    assert_int_equal(io_write(fd, d.bytes, d.len), 0);
    return fd;
}

static struct helper_result ask(struct helper_pool *p, enum helper_job_kind kind, int fd,
                                const char *target)
{
    struct err e = ERR_INIT;

    assert_ok(helper_pool_submit(p, kind, fd, target, 5, &e), &e);
    return pool_result(p);
}

/* The result as bytes; it must be sealed, as large and have the CRC-32 that is
 * reported. */
static void expect_bytes(struct helper_pool *p, int fd, const char *path, struct data want)
{
    struct helper_result r = ask(p, HELPER_EXTRACT, fd, path);
    char got[ROOM];

    if (r.class != HELPER_INSTANCE)
        fail_msg("%s: %d: %s", path, (int)r.class, r.reason);
    assert_int_equal(r.size, want.len);
    assert_int_equal(io_pread(r.fd, got, sizeof got, 0), (ssize_t)want.len);
    assert_memory_equal(got, want.bytes, want.len);
    assert_int_equal(r.crc, crc_update(0, want.bytes, want.len));
    assert_int_equal(fcntl(r.fd, F_GET_SEALS) & F_SEAL_WRITE, F_SEAL_WRITE);
    close(r.fd);
}

static void expect_class(struct helper_pool *p, int fd, const char *path, enum helper_class want,
                         const char *reason)
{
    struct helper_result r = ask(p, HELPER_EXTRACT, fd, path);

    if (r.class != want || !strstr(r.reason, reason))
        fail_msg("%s: %d instead of %d: %s", path, (int)r.class, (int)want, r.reason);
    assert_int_equal(r.fd, -1);
}

static void test_native(void **state)
{
    static const struct {
        const char *syntax, *path;
        struct data data, want;
    } cases[] = {
        {TRANSFER_SYNTAX_EXPLICIT_LE, "7FE00010",
         DATA(IMAGE_LE("\2", "\2", "\x08", "\7") "\xe0\x7f\x10\0OB\0\0\4\0\0\0abcd"), DATA("abcd")},
        {TRANSFER_SYNTAX_EXPLICIT_LE, "7FE00010",
         DATA(IMAGE_LE("\1", "\2", "\x10", "\x0f") "\xe0\x7f\x10\0OW\0\0\4\0\0\0abcd"),
         DATA("abcd")},
        {TRANSFER_SYNTAX_EXPLICIT_LE, "00100010", DATA("\x10\0\x10\0PN\6\0A^B=C "), DATA("A^B=C ")},
        {TRANSFER_SYNTAX_EXPLICIT_LE, "00100010", DATA("\x10\0\x10\0PN\0\0"), DATA("")},
        {TRANSFER_SYNTAX_EXPLICIT_LE, "0029100A",
         DATA("\x29\0\x10\0LO\4\0acme\x29\0\x0a\x10UN\0\0\6\0\0\0\0\1\2\3\4\5"),
         DATA("\0\1\2\3\4\5")},
        {TRANSFER_SYNTAX_IMPLICIT_LE, "0029100A", DATA("\x29\0\x0a\x10\6\0\0\0\0\1\2\3\4\5"),
         DATA("\0\1\2\3\4\5")},
        {TRANSFER_SYNTAX_IMPLICIT_LE, "7FE00010", DATA("\xe0\x7f\x10\0\4\0\0\0abcd"), DATA("abcd")},
        {TRANSFER_SYNTAX_EXPLICIT_LE, "60023000", DATA("\x02\x60\0\x30OW\0\0\4\0\0\0abcd"),
         DATA("abcd")},
        {TRANSFER_SYNTAX_EXPLICIT_LE, "00420011", DATA("\x42\0\x11\0OB\0\0\4\0\0\0%PDF"),
         DATA("%PDF")},
    };
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_bytes(p, file_of(cases[i].syntax, cases[i].data), cases[i].path, cases[i].want);
    helper_pool_close(p);
}

/* Words are swapped as wide as their VR has them (PS3.5 7.3); what no VR
 * explains stays as it is. */
static void test_big_endian(void **state)
{
    static const char data[] = "\0\x28\1\0US\0\2\0\x10"
                               "\0\x29\x10\x0aUN\0\0\0\0\0\4abcd"
                               "\0\x42\0\x11OB\0\0\0\0\0\4abcd"
                               "\0\x66\0\x16OF\0\0\0\0\0\x8"
                               "abcdefgh"
                               "\0\x66\0\x23OW\0\0\0\0\0\4abcd"
                               "\x7f\xe0\0\x09OD\0\0\0\0\0\x8"
                               "abcdefgh"
                               "\x7f\xe0\0\x10OW\0\0\0\0\0\4\1\2\3\4";
    static const struct {
        const char *path;
        struct data want;
    } cases[] = {
        {"00280100", DATA("\x10\0")},   {"0029100A", DATA("abcd")}, {"00420011", DATA("abcd")},
        {"00660016", DATA("dcbahgfe")}, {"00660023", DATA("badc")}, {"7FE00009", DATA("hgfedcba")},
        {"7FE00010", DATA("\2\1\4\3")},
    };
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_bytes(p, file_of(TRANSFER_SYNTAX_EXPLICIT_BE, DATA(data)), cases[i].path,
                     cases[i].want);
    expect_class(p,
                 file_of(TRANSFER_SYNTAX_EXPLICIT_BE, DATA("\0\x28\1\0US\0\2\0\x20"
                                                           "\x7f\xe0\0\x10OW\0\0\0\0\0\4abcd")),
                 "7FE00010", HELPER_UNDECODABLE, "byte order");
    helper_pool_close(p);
}

/* An icon, the samples of a waveform, and an item of undefined length in
 * another. */
static void test_nested(void **state)
{
    static const char data[] =
        "\x88\0\0\2SQ\0\0\x14\0\0\0\xfe\xff\0\xe0\x0c\0\0\0\xe0\x7f\x10\0OB\0\0\0\0\0\0"
        "\0\x54\0\1SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff\xfe\xff\x0d\xe0\0\0\0\0"
        "\xfe\xff\0\xe0\xff\xff\xff\xff\0\x54\x10\x10OW\0\0\4\0\0\0abcd"
        "\0\x54\x0f\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\x0c\0\0\0\x10\0\0\x40LT\4\0deep\xfe\xff\xdd\xe0\0\0\0\0"
        "\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0";
    static const char *const absent[] = {
        "00100010",
        "54000100",
        "54000100/1/54001010",
        "54000100/3/54001010",
        "54000100/2/54001011",
        "54000100/2/54001010/1/00104000",
        "54000100/2/5400100F/2/00104000",
        "00020010",
        "7FE00010",
        "nonsense",
        "",
        "54000100/0/54001010",
    };
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    expect_bytes(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(data)), "00880200/1/7FE00010",
                 DATA(""));
    expect_bytes(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(data)), "54000100/2/54001010",
                 DATA("abcd"));
    expect_bytes(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(data)),
                 "54000100/2/5400100F/1/00104000", DATA("deep"));
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        expect_class(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(data)), absent[i], HELPER_ABSENT,
                     "");
    helper_pool_close(p);
}

/* Frames are joined, and the whole is made even: what was compressed without
 * loss is what it was. */
static void test_encapsulated(void **state)
{
    static const char *const targets[] = {TRANSFER_SYNTAX_RLE, "1.2.840.10008.1.2.4.70",
                                          "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"};
    static const struct data images[] = {
        DATA("\x28\0\x08\0IS\2\0"
             "3 " IMAGE_LE("\1", "\3", "\x08", "\7") "\xe0\x7f\x10\0OB\0\0\x0a\0\0\0abcdefghi\0"),
        DATA("\x28\0\x08\0IS\2\0"
             "2 " IMAGE_LE("\2", "\1", "\x10", "\x0f") "\xe0\x7f\x10\0OW\0\0\x08\0\0\0abcdefgh"),
    };
    static const struct data values[] = {DATA("abcdefghi\0"), DATA("abcdefgh")};
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof images / sizeof *images; i++)
        for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
            struct helper_result r =
                ask(p, HELPER_CONVERT, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, images[i]), targets[t]);

            if (r.class != HELPER_INSTANCE)
                fail_msg("%s: %s", targets[t], r.reason);
            expect_bytes(p, r.fd, "7FE00010", values[i]);
        }
    helper_pool_close(p);
}

#define FRAGMENTS \
    "\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\4\0\0\0abcd\xfe\xff\xdd\xe0\0\0\0\0"

static void test_cannot(void **state)
{
    static const struct {
        const char *syntax, *path;
        struct data data;
        enum helper_class class;
        const char *reason;
    } cases[] = {
        {JPEG_XL, "7FE00010", DATA(IMAGE_LE("\1", "\3", "\x08", "\7") FRAGMENTS),
         HELPER_UNDECODABLE, "decompressed"},
        {TRANSFER_SYNTAX_RLE, "7FE00010", DATA(IMAGE_LE("\1", "\3", "\x08", "\7") FRAGMENTS),
         HELPER_REFUSED, ""},
        {JPEG, "7FE00010", DATA(IMAGE_LE("\1", "\3", "\x08", "\7") FRAGMENTS), HELPER_REFUSED, ""},
        {TRANSFER_SYNTAX_RLE, "7FE00010", DATA(FRAGMENTS), HELPER_REFUSED, ""},
        {TRANSFER_SYNTAX_EXPLICIT_LE, "7FE00010", DATA("\xe0\x7f\x10\0OB\0\0\4\0\0\0ab"),
         HELPER_REFUSED, "end"},
    };
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_class(p, file_of(cases[i].syntax, cases[i].data), cases[i].path, cases[i].class,
                     cases[i].reason);
    expect_bytes(p, file_of(MPEG4, DATA("\x10\0\x10\0PN\4\0A^B " FRAGMENTS)), "00100010",
                 DATA("A^B "));
    /* a video is sent as it is stored */
    expect_bytes(p, file_of(MPEG4, DATA(IMAGE_LE("\1", "\3", "\x08", "\7") FRAGMENTS)), "7FE00010",
                 DATA("abcd"));
    helper_pool_close(p);
}

/* Four bytes that claim to be 40 TB, and 133 KB that inflate to 256 MiB:
 * refused, or the child ends; the next job is done. */
static void test_bombs(void **state)
{
    static const char claim[] = "\x28\0\x02\0US\2\0\1\0"
                                "\x28\0\x04\0CS\x0c\0MONOCHROME2 "
                                "\x28\0\x08\0IS\6\0"
                                "9999  "
                                "\x28\0\x10\0US\2\0\xff\xff"
                                "\x28\0\x11\0US\2\0\xff\xff"
                                "\x28\0\0\1US\2\0\x08\0"
                                "\x28\0\1\1US\2\0\x08\0"
                                "\x28\0\2\1US\2\0\7\0"
                                "\x28\0\3\1US\2\0\0\0" FRAGMENTS;
    struct helper_pool *p = pool_open(1, (uint64_t)64 << 20, POOL_SECONDS);
    const size_t zeros = (size_t)256 << 20;
    char *large = calloc(1, zeros);
    struct helper_result r;

    (void)state;
    expect_class(p, file_of(TRANSFER_SYNTAX_RLE, DATA(claim)), "7FE00010", HELPER_REFUSED, "");
    expect_bytes(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\x10\0PN\4\0A^B ")),
                 "00100010", DATA("A^B "));
    assert_non_null(large);
    memcpy(large, "\xe0\x7f\x10\0OB\0\0\xf4\xff\xff\x0f", 12);
    r = ask(p, HELPER_CONVERT, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, (struct data){zeros, large}),
            TRANSFER_SYNTAX_DEFLATED_LE);
    free(large);
    assert_int_equal(r.class, HELPER_INSTANCE);
#ifdef __SANITIZE_ADDRESS__
    close(r.fd); /* memory is not limited then */
#else
    expect_class(p, r.fd, "7FE00010", HELPER_FAILED, "memory");
#endif
    expect_bytes(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\x10\0PN\4\0A^B ")),
                 "00100010", DATA("A^B "));
    helper_pool_close(p);
}

/* Past PROTOCOL_MEMORY_RESULT the value comes in the spool file, and memory
 * does not grow with it. */
static void test_large(void **state)
{
    static const char head[] = "\xe0\x7f\x10\0OW\0\0\0\0\0\x10";
    const uint64_t size = (uint64_t)256 << 20;
    struct helper_pool *p = pool_open(1, (uint64_t)64 << 20, POOL_SECONDS);
    int fd = file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(head));
    struct helper_result r;

    (void)state;
    assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) + (off_t)size), 0);
    r = ask(p, HELPER_EXTRACT, fd, "7FE00010");
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    assert_int_equal(r.size, size);
    assert_int_equal(lseek(r.fd, 0, SEEK_END), size);
    assert_int_equal(fcntl(r.fd, F_GET_SEALS), -1);
    close(r.fd);
    helper_pool_close(p);
}

/* A quarter of a million frames take two seconds; in the square of their number
 * it would be minutes. */
static void test_many_frames(void **state)
{
    enum { FRAMES = 250000, ITEM = 10 };
    static const char head[] = "\x28\0\x02\0US\2\0\1\0"
                               "\x28\0\x04\0CS\x0c\0MONOCHROME2 "
                               "\x28\0\x08\0IS\6\0"
                               "250000"
                               "\x28\0\x10\0US\2\0\1\0"
                               "\x28\0\x11\0US\2\0\1\0"
                               "\x28\0\0\1US\2\0\x08\0"
                               "\x28\0\1\1US\2\0\x08\0"
                               "\x28\0\2\1US\2\0\7\0"
                               "\x28\0\3\1US\2\0\0\0"
                               "\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0";
    struct helper_pool *p = pool_open(1, MEMORY, 60);
    char *data = malloc(sizeof head + (size_t)FRAMES * ITEM + 8), *to = data;
    struct helper_result r;

    (void)state;
    assert_non_null(data);
    to = mempcpy(to, head, sizeof head - 1);
    for (int i = 0; i < FRAMES; i++)
        to = mempcpy(to, (char[]){'\xfe', '\xff', 0, '\xe0', 2, 0, 0, 0, (char)i, 0}, ITEM);
    to = mempcpy(to, "\xfe\xff\xdd\xe0\0\0\0\0", 8);
    r = ask(p, HELPER_EXTRACT,
            file_of(TRANSFER_SYNTAX_ENCAPSULATED_LE, (struct data){(size_t)(to - data), data}),
            "7FE00010");
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    assert_int_equal(r.size, FRAMES);
    assert_int_equal(io_pread(r.fd, data, FRAMES, 0), FRAMES);
    for (int i = 0; i < FRAMES; i++)
        assert_int_equal(data[i], (char)i);
    close(r.fd);
    free(data);
    helper_pool_close(p);
}

/* The longest path passes through the protocol whole. */
static void test_deep(void **state)
{
    static const char open_item[] =
        "\x88\0\0\2SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
    static const char close_item[] = "\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct element_path deep = {.count = ELEMENT_PATH_DEPTH_MAX};
    char data[ROOM], path[ELEMENT_PATH_TEXT_MAX + 1], *to = data;

    (void)state;
    for (int i = 1; i < ELEMENT_PATH_DEPTH_MAX; i++) {
        to = mempcpy(to, open_item, sizeof open_item - 1);
        deep.steps[i - 1] = (struct element_path_step){0x00880200, 1};
    }
    deep.steps[ELEMENT_PATH_DEPTH_MAX - 1].tag = 0x00880140;
    element_path_text(&deep, path);
    to = mempcpy(to, "\x88\0\x40\1UI\4\0" "1.2\0", 12);
    for (int i = 1; i < ELEMENT_PATH_DEPTH_MAX; i++)
        to = mempcpy(to, close_item, sizeof close_item - 1);
    expect_bytes(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, (struct data){(size_t)(to - data), data}),
                 path, DATA("1.2\0"));
    helper_pool_close(p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_native), cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_nested), cmocka_unit_test(test_encapsulated),
        cmocka_unit_test(test_cannot), cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_large),  cmocka_unit_test(test_many_frames),
        cmocka_unit_test(test_deep),
    };

    return cmocka_run_group_tests_name("extract", tests, NULL, NULL);
}
