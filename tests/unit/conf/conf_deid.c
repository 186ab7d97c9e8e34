/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "conf/conf_deid.h"

static int apply(struct conf_deid_set *c, const char *key, const char *value, bool once,
                 struct err *e)
{
    return conf_deid_apply(c, &(const struct conf_line){key, value, "line 1", once}, e);
}

static void good_values_are_kept(void **state)
{
    static const char *const good[][2] = {{"a.options", "basic  modified-dates,patient"},
                                          {"a.key", "/k"},
                                          {"a.days", "36500"},
                                          {"a.pixels", "trust"},
                                          {"b_1-.key", "/etc/b"},
                                          {"b_1-.options", ""},
                                          {"b_1-.pixels", "withhold"}};
    struct conf_deid_set c = {0};
    struct err e = ERR_INIT;
    const struct conf_deid *a, *b, *basic;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(apply(&c, good[i][0], good[i][1], true, &e), &e);
    assert_ok(conf_deid_complete(&c, &e), &e);
    a = conf_deid_of(&c, "a");
    b = conf_deid_of(&c, "b_1-");
    basic = conf_deid_of(&c, "basic");
    assert_int_equal(a->options, DEID_MODIFIED_DATES | DEID_PATIENT);
    assert_int_equal(a->pixels, CONF_DEID_TRUST);
    assert_int_equal(a->days, 36500);
    assert_string_equal(a->key, "/k");
    assert_int_equal(b->options, 0);
    assert_int_equal(b->days, DEID_DAYS_DEFAULT);
    assert_int_equal(b->pixels, CONF_DEID_WITHHOLD);
    assert_int_equal(basic->pixels, CONF_DEID_REFUSE);
    assert_string_equal(basic->key, CONF_DEID_BASIC_KEY);
    assert_int_equal(basic->options, 0);
    assert_null(conf_deid_of(&c, "b_1"));
    conf_deid_release(&c);
}

static void bad_values_are_refused(void **state)
{
    static const char *const bad[][2] = {{"a.options", "basis"},
                                         {"a.options", "basi"},
                                         {"a.options", "full-dates modified-dates"},
                                         {"a.key", "key"},
                                         {"a.key", ""},
                                         {"a.days", "0"},
                                         {"a.days", "36501"},
                                         {"a.days", "x"},
                                         {"a.pixels", "keep"},
                                         {"a.pixels", ""},
                                         {"a.x", "1"},
                                         {"a", "1"},
                                         {".key", "/k"},
                                         {"A.key", "/k"},
                                         {"a.b.key", "/k"},
                                         {"abcdefghijklmnopqrstuvwxyzabcdefg.key", "/k"}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct conf_deid_set c = {0};
        struct err e = ERR_INIT;

        assert_err(apply(&c, bad[i][0], bad[i][1], true, &e), ERR_CONFIG, &e);
        conf_deid_release(&c);
    }
}

static void twice_is_for_the_environment(void **state)
{
    struct conf_deid_set c = {0};
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(apply(&c, "a.days", "1", true, &e), &e);
    assert_ok(apply(&c, "a.days", "2", false, &e), &e);
    assert_err(apply(&c, "a.days", "3", true, &e), ERR_CONFIG, &e);
    err_clear(&e);
    assert_err(conf_deid_complete(&c, &e), ERR_CONFIG, &e); /* no key */
    conf_deid_release(&c);
}

struct shown {
    char text[512];
};

static void note(void *ctx, const char *key, const char *value, const char *help)
{
    struct shown *s = ctx;
    size_t len = strlen(s->text);

    (void)help;
    snprintf(s->text + len, sizeof s->text - len, "%s=%s;", key, value);
}

static void every_value_is_shown(void **state)
{
    struct conf_deid_set c = {0};
    struct err e = ERR_INIT;
    struct shown s = {""};

    (void)state;
    assert_ok(apply(&c, "basic.options", "patient uids device institution full-dates safe-private",
                    true, &e),
              &e);
    assert_ok(conf_deid_complete(&c, &e), &e);
    conf_deid_each(&c, note, &s);
    assert_string_equal(
        s.text,
        "deid.basic.options=basic uids device institution patient full-dates safe-private;"
        "deid.basic.key=/etc/wadozip/deid.key;deid.basic.days=1825;deid.basic.pixels=refuse;");
    conf_deid_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_values_are_kept), cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(twice_is_for_the_environment), cmocka_unit_test(every_value_is_shown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
