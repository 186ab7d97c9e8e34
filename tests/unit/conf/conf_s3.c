/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "conf/conf_s3.h"

static int apply(struct conf_s3_set *c, const char *key, const char *value, bool once,
                 struct err *e)
{
    return conf_s3_apply(c, &(const struct conf_line){key, value, "line 1", once}, e);
}

static void good_values_are_kept(void **state)
{
    static const char *const good[][2] = {{"a.endpoint", "https://objects.example.org:9000/x"},
                                          {"a.region", "eu-central-1"},
                                          {"a.credentials", "/etc/k"},
                                          {"a.addressing", "host"},
                                          {"a.check", "trust"},
                                          {"a.connections", "128"},
                                          {"a.seconds", "1"},
                                          {"b-1.endpoint", "http://[::1]:80"}};
    struct conf_s3_set c = {0};
    struct err e = ERR_INIT;
    const struct conf_s3 *a, *b;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(apply(&c, good[i][0], good[i][1], true, &e), &e);
    assert_ok(conf_s3_complete(&c, &e), &e);
    a = conf_s3_of(&c, "a");
    b = conf_s3_of(&c, "b-1");
    assert_int_equal(a->addressing, CONF_S3_HOST);
    assert_int_equal(b->addressing, CONF_S3_PATH);
    assert_int_equal(a->check, CONF_S3_CHECK_TRUST);
    assert_int_equal(a->connections, 128);
    assert_int_equal(a->seconds, 1);
    assert_string_equal(a->region, "eu-central-1");
    assert_int_equal(b->check, CONF_S3_CHECK_LIST);
    assert_int_equal(b->connections, 16);
    assert_string_equal(b->credentials, CONF_S3_ENVIRONMENT);
    assert_null(conf_s3_of(&c, "b"));
    conf_s3_release(&c);
}

static void bad_values_are_refused(void **state)
{
    static const char *const bad[][2] = {{"a.endpoint", "objects.example.org"},
                                         {"a.endpoint", "https://x/"},
                                         {"a.endpoint", "https://u:p@x"},
                                         {"a.endpoint", "https://x y"},
                                         {"a.region", ""},
                                         {"a.region", "a:b"},
                                         {"a.credentials", "key"},
                                         {"a.addressing", "virtual"},
                                         {"a.check", "none"},
                                         {"a.connections", "0"},
                                         {"a.connections", "129"},
                                         {"a.seconds", "-1"},
                                         {"a.bucket", "x"},
                                         {"a", "x"},
                                         {".check", "head"},
                                         {"a.check.x", "head"},
                                         {"abcdefghijklmnopqrstuvwxyzabcdefg.check", "head"}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct conf_s3_set c = {0};
        struct err e = ERR_INIT;

        assert_err(apply(&c, bad[i][0], bad[i][1], true, &e), ERR_CONFIG, &e);
        conf_s3_release(&c);
    }
}

static void twice_is_for_the_environment(void **state)
{
    struct conf_s3_set c = {0};
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(apply(&c, "a.region", "x", true, &e), &e);
    assert_ok(apply(&c, "a.region", "y", false, &e), &e);
    assert_err(apply(&c, "a.region", "z", true, &e), ERR_CONFIG, &e);
    err_clear(&e);
    assert_err(conf_s3_complete(&c, &e), ERR_CONFIG, &e); /* no endpoint */
    conf_s3_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good_values_are_kept),
                                       cmocka_unit_test(bad_values_are_refused),
                                       cmocka_unit_test(twice_is_for_the_environment)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
