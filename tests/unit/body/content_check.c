/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/study.h"

#define FILES 200

/* A file that is touched has the same content; the others are not what was
 * recorded. */
enum fault { TOUCHED, LONGER, OTHER, GONE, LINKED };

static void harm(const struct fixture *f, const char *name, enum fault fault)
{
    const char *path = fixture_path(f, name);
    struct stat st;
    char data[1] = {0};
    int fd = open(path, O_RDWR);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    if (fault == LONGER)
        assert_int_equal(pwrite(fd, "x", 1, st.st_size), 1);
    if (fault == OTHER) {
        assert_int_equal(pread(fd, data, 1, 0), 1);
        data[0] ^= 1;
        assert_int_equal(pwrite(fd, data, 1, 0), 1);
    }
    if (fault == TOUCHED || fault == OTHER)
        assert_int_equal(futimens(fd, (struct timespec[]){{1, 0}, {1, 0}}), 0);
    close(fd);
    if (fault == GONE || fault == LINKED)
        assert_int_equal(unlink(path), 0);
    if (fault == LINKED)
        assert_int_equal(symlink("f0", path), 0);
}

/* Checks a study in which `count` files are harmed, by looks of its own or by
 * the scout's; what is reported must be the same. */
static void check(bool slow, enum fault fault, const int *harmed, uint64_t count)
{
    struct plan_options o = fixture_options();
    struct stat_pool *stat_pool = NULL;
    struct fixture f;
    uint64_t bad = 77;
    char first[32];

    fixture_open(&f, &o);
    fixture_study(&f, FILES, 100);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    for (uint64_t i = 0; i < count; i++) {
        char name[32];

        snprintf(name, sizeof name, "f%d", harmed[i]);
        harm(&f, name, fault);
    }
    assert_ok(stat_pool_open(&f.conf, &stat_pool, &f.e), &f.e);
    f.content.stat_pool = stat_pool;
    f.content.slow = slow;
    content_look(&f.content);
    assert_true(f.content.looked == FILES || !slow);
    if (fault == TOUCHED || count == 0) {
        assert_ok(content_check(&f.content, &bad, &f.e), &f.e);
        assert_int_equal(bad, 0);
    } else {
        assert_int_equal(content_check(&f.content, &bad, &f.e), -1);
        assert_int_equal(f.e.kind, ERR_DATA);
        assert_int_equal(bad, count);
        snprintf(first, sizeof first, "main:f%d", harmed[0]);
        assert_non_null(strstr(f.e.text, first));
    }
    fixture_close(&f);
    stat_pool_close(stat_pool);
}

static void a_changed_file_is_reported_by_each_way_to_look(void **state)
{
    static const int harmed[] = {40, 63, 64, FILES - 1};

    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        check(slow, GONE, harmed, 0);
        for (enum fault fault = TOUCHED; fault <= LINKED; fault++)
            for (uint64_t count = 1; count <= sizeof harmed / sizeof *harmed; count++)
                check(slow, fault, harmed, count);
    }
}

/* What was asked for is not heard of in the next request. */
static void a_request_that_ends_early_leaves_nothing(void **state)
{
    struct plan_options o = fixture_options();
    struct stat_pool *stat_pool;
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, FILES, 100);
    harm(&f, "f7", GONE);
    assert_ok(stat_pool_open(&f.conf, &stat_pool, &f.e), &f.e);
    f.content.stat_pool = stat_pool;
    f.content.slow = true;
    content_look(&f.content);
    content_release(&f.content);
    assert_true(stat_pool_settle(stat_pool) == STAT_POOL_NONE);
    f.content.slow = false;
    fixture_close(&f);
    stat_pool_close(stat_pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_file_is_reported_by_each_way_to_look),
        cmocka_unit_test(a_request_that_ends_early_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
