/* SPDX-License-Identifier: MIT */
/* The size of an instance in Explicit VR Little Endian is measured without
 * making it: of every real file, at index time and later, it is exactly the
 * size of what a conversion makes. */
#include <ftw.h>

#include "tests/unit/helper/results.h"

#define MEMORY ((uint64_t)1 << 30)

static struct helper_result measure(struct helper_pool *p, int fd)
{
    struct err e = ERR_INIT;

    assert_ok(helper_pool_submit(p, HELPER_MEASURE, fd, NULL, 9, &e), &e);
    return pool_result(p);
}

static struct helper_result describe(struct helper_pool *p, int fd)
{
    pool_describe(p, fd, 8);
    return pool_result(p);
}

struct counts {
    unsigned files, made, predicted;
};

/* What is measured must be made; what cannot be measured must not be makeable
 * either. */
static void compare(struct helper_pool *p, const char *path, struct counts *c)
{
    struct helper_result described = describe(p, open(path, O_RDONLY | O_CLOEXEC)), measured, made;

    c->files++;
    if (described.class != HELPER_INSTANCE)
        return;
    measured = measure(p, open(path, O_RDONLY | O_CLOEXEC));
    made = convert(p, open(path, O_RDONLY | O_CLOEXEC), TRANSFER_SYNTAX_EXPLICIT_LE);
    assert_int_equal(measured.cookie, 9);
    if (made.class == HELPER_INSTANCE && made.size != measured.default_size)
        fail_msg("%s: measured as %llu bytes, made as %llu", path,
                 (unsigned long long)measured.default_size, (unsigned long long)made.size);
    if (described.default_size && described.default_size != measured.default_size)
        fail_msg("%s: described as %llu bytes, measured as %llu", path,
                 (unsigned long long)described.default_size,
                 (unsigned long long)measured.default_size);
    c->made += made.class == HELPER_INSTANCE;
    c->predicted += described.default_size > 0;
    if (made.fd >= 0)
        close(made.fd);
}

static struct helper_pool *walk_pool;
static struct counts walked;

static int visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if (type == FTW_F && st->st_size > 0)
        compare(walk_pool, path, &walked);
    return 0;
}

static void walk(const char *folder)
{
    walked = (struct counts){0};
    walk_pool = pool_open(1, MEMORY, POOL_SECONDS);
    assert_int_equal(nftw(folder, visit, 16, FTW_PHYS), 0);
    helper_pool_close(walk_pool);
}

static void real_files_are_made_as_long_as_measured(void **state)
{
    (void)state;
    if (!pool_dicom()) {
        skip_because("no ../shared/dicom and no WADOZIP_TEST_DICOM");
        return;
    }
    walk(pool_dicom());
    print_message("%u files, %u made, %u measured by the index\n", walked.files, walked.made,
                  walked.predicted);
    assert_true(walked.made > 0 && walked.predicted > 0);
}

static void odd_files_are_made_as_long_as_measured(void **state)
{
    (void)state;
    if (access("../shared/cases", R_OK) != 0) {
        skip_because("no ../shared/cases");
        return;
    }
    walk("../shared/cases");
    assert_true(walked.made > 0);
}

static void what_is_sent_as_stored_is_not_measured_by_the_index(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result described = describe(p, pool_small("2.25.1")),
                         measured = measure(p, pool_small("2.25.1"));
    struct bytes made = convert_well(p, pool_small("2.25.1"), TRANSFER_SYNTAX_EXPLICIT_LE);

    (void)state;
    assert_true(described.default_size == 0 && measured.default_size == made.len);
    free(made.data);
    helper_pool_close(p);
}

static void what_is_no_instance_has_no_size(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result r = measure(p, file_of("nothing", 7));

    (void)state;
    assert_true(r.class == HELPER_REFUSED && r.default_size == 0 && r.fd == -1);
    helper_pool_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_files_are_made_as_long_as_measured),
        cmocka_unit_test(odd_files_are_made_as_long_as_measured),
        cmocka_unit_test(what_is_sent_as_stored_is_not_measured_by_the_index),
        cmocka_unit_test(what_is_no_instance_has_no_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
