/* SPDX-License-Identifier: MIT */
/*
 * Conversions. Without arguments a test program; with them a tool for tests in other languages:
 *
 *     convert TARGET FOLDER < FILES
 *
 * converts each file named on standard input and prints, tab-separated, its name, "ok" or the class, and the name of the
 * result in FOLDER or the reason.
 */
#include <sys/resource.h>

#include "base/crc.h"
#include "base/io.h"
#include "dicom/implementation.h"
#include "dicom/transfer_syntax.h"
#include "helper/helper_pool.h"
#include "tests/unit/helper/images.h"

#define MEMORY ((uint64_t)512 << 20)
#define LINES_MAX 4096

static bool holds(const struct bytes *b, const void *part, size_t len)
{
    return memmem(b->data, b->len, part, len) != NULL;
}

static void test_header(void **state)
{
    static const char want[] = "DICM\x02\0\0\0UL\x04\0\xa4\0\0\0"
                               "\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01"
                               "\x02\0\x02\0UI\x1a\0"
                               "1.2.840.10008.5.1.4.1.1.7\0"
                               "\x02\0\x03\0UI\x08\0"
                               "2.25.12\0"
                               "\x02\0\x10\0UI\x14\0"
                               "1.2.840.10008.1.2.1\0"
                               "\x02\0\x12\0UI\x2c\0" IMPLEMENTATION_CLASS_UID "\0"
                               "\x02\0\x13\0SH\x0c\0" IMPLEMENTATION_VERSION_NAME " "
                               "\x08\0\x16\0UI\x1a\0"
                               "1.2.840.10008.5.1.4.1.1.7\0"
                               "\x08\0\x18\0UI\x08\0"
                               "2.25.12\0"
                               "\x10\0\x10\0PN\x06\0"
                               "A^B=C ";
    static const char name[] = "\x10\0\x10\0\x06\0\0\0" "A^B=C ";
    const char preamble[128] = {0};
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct bytes b =
        convert_well(p, implicit_file(name, sizeof name - 1), TRANSFER_SYNTAX_EXPLICIT_LE);

    (void)state;
    assert_int_equal(b.len, 128 + sizeof want - 1);
    assert_memory_equal(b.data, preamble, sizeof preamble);
    assert_memory_equal(b.data + 128, want, sizeof want - 1);
    free(b.data);
    helper_pool_close(p);
}

/* PS3.5 6.2.2: a value of more than 65534 bytes of a VR with a short length
 * field becomes UN, on every level. */
static void test_long_values(void **state)
{
    static const size_t room = 70000;
    /* (0028,1055) LO, then (0040,0275) SQ with an item that holds (0040,1400)
     * LT */
    static const char sequence[] = "\x40\0\x75\x02\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
                                   "\x40\0\x00\x14\x70\x11\x01\0";
    static const char ends[] = "\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0";
    static const char want_top[] = "\x28\0\x55\x10UN\0\0\x70\x11\x01\0aaaa";
    static const char want_nested[] = "\x40\0\x00\x14UN\0\0\x70\x11\x01\0aaaa";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    char *data = malloc(3 * room), *to = data;
    struct bytes b;

    (void)state;
    assert_non_null(data);
    to = mempcpy(to, "\x28\0\x55\x10\x70\x11\x01\0", 8);
    memset(to, 'a', room);
    to = mempcpy(to + room, sequence, sizeof sequence - 1);
    memset(to, 'a', room);
    to = mempcpy(to + room, ends, sizeof ends - 1);
    b = convert_well(p, implicit_file(data, (size_t)(to - data)), TRANSFER_SYNTAX_EXPLICIT_LE);
    assert_true(holds(&b, want_top, sizeof want_top - 1));
    assert_true(holds(&b, want_nested, sizeof want_nested - 1));
    free(b.data);
    free(data);
    helper_pool_close(p);
}

/* Small results are sealed memory files; large ones come in the spool file, and
 * memory does not grow with the frames. */
static void test_where(void **state)
{
    struct helper_pool *p = pool_open(1, (uint64_t)64 << 20, POOL_SECONDS);
    struct helper_result r = convert(p, image_file(2, 100, 100), TRANSFER_SYNTAX_EXPLICIT_LE);

    (void)state;
    assert_int_equal(r.class, HELPER_INSTANCE);
    assert_int_equal(fcntl(r.fd, F_GET_SEALS) & F_SEAL_WRITE, F_SEAL_WRITE);
    assert_int_equal(write(r.fd, "x", 1), -1);
    close(r.fd);
    r = convert(p, image_file(400, 512, 512), TRANSFER_SYNTAX_EXPLICIT_LE); /* 200 MiB */
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    assert_true(r.size > (uint64_t)400 * 512 * 512 * 2);
    close(r.fd);
    r = convert(p, image_file(400, 512, 512), TRANSFER_SYNTAX_RLE);
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    r = convert(p, r.fd, TRANSFER_SYNTAX_EXPLICIT_LE);
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    assert_true(r.size > (uint64_t)400 * 512 * 512 * 2);
    close(r.fd);
    helper_pool_close(p);
}

/* A file that cannot grow, as on a full disk, is reported as what it is, also where
 * DCMTK is the one that writes. */
