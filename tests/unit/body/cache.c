/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/kept.h"

static void what_is_put_comes_back(void **state)
{
    struct fixture f;
    struct cache *other;
    struct stat st;

    (void)state;
    open_fixture(&f);
    assert_int_equal(stat(f.folder, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_false(has(f.cache, 1, HELPER_PACK_NOTHING));
    put(f.cache, 1, false);
    put(f.cache, 2, true);
    put(f.cache, 2, true);
    assert_ok(cache_open(&f.conf, true, &other, &f.e), &f.e);
    assert_true(has(other, 1, HELPER_PACK_NOTHING));
    assert_false(has(other, 1, HELPER_PACK_TENTH)); /* whether it would be deflated is not known */
    assert_true(has(other, 2, HELPER_PACK_TENTH));
    assert_true(has(other, 2, HELPER_PACK_ANY));
    assert_false(has(other, 2, HELPER_PACK_NOTHING));
    assert_false(has(other, 3, HELPER_PACK_NOTHING));
    assert_int_equal(each_entry(&f, NULL), 2);
    assert_int_equal(recorded_total(&f), 2 * ENTRY);
    cache_close(other);
    close_fixture(&f);
}

/* Of what does not pay the plain one is what a conversion would give. */
static void what_does_not_shrink_enough_comes_plain(void **state)
{
    const struct cache_key key = key_of(9);
    struct helper_result r = result(9, false), got;
    struct fixture f;

    (void)state;
    open_fixture(&f);
    r.deflated = BYTES - 10;
    cache_put(f.cache, &key, &r);
    close(r.fd);
    assert_true(cache_get(f.cache, &key, HELPER_PACK_TENTH, &got));
    assert_false(got.packed);
    assert_int_equal(got.deflated, BYTES - 10);
    close(got.fd);
    assert_false(cache_get(f.cache, &key, HELPER_PACK_ANY, &got));
    assert_int_equal(got.fd, -1);
    close_fixture(&f);
}

static void keys_differ_in_all_they_hold(void **state)
{
    struct cache_key keys[6];
    struct helper_result r;
    struct fixture f;

    (void)state;
    open_fixture(&f);
    put(f.cache, 1, false);
    for (size_t i = 0; i < 6; i++)
        keys[i] = key_of(1);
    keys[1].sop_uid = "1.2.3.5";
    keys[2].target = "1.2.840.10008.1.2.5";
    keys[3].source_size++;
    keys[4].source_crc++;
    keys[5].codec_version++;
    for (size_t i = 1; i < 6; i++)
        assert_false(cache_get(f.cache, &keys[i], HELPER_PACK_NOTHING, &r));
    assert_true(cache_get(f.cache, &keys[0], HELPER_PACK_NOTHING, &r));
    close(r.fd);
    close_fixture(&f);
}

static void set_age(const char *path)
{
    int fd = open(path, O_RDWR);
    uint8_t n;

    assert_int_equal(pread(fd, &n, 1, 0), 1);
    assert_int_equal(futimens(fd, (struct timespec[2]){{.tv_sec = 1000 + n}, {.tv_sec = 1000 + n}}),
                     0);
    close(fd);
}

/* Ten fit; the eleventh has the oldest go, but what was used since. */
static void least_recently_used_goes_first(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f);
    for (uint32_t n = 0; n < 10; n++)
        put(f.cache, n, false);
    assert_int_equal(each_entry(&f, set_age), 10);
    assert_true(has(f.cache, 0, HELPER_PACK_NOTHING));
    put(f.cache, 10, false);
    assert_true(has(f.cache, 10, HELPER_PACK_NOTHING));
    assert_true(has(f.cache, 0, HELPER_PACK_NOTHING));
    assert_false(has(f.cache, 1, HELPER_PACK_NOTHING));
    assert_false(has(f.cache, 2, HELPER_PACK_NOTHING));
    for (uint32_t n = 3; n < 10; n++)
        assert_true(has(f.cache, n, HELPER_PACK_NOTHING));
    assert_int_equal(recorded_total(&f), 9 * ENTRY);
    close_fixture(&f);
}

static void folders_that_are_refused(void **state)
{
    char path[128], link[80];
    struct fixture f;
    struct cache *k;

    (void)state;
    open_fixture(&f);
    f.conf.root_count = 1;
    f.conf.roots[0].path = f.base;
    assert_err(cache_open(&f.conf, true, &k, &f.e), ERR_CONFIG, &f.e);
    snprintf(link, sizeof link, "%s-link", f.base);
    assert_int_equal(symlink(f.base, link), 0);
    f.conf.roots[0].path = link; /* the root is a link to it */
    assert_err(cache_open(&f.conf, true, &k, &f.e), ERR_CONFIG, &f.e);
    f.conf.roots[0].path = f.base;
    snprintf(path, sizeof path, "%s/other", link); /* a way around */
    f.conf.conversion_cache = path;
    assert_err(cache_open(&f.conf, true, &k, &f.e), ERR_CONFIG, &f.e);
    assert_int_equal(access(path, F_OK), -1);
    f.conf.root_count = 0;
    snprintf(path, sizeof path, "%s/missing", f.base);
    assert_err(cache_open(&f.conf, false, &k, &f.e), ERR_SYSTEM, &f.e);
    assert_int_equal(access(path, F_OK), -1);
    snprintf(path, sizeof path, "%s/no/where", f.base);
    assert_err(cache_open(&f.conf, true, &k, &f.e), ERR_SYSTEM, &f.e);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s", (const char *[]){"forms", "/", "/tmp/.."}[i]);
        assert_err(cache_open(&f.conf, true, &k, &f.e), ERR_CONFIG, &f.e);
    }
    f.conf.conversion_cache = f.folder;
    assert_int_equal(chmod(f.folder, 0770), 0);
    assert_err(cache_open(&f.conf, true, &k, &f.e), ERR_SYSTEM, &f.e);
    unlink(link);
    f.conf.conversion_cache = (char[]){"none"};
    assert_ok(cache_open(&f.conf, true, &k, &f.e), &f.e);
    assert_null(k);
    close_fixture(&f);
}

