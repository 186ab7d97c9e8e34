/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/object_root.h"

static void addresses_are_escaped(void **state)
{
    static const char *const cases[][3] = {
        {"s3://b", "a", "http://e/b/a"},
        {"s3://b/", "a", "http://e/b/a"},
        {"s3://b/p//", "x/y", "http://e/b/p/x/y"},
        {"s3://b/p q", "x+y&\xc3\xbc.dcm", "http://e/b/p%20q/x%2By%26%C3%BC.dcm"},
        {"s3://b", "a?b#c%d", "http://e/b/a%3Fb%23c%25d"}};
    const char *const query[][2] = {{"list-type", "2"}, {"prefix", "a b/"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct object_root t;
        char *url;

        assert_ok(object_root_open(&t, cases[i][0], OBJECT_ROOT_KEYS), &t.e);
        url = s3_url(t.s3, cases[i][1]);
        assert_string_equal(url, cases[i][2]);
        free(url);
        assert_string_equal(t.s3->signature, "aws:amz:here:s3");
        url = s3_list_url(t.s3, query, 2);
        assert_string_equal(url, "http://e/b?list-type=2&prefix=a%20b%2F");
        free(url);
        object_root_close(&t);
    }
}

static void addresses_name_the_bucket(void **state)
{
    static const struct {
        const char *endpoint, *key, *list;
        enum conf_s3_addressing addressing;
    } cases[] = {
        {"http://e:7", "http://e:7/b/p/k", "http://e:7/b?prefix=p%2F", CONF_S3_PATH},
        {"http://e:7", "http://b.e:7/p/k", "http://b.e:7/?prefix=p%2F", CONF_S3_HOST},
        {"https://e/x", "https://e/x/b/p/k", "https://e/x/b?prefix=p%2F", CONF_S3_PATH},
        {"https://e/x", "https://b.e/x/p/k", "https://b.e/x/?prefix=p%2F", CONF_S3_HOST}};
    const char *const query[][2] = {{"prefix", "p/"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct object_root t;
        char *url;

        assert_ok(object_root_open(&t, "s3://b/p", OBJECT_ROOT_KEYS), &t.e);
        t.conf.s3.of[0].endpoint = (char *)cases[i].endpoint;
        t.conf.s3.of[0].addressing = cases[i].addressing;
        url = s3_url(t.s3, "k");
        assert_string_equal(url, cases[i].key);
        free(url);
        url = s3_list_url(t.s3, query, 1);
        assert_string_equal(url, cases[i].list);
        free(url);
        object_root_close(&t);
    }
}

static void segments_of_dots_are_found(void **state)
{
    static const char *const dots[] = {
        "http://e/b/./a", "http://e/b/../a",           "http://e/b/a/..",
        "http://e/b/.",   "http://e/b/..?list-type=2", "http://e/./.a"};
    static const char *const none[] = {"http://e/b/.a", "http://e/b/a./...", "http://e/b/a..",
                                       "http://e.e/b?prefix=/../", "http://e/b/..a/.../b"};

    (void)state;
    for (size_t i = 0; i < sizeof dots / sizeof *dots; i++)
        assert_true(s3_url_has_dots(dots[i]));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(s3_url_has_dots(none[i]));
}

static void long_keys_have_no_address(void **state)
{
    char path[S3_KEY_MAX + 2];
    struct object_root t;
    char *url;

    (void)state;
    memset(path, ' ', sizeof path);
    path[S3_KEY_MAX + 1] = '\0';
    assert_ok(object_root_open(&t, "s3://b", OBJECT_ROOT_KEYS), &t.e);
    assert_null(s3_url(t.s3, path));
    path[S3_KEY_MAX] = '\0';
    url = s3_url(t.s3, path);
    assert_int_equal(strlen(url), strlen("http://e/b/") + 3 * S3_KEY_MAX);
    free(url);
    object_root_close(&t);
}

static void incomplete_settings_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"s3://", OBJECT_ROOT_KEYS},
        {"s3:///x", OBJECT_ROOT_KEYS},
        {"s3://b c/x", OBJECT_ROOT_KEYS},
        {"s3://b", ""},
        {"s3://b", "aws_access_key_id = ID\n"},
        {"s3://b", "aws_access_key_id = I:D\naws_secret_access_key = s\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct object_root t;

        assert_err(object_root_open(&t, cases[i][0], cases[i][1]), ERR_CONFIG, &t.e);
        assert_null(strstr(t.e.text, "a/b=c"));
        object_root_close(&t);
    }
}

static void versions_differ(void **state)
{
    (void)state;
    assert_int_equal(s3_stamp(7, "a") / 1000000000, 7);
    assert_int_equal(s3_stamp(7, "a"), s3_stamp(7, "a"));
    assert_int_not_equal(s3_stamp(7, "a"), s3_stamp(7, "b"));
    assert_int_not_equal(s3_stamp(7, "a"), s3_stamp(8, "a"));
    assert_in_range(s3_stamp(-1, "a"), 0, 999999999);
    assert_in_range(s3_stamp(INT64_MAX, "a"), 0, 999999999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_escaped), cmocka_unit_test(addresses_name_the_bucket),
        cmocka_unit_test(segments_of_dots_are_found),
        cmocka_unit_test(long_keys_have_no_address),
        cmocka_unit_test(incomplete_settings_are_refused), cmocka_unit_test(versions_differ)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