static void test_no_room(void **state)
{
    static const char *const targets[] = {TRANSFER_SYNTAX_EXPLICIT_LE, TRANSFER_SYNTAX_DEFLATED_LE,
                                          TRANSFER_SYNTAX_RLE};
    const struct rlimit little = {4096, 4096};
    struct helper_pool *p;

    (void)state;
    p = pool_open(1, MEMORY, 30);
    close(convert(p, image_file(1, 8, 8), TRANSFER_SYNTAX_EXPLICIT_LE).fd);
    assert_int_equal(prlimit(pool_child(), RLIMIT_FSIZE, &little, NULL), 0);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct helper_result r = convert(p, image_file(80, 512, 512), targets[i]);

        if (r.class != HELPER_REFUSED ||
            !strstr(r.reason, "cannot be stored in memory or spool: File too large"))
            fail_msg("%s: %d %s", targets[i], (int)r.class, r.reason);
    }
    helper_pool_close(p);
}

/* 100 MB that lie in 1 MB: a second would do for the file, but not for what is
 * made of it. */
static void test_time_grows(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result r = convert(p, image_file(200, 512, 512), TRANSFER_SYNTAX_RLE);

    (void)state;
    assert_int_equal(r.class, HELPER_INSTANCE);
    assert_true(r.size < HELPER_BYTES_A_SECOND);
    helper_pool_close(p);
    p = pool_open(1, MEMORY, 1);
    r = convert(p, r.fd, "1.2.840.10008.1.2.4.90");
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    close(r.fd);
    helper_pool_close(p);
}

static void test_refused(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result r = convert(p, pool_small("2.25.1"), "1.2.3");

    (void)state;
    assert_int_equal(r.class, HELPER_REFUSED);
    assert_int_equal(r.fd, -1);
    assert_non_null(strstr(r.reason, "not made here"));
    r = convert(p, file_of("nonsense", 8), TRANSFER_SYNTAX_EXPLICIT_LE);
    assert_int_equal(r.class, HELPER_REFUSED);
    r = convert(p, pool_small("2.25.1"), TRANSFER_SYNTAX_IMPLICIT_LE);
    assert_int_equal(r.class, HELPER_REFUSED);
    helper_pool_close(p);
}

/* To a lossless transfer syntax and back gives, byte for byte, what conversion
 * without it gives. */
static void test_there_and_back(void **state)
{
    static const char *const names[] = {
        "pydicom/test_files/CT_small.dcm",          "pydicom/test_files/MR_small_bigendian.dcm",
        "pydicom/test_files/SC_rgb_rle_2frame.dcm", "pydicom-data/SC_ybr_full_uncompressed.dcm",
        "dcm_qa_enh/Siemens/XA10/6_1.dcm",          "pydicom-data/OBXXXX1A_rle.dcm",
        "pydicom-data/JLSL_08_07_0_1F.dcm"};
    static const char *const targets[] = {TRANSFER_SYNTAX_RLE, "1.2.840.10008.1.2.4.70",
                                          "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
                                          TRANSFER_SYNTAX_DEFLATED_LE};
    struct helper_pool *p;

    (void)state;
    if (!pool_dicom())
        skip_because("no ../shared/dicom and no WADOZIP_TEST_DICOM");
    p = pool_open(2, MEMORY, POOL_SECONDS);
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        struct bytes direct =
            convert_well(p, pool_file(pool_dicom(), names[n]), TRANSFER_SYNTAX_EXPLICIT_LE);

        for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
            struct bytes there = convert_well(p, pool_file(pool_dicom(), names[n]), targets[t]);
            struct bytes back =
                convert_well(p, file_of(there.data, there.len), TRANSFER_SYNTAX_EXPLICIT_LE);

            assert_true(holds(&there, targets[t], strlen(targets[t])));
            if (back.len != direct.len || memcmp(back.data, direct.data, back.len) != 0)
                fail_msg("%s through %s: %zu bytes, not the same %zu", names[n], targets[t],
                         back.len, direct.len);
            free(there.data);
            free(back.data);
        }
        free(direct.data);
    }
    helper_pool_close(p);
}

static void print_result(const char *name, const char *folder, struct helper_result *r)
{
    char path[4096];
    struct bytes b;
    int fd;

    if (r->class != HELPER_INSTANCE) {
        printf("%s\t%d\t%s\n", name, (int)r->class, r->reason);
        return;
    }
    snprintf(path, sizeof path, "%s/%llu.dcm", folder, (unsigned long long)r->cookie);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    b = slurp(r->fd);
    if (fd < 0 || io_write(fd, b.data, b.len) != 0)
        exit(2);
    free(b.data);
    close(fd);
    close(r->fd);
    printf("%s\tok\t%s\n", name, path);
}

static int convert_all(const char *target, const char *folder)
{
    static char lines[LINES_MAX][1024];
    struct helper_pool *p = pool_open(0, MEMORY, POOL_SECONDS);
    struct err e = ERR_INIT;
    struct helper_result r;
    size_t count = 0, next = 0;

    while (count < LINES_MAX && fgets(lines[count], sizeof *lines, stdin))
        lines[count][strcspn(lines[count], "\n")] = '\0', count++;
    for (size_t done = 0; done < count; done++) {
        for (; next < count && helper_pool_room(p) > 0; next++)
            if (helper_pool_submit(p, HELPER_CONVERT, open(lines[next], O_RDONLY | O_CLOEXEC),
                                   target, next, &e) != 0)
                return fprintf(stderr, "%s: %s\n", lines[next], e.text), 2;
        if (helper_pool_next(p, -1, &r, &e) != 1)
            return fprintf(stderr, "%s\n", e.text), 2;
        print_result(lines[r.cookie], folder, &r);
    }
    helper_pool_close(p);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),  cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_where),   cmocka_unit_test(test_time_grows),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_no_room),
    };

    if (argc == 3)
        return convert_all(argv[1], argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
