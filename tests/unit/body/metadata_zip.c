/* SPDX-License-Identifier: MIT */
/* Packages of zipped metadata: names, and an index in which nothing is
 * believed. */
#include "tests/unit/body/response.h"

#include <sys/mman.h>

#include "base/le.h"
#include "format/metadata_zip.h"
#include "helper/package_layout.h"

#define ROWS_MAX 8

static void open_plan(struct fixture *f, enum plan_content content, enum plan_names names)
{
    struct plan_options o = fixture_options();
    struct instance i;

    o.content = content;
    o.names = names;
    o.framing = PLAN_ZIP;
    fixture_open(f, &o);
    fixture_write(f, "one", "x", 1);
    for (int n = 0; n < 2; n++) {
        i = fixture_row(f, "one", 12);
        i.sop_uid = n ? "1.2.3.1.2" : "1.2.3.1.1";
        assert_ok(plan_add(&f->plan, f->store, &i, &f->e), &f->e);
    }
    content_init(&f->content, &f->progress, f->store, NULL, NULL);
    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
}

static void expect_names(enum plan_content content, enum plan_names names, size_t member,
                         const char *document, const char *prefix, const char *value)
{
    char got[PLAN_PATH_BUFFER], before[METADATA_ZIP_PREFIX_MAX];
    struct fixture f;

    open_plan(&f, content, names);
    assert_int_equal(plan_path(&f.plan, &f.plan.members[member], got), strlen(document));
    assert_string_equal(got, document);
    metadata_zip_prefix(&f.plan, &f.plan.members[member], before);
    assert_string_equal(before, prefix);
    assert_int_equal(metadata_zip_path(&f.plan, &f.plan.members[member], 3, got), strlen(value));
    assert_string_equal(got, value);
    fixture_close(&f);
}

static void values_are_named_after_their_document(void **state)
{
    (void)state;
    expect_names(PLAN_PACKAGE_JSON, PLAN_NAMES_SERIES, 0, "0001-CT-Head/000012.json", "./000012-",
                 "0001-CT-Head/000012-3.raw");
    expect_names(PLAN_PACKAGE_XML, PLAN_NAMES_SERIES, 1, "0001-CT-Head/000012-2.xml", "./000012-2-",
                 "0001-CT-Head/000012-2-3.raw");
    expect_names(PLAN_PACKAGE_JSON, PLAN_NAMES_UID, 1, "1.2.3.1/1.2.3.1.2.json", "./1.2.3.1.2-",
                 "1.2.3.1/1.2.3.1.2-3.raw");
}

/* A file of `data` bytes, rows with these sizes, and an end that tells of
 * `count` rows. */
static int package(size_t data, const uint64_t *sizes, size_t rows, uint32_t count, uint32_t mark)
{
    uint8_t bytes[4096] = {0}, *at = bytes + data;
    int fd = memfd_create("package", MFD_CLOEXEC);

    for (size_t i = 0; i < rows; i++)
        at = le32_put(le64_put(at, sizes[i]), (uint32_t)(100 + i));
    at = le32_put(le32_put(at, count), mark);
    assert_int_equal(io_write(fd, bytes, (size_t)(at - bytes)), 0);
    return fd;
}

