/* SPDX-License-Identifier: MIT */
/* Whole archives in the cache: found by tag and length only, complete or not
 * there, within the limit. */
#include "tests/unit/body/kept.h"

#include "body/archive_cache.h"

#define SIZE ((size_t)100000)

static const char tag[] = "\"0123\"";
static uint8_t data[SIZE];

static bool keep(struct fixture *f, const char *etag, size_t bytes, bool good)
{
    struct archive_fill fill;

    if (!archive_fill_begin(&fill, f->cache, etag, SIZE))
        return false;
    for (size_t at = 0; at < bytes; at += 1000)
        archive_fill_write(&fill, data + at, bytes - at < 1000 ? bytes - at : 1000);
    return archive_fill_end(&fill, good);
}

static bool is_kept(struct fixture *f, const char *etag, uint64_t length)
{
    struct spooled b = SPOOLED_NONE;
    static uint8_t got[SIZE + 1];
    bool found = archive_cache_get(f->cache, etag, length, &b);

    if (found) {
        assert_int_equal(read(b.fd, got, sizeof got), SIZE);
        assert_memory_equal(got, data, SIZE);
        assert_int_equal(b.length, SIZE);
        assert_int_equal(strlen(b.kept), CACHE_NAME_DIGITS + 2);
    }
    spooled_release(&b);
    return found;
}

static void test_found_by_tag_and_length(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f);
    assert_false(is_kept(&f, tag, SIZE));
    assert_true(keep(&f, tag, SIZE, true));
    assert_int_equal(recorded_total(&f), SIZE);
    assert_true(is_kept(&f, tag, SIZE));
    assert_false(is_kept(&f, "\"0124\"", SIZE));
    assert_false(is_kept(&f, tag, SIZE - 1));
    assert_int_equal(each_entry(&f, NULL), 1);
    close_fixture(&f);
}

static void test_incomplete_ones_vanish(void **state)
{
    static const size_t bytes[] = {0, SIZE - 1, SIZE};
    struct fixture f;

    (void)state;
    open_fixture(&f);
    for (size_t i = 0; i < 3; i++) {
        assert_false(keep(&f, tag, bytes[i], bytes[i] < SIZE));
        assert_int_equal(each_entry(&f, NULL), 0);
        assert_int_equal(recorded_total(&f), 0);
    }
    close_fixture(&f);
}

static void test_more_than_announced(void **state)
{
    struct fixture f;
    struct archive_fill fill;

    (void)state;
    open_fixture(&f);
    assert_true(archive_fill_begin(&fill, f.cache, tag, SIZE - 1));
    archive_fill_write(&fill, data, SIZE);
    assert_false(archive_fill_end(&fill, true));
    assert_int_equal(each_entry(&f, NULL), 0);
    close_fixture(&f);
}

static void test_one_writer(void **state)
{
    struct fixture f;
    struct archive_fill fill;

    (void)state;
    open_fixture(&f);
    assert_true(archive_fill_begin(&fill, f.cache, tag, SIZE));
    assert_false(keep(&f, tag, SIZE, true));
    archive_fill_write(&fill, data, SIZE);
    assert_false(is_kept(&f, tag, SIZE));
    assert_true(archive_fill_end(&fill, true));
    assert_true(is_kept(&f, tag, SIZE));
    close_fixture(&f);
}

static void write_byte(const char *path)
{
    int fd = open(path, O_WRONLY);

    assert_int_equal(pwrite(fd, "x", 1, 7), 1);
    close(fd);
}

static void test_a_changed_file_is_no_entry(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f);
    assert_true(keep(&f, tag, SIZE, true));
    each_entry(&f, write_byte);
    assert_false(is_kept(&f, tag, SIZE));
    assert_int_equal(each_entry(&f, NULL), 0);
    close_fixture(&f);
}

/* Make an entry ten seconds older: the clock of files is too coarse to order
 * uses that follow each other. */
static void age(const char *path)
{
    struct timespec times[2] = {{0}, {.tv_nsec = UTIME_OMIT}};
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    times[0] = (struct timespec){st.st_atim.tv_sec - 10, st.st_atim.tv_nsec};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Ten fit. Those that were read last stay; what is being written stays, too. */
static void test_least_recently_used_goes_first(void **state)
{
    struct fixture f;
    struct archive_fill fill;
    char name[16];

    (void)state;
    open_fixture(&f);
    assert_true(archive_fill_begin(&fill, f.cache, "\"first\"", SIZE));
    archive_fill_write(&fill, data, SIZE);
    for (int i = 0; i < 9; i++) {
        each_entry(&f, age);
        snprintf(name, sizeof name, "\"%d\"", i);
        assert_true(keep(&f, name, SIZE, true));
    }
    each_entry(&f, age);
    assert_true(is_kept(&f, "\"0\"", SIZE));
    assert_true(keep(&f, tag, SIZE, true));
    assert_true(recorded_total(&f) <= LIMIT);
    assert_true(is_kept(&f, "\"0\"", SIZE));
    assert_false(is_kept(&f, "\"1\"", SIZE));
    assert_true(archive_fill_end(&fill, true));
    assert_true(is_kept(&f, "\"first\"", SIZE));
    close_fixture(&f);
}

static void test_too_large(void **state)
{
    struct archive_fill fill;
    struct fixture f;

    (void)state;
    open_fixture(&f);
    assert_false(archive_fill_begin(&fill, f.cache, tag, LIMIT / 4 + 1));
    assert_false(archive_fill_begin(&fill, f.cache, tag, UINT64_MAX));
    assert_false(archive_fill_begin(&fill, NULL, tag, SIZE));
    assert_false(archive_fill_end(&fill, true));
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_tag_and_length),
        cmocka_unit_test(test_incomplete_ones_vanish),
        cmocka_unit_test(test_more_than_announced),
        cmocka_unit_test(test_one_writer),
        cmocka_unit_test(test_a_changed_file_is_no_entry),
        cmocka_unit_test(test_least_recently_used_goes_first),
        cmocka_unit_test(test_too_large),
    };

    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 7 % 251);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
