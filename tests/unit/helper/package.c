/* SPDX-License-Identifier: MIT */
/* Packages: a document, the values that it names, and an index of both. */
#include "base/crc.h"
#include "base/io.h"
#include "base/le.h"
#include "helper/helper_pool.h"
#include "helper/package_layout.h"
#include "tests/unit/helper/pool.h"

#define MEMORY ((uint64_t)512 << 20)
#define PIXELS 2000
#define OVERLAY 1500

/* Pixel data and an overlay, both too long to lie within a document, behind
 * what every instance has. */
static int with_values(const char *sop_uid)
{
    static const uint8_t overlay[] = {0x00, 0x60, 0x00,           0x30,         'O', 'W',
                                      0,    0,    OVERLAY & 0xff, OVERLAY >> 8, 0,   0};
    static const uint8_t pixels[] = {0xe0, 0x7f, 0x10,          0x00,        'O', 'W',
                                     0,    0,    PIXELS & 0xff, PIXELS >> 8, 0,   0};
    uint8_t value[PIXELS];
    int fd = pool_small(sop_uid);

    assert_true(lseek(fd, 0, SEEK_END) > 0);
    memset(value, 'o', sizeof value);
    assert_int_equal(io_write(fd, overlay, sizeof overlay) | io_write(fd, value, OVERLAY), 0);
    memset(value, 'p', sizeof value);
    assert_int_equal(io_write(fd, pixels, sizeof pixels) | io_write(fd, value, PIXELS), 0);
    return fd;
}

static struct helper_result make(struct helper_pool *p, enum helper_job_kind kind, int fd,
                                 const char *prefix)
{
    struct err e = ERR_INIT;

    assert_ok(helper_pool_submit(p, kind, fd, prefix, 5, &e), &e);
    return pool_result(p);
}

/* The parts must be listed correctly; the document's text is left in `document`. */
static void expect_parts(const struct helper_result *r, size_t count, char *document, size_t room)
{
    uint8_t *data = malloc(r->size + 1), *row;
    uint64_t at = 0;

    assert_non_null(data);
    assert_int_equal(io_pread(r->fd, data, r->size, 0), r->size);
    assert_int_equal(le32_get(data + r->size - 4), METADATA_ZIP_MARK);
    assert_int_equal(le32_get(data + r->size - METADATA_ZIP_END), count);
    row = data + r->size - METADATA_ZIP_END - count * METADATA_ZIP_ROW;
    for (size_t i = 0; i < count; i++, row += METADATA_ZIP_ROW) {
        uint64_t size = le64_get(row);

        assert_int_equal(le32_get(row + 8), crc_update(0, data + at, size));
        if (i == 0)
            snprintf(document, room, "%.*s", (int)size, (char *)data);
        else
            assert_int_equal(size, i == 1 ? OVERLAY : PIXELS);
        assert_true(i == 0 || data[at] == (i == 1 ? 'o' : 'p'));
        at += size;
    }
    assert_ptr_equal(row, data + r->size - METADATA_ZIP_END);
    assert_int_equal(at, r->size - METADATA_ZIP_END - count * METADATA_ZIP_ROW);
    free(data);
}

static void test_documents(void **state)
{
    static const enum helper_job_kind kinds[] = {HELPER_PACKAGE_JSON, HELPER_PACKAGE_XML};
    static const char *const names[][3] = {
        {"\"60003000\":{\"vr\":\"OW\",\"BulkDataURI\":\"./a-1.raw\"}",
         "\"BulkDataURI\":\"./a-2.raw\"", "\"2.25.1\""},
        {"uri=\"./a-1.raw\"", "uri=\"./a-2.raw\"", ">2.25.1<"},
    };
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    char document[8192];

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct helper_result r = make(p, kinds[k], with_values("2.25.1"), "./a-");

        if (r.class != HELPER_INSTANCE)
            fail_msg("%s", r.reason);
        expect_parts(&r, 3, document, sizeof document);
        for (size_t i = 0; i < 3; i++)
            if (!strstr(document, names[k][i]))
                fail_msg("no %s in %s", names[k][i], document);
        close(r.fd);
        r = make(p, kinds[k], pool_small("2.25.1"), "./a-");
        expect_parts(&r, 1, document, sizeof document);
        assert_null(strstr(document, ".raw"));
        close(r.fd);
    }
    helper_pool_close(p);
}

static void test_refused(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result r =
        make(p, HELPER_PACKAGE_JSON, memfd_create("empty", MFD_CLOEXEC), "./a-");

    (void)state;
    assert_int_equal(r.class, HELPER_REFUSED);
    assert_int_equal(r.fd, -1);
    helper_pool_close(p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_documents),
                                              cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