static void an_index_is_taken_or_refused(void **state)
{
    static const struct {
        size_t data;
        uint64_t sizes[ROWS_MAX];
        size_t rows;
        uint32_t count, mark;
        bool good;
    } cases[] = {
        {10, {10}, 1, 1, METADATA_ZIP_MARK, true},
        {10, {3, 0, 7}, 3, 3, METADATA_ZIP_MARK, true},
        {0, {0}, 1, 1, METADATA_ZIP_MARK, true},
        {10, {3, 8}, 2, 2, METADATA_ZIP_MARK, false},
        {10, {3, 6}, 2, 2, METADATA_ZIP_MARK, false},
        {10, {UINT64_MAX, 11}, 2, 2, METADATA_ZIP_MARK, false}, /* their sum would wrap */
        {10, {10}, 1, 1, METADATA_ZIP_MARK + 1, false},
        {10, {10}, 1, 0, METADATA_ZIP_MARK, false},
        {10, {10}, 1, 2, METADATA_ZIP_MARK, false},
        {10, {10}, 1, METADATA_ZIP_PARTS_MAX, METADATA_ZIP_MARK, false},
        {10, {10}, 1, UINT32_MAX, METADATA_ZIP_MARK, false},
        {10, {0}, 0, 1, METADATA_ZIP_MARK, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd =
            package(cases[i].data, cases[i].sizes, cases[i].rows, cases[i].count, cases[i].mark);
        uint64_t size = (uint64_t)lseek(fd, 0, SEEK_END);
        struct fixture f;

        open_plan(&f, PLAN_PACKAGE_JSON, PLAN_NAMES_SERIES);
        assert_int_equal(metadata_zip_settle(&f.progress, 1, fd, size, &f.e),
                         cases[i].good ? 0 : -1);
        assert_int_equal(f.e.kind, cases[i].good ? ERR_NONE : ERR_HELPER);
        assert_int_equal(f.progress.part_count, cases[i].good ? cases[i].rows - 1 : 0);
        assert_int_equal(plan_progress_fact(&f.progress, &f.plan.members[1]).known, cases[i].good);
        for (size_t k = 0; k < f.progress.part_count; k++) {
            assert_int_equal(f.progress.parts[k].size, cases[i].sizes[k + 1]);
            assert_int_equal(f.progress.parts[k].crc, 101 + k);
            assert_int_equal(f.progress.parts[k].member, 1);
        }
        if (cases[i].good) {
            assert_int_equal(plan_progress_fact(&f.progress, &f.plan.members[1]).stored_size,
                             cases[i].sizes[0]);
            assert_ok(metadata_zip_settle(&f.progress, 1, fd, size, &f.e), &f.e); /* once */
            assert_int_equal(f.progress.part_count, cases[i].rows - 1);
        }
        close(fd);
        err_clear(&f.e);
        fixture_close(&f);
    }
}

static void a_file_without_an_end_is_refused(void **state)
{
    int fd = memfd_create("short", MFD_CLOEXEC);
    struct fixture f;

    (void)state;
    open_plan(&f, PLAN_PACKAGE_JSON, PLAN_NAMES_SERIES);
    for (uint64_t size = 0; size <= METADATA_ZIP_END; size += 4)
        assert_err(metadata_zip_settle(&f.progress, 0, fd, size, &f.e), ERR_HELPER, &f.e);
    close(fd);
    fixture_close(&f);
}

static void what_is_not_available_is_recorded_in_the_catalogue(void **state)
{
    static const struct {
        const char *syntax;
        uint32_t rows, bits;
        const char *wish; /* null: default */
        bool good;
    } cases[] = {
        {"1.2.840.10008.1.2.1", 512, 16, NULL, true},
        {"1.2.840.10008.1.2.4.90", 512, 16, NULL, true},
        {"1.2.840.10008.1.2.4.50", 512, 8, NULL, true},    /* lossy, but there is nothing else */
        {"1.2.840.10008.1.2.4.102", 512, 8, NULL, true},   /* a video, as stored */
        {"1.2.840.10008.1.2.4.111", 512, 16, NULL, false},
        {"1.2.840.10008.1.2.4.111", 0, 0, NULL, true},     /* no pixel data */
        {"1.2.840.10008.1.2.2", 512, 16, NULL, true},
        {"1.2.840.10008.1.2.2", 512, 32, NULL, false},
        {"1.2.3.4", 0, 0, NULL, false},
        {"1.2.840.10008.1.2.1", 512, 16, "1.2.840.10008.1.2.1", true},
        {"1.2.840.10008.1.2.4.90", 512, 16, "1.2.840.10008.1.2.4.90", false},
    };

    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        struct plan_options o = {.content = PLAN_PACKAGE_JSON};
        struct instance i = {.transfer_syntax = cases[n].syntax,
                             .rows = cases[n].rows,
                             .columns = cases[n].rows,
                             .bits_allocated = cases[n].bits,
                             .samples = 1,
                             .frames = 1};
        const char *why = "not set";

        if (cases[n].wish) {
            o.wish.rule = WISH_NAMED;
            snprintf(o.wish.uid, sizeof o.wish.uid, "%s", cases[n].wish);
        }
        assert_int_equal(plan_decide(&o, &i, &why),
                         cases[n].good ? CONVERSION_NEEDED : CONVERSION_IMPOSSIBLE);
        assert_int_equal(why == NULL, cases[n].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_named_after_their_document),
        cmocka_unit_test(an_index_is_taken_or_refused),
        cmocka_unit_test(a_file_without_an_end_is_refused),
        cmocka_unit_test(what_is_not_available_is_recorded_in_the_catalogue),
    };

    return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
