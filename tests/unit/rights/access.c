/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "rights/access.h"
#include "catalog/catalog.h"

static void every_setting_with_and_without_a_user(void **state)
{
    static const struct {
        enum conf_access access;
        const char *user;
        enum err_kind kind;
    } cases[] = {
        {CONF_ACCESS_OPEN, NULL, ERR_NONE},       {CONF_ACCESS_OPEN, "ann", ERR_NONE},
        {CONF_ACCESS_USER, "ann", ERR_NONE},     {CONF_ACCESS_USER, NULL, ERR_AUTH},
        {CONF_ACCESS_USER, "", ERR_AUTH},        {CONF_ACCESS_NONE, NULL, ERR_NOT_FOUND},
        {CONF_ACCESS_NONE, "ann", ERR_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct conf conf = {.access = cases[i].access};
        const struct request request = {.user = cases[i].user};
        struct err e = ERR_INIT;

        assert_int_equal(access_check(&conf, &request, &e), cases[i].kind ? -1 : 0);
        assert_int_equal(e.kind, cases[i].kind);
        if (e.kind == ERR_NOT_FOUND)
            assert_string_equal(e.text, CATALOG_NOTHING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_setting_with_and_without_a_user)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
