/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/s3.h"

/* A root in object storage with credentials in a file. */
struct root_in_store {
    char credentials[32];
    struct conf conf;
    struct s3 *s3;
    struct err e;
};

static int open_it(struct root_in_store *t, const char *path, const char *credentials)
{
    FILE *f;
    int fd;

    *t = (struct root_in_store){.credentials = "/tmp/wadozip-s3-XXXXXX", .e = ERR_INIT};
    fd = mkstemp(t->credentials);
    f = fdopen(fd, "w");
    assert_non_null(f);
    fputs(credentials, f);
    fclose(f);
    t->conf.root_count = t->conf.s3.count = 1;
    memcpy(t->conf.roots[0].name, "r", 2);
    memcpy(t->conf.s3.of[0].name, "r", 2);
    t->conf.roots[0].path = (char *)path;
    t->conf.s3.of[0].endpoint = (char *)"http://e";
    t->conf.s3.of[0].region = (char *)"here";
    t->conf.s3.of[0].credentials = t->credentials;
    return s3_open(&t->conf, &t->conf.roots[0], &t->s3, &t->e);
}

static void close_it(struct root_in_store *t)
{
    s3_close(t->s3);
    unlink(t->credentials);
}

#define KEYS \
    "# comment\n[default]\n aws_access_key_id = ID\r\naws_secret_access_key=a/b=c\n[other]\naws_access_key_id = NO\n"

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
        struct root_in_store t;
        char *url;

        assert_ok(open_it(&t, cases[i][0], KEYS), &t.e);
        url = s3_url(t.s3, cases[i][1]);
        assert_string_equal(url, cases[i][2]);
        free(url);
        assert_string_equal(t.s3->signature, "aws:amz:here:s3");
        url = s3_list_url(t.s3, query, 2);
        assert_string_equal(url, "http://e/b?list-type=2&prefix=a%20b%2F");
        free(url);
        close_it(&t);
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
    struct root_in_store t;
    char *url;

    (void)state;
    memset(path, ' ', sizeof path);
    path[S3_KEY_MAX + 1] = '\0';
    assert_ok(open_it(&t, "s3://b", KEYS), &t.e);
    assert_null(s3_url(t.s3, path));
    path[S3_KEY_MAX] = '\0';
    url = s3_url(t.s3, path);
    assert_int_equal(strlen(url), strlen("http://e/b/") + 3 * S3_KEY_MAX);
    free(url);
    close_it(&t);
}

static void incomplete_settings_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"s3://", KEYS},
        {"s3:///x", KEYS},
        {"s3://b c/x", KEYS},
        {"s3://b", ""},
        {"s3://b", "aws_access_key_id = ID\n"},
        {"s3://b", "aws_access_key_id = I:D\naws_secret_access_key = s\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct root_in_store t;

        assert_err(open_it(&t, cases[i][0], cases[i][1]), ERR_CONFIG, &t.e);
        assert_null(strstr(t.e.text, "a/b=c"));
        close_it(&t);
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
        cmocka_unit_test(addresses_are_escaped), cmocka_unit_test(segments_of_dots_are_found),
        cmocka_unit_test(long_keys_have_no_address),
        cmocka_unit_test(incomplete_settings_are_refused), cmocka_unit_test(versions_differ)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