/* One cache an account, whose bound is a setting of its own. */
static void the_spool_has_one(void **state)
{
    struct fixture f;
    struct cache *k, *again;
    char path[128];
    struct stat st;

    (void)state;
    open_fixture(&f);
    f.conf.spool = f.base;
    f.conf.spool_cache_size = 10 * ENTRY;
    assert_ok(cache_open_spool(&f.conf, &k, &f.e), &f.e);
    assert_ok(cache_open_spool(&f.conf, &again, &f.e), &f.e);
    snprintf(path, sizeof path, "%s/wadozip-%lu-cache", f.base, (unsigned long)geteuid());
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    put(k, 1, false);
    assert_true(has(again, 1, HELPER_PACK_NOTHING));
    assert_true(cache_holds(k, 10 * ENTRY / 4, 10 * ENTRY));
    assert_false(cache_holds(k, 10 * ENTRY / 4 + 1, 10 * ENTRY));
    assert_false(cache_holds(k, 1, 10 * ENTRY + 1));
    assert_false(cache_holds(NULL, 0, 0));
    cache_close(k);
    cache_close(again);
    f.conf.spool_cache_size = 0;
    assert_ok(cache_open_spool(&f.conf, &k, &f.e), &f.e);
    assert_null(k);
    f.conf.spool_cache_size = LIMIT;
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(cache_open_spool(&f.conf, &k, &f.e), -1);
    assert_non_null(strstr(f.e.text, "spool_cache_size: others may enter"));
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_comes_back),
        cmocka_unit_test(what_does_not_shrink_enough_comes_plain),
        cmocka_unit_test(keys_differ_in_all_they_hold),
        cmocka_unit_test(least_recently_used_goes_first),
        cmocka_unit_test(folders_that_are_refused),
        cmocka_unit_test(the_spool_has_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
