/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "db/sqlstate.h"

static void kinds(void **state)
{
    static const struct {
        const char *code;
        enum err_kind kind;
    } rows[] = {
        {"08006", ERR_AWAY},   {"57P01", ERR_AWAY},   {"57014", ERR_AWAY},   {"53300", ERR_AWAY},
        {"40001", ERR_AWAY},   {"55P03", ERR_AWAY},   {"25006", ERR_CONFIG}, {"28P01", ERR_CONFIG},
        {"3D000", ERR_CONFIG}, {"3F000", ERR_CONFIG}, {"42501", ERR_CONFIG}, {"23505", ERR_DATA},
        {"22021", ERR_DATA},   {"55000", ERR_DATA},   {"57000", ERR_DATA},   {"", ERR_DATA},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (sqlstate_kind(rows[i].code) != rows[i].kind)
            fail_msg("%s is %s", rows[i].code, err_kind_name(sqlstate_kind(rows[i].code)));
}

static void what_gave_way_to_others(void **state)
{
    static const char *const others[] = {"", "40000", "40002", "40003", "55P03", "57014", "08006"};

    (void)state;
    assert_true(sqlstate_undone("40001"));
    assert_true(sqlstate_undone("40P01"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(sqlstate_undone(others[i]));
}

static void what_a_preparation_spoils(void **state)
{
    static const char *const others[] = {"", "42P01", "26", "40001", "0A", "08006"};

    (void)state;
    assert_true(sqlstate_unprepared("26000"));
    assert_true(sqlstate_unprepared("42P05"));
    assert_true(sqlstate_unprepared("0A000"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(sqlstate_unprepared(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(what_gave_way_to_others),
        cmocka_unit_test(what_a_preparation_spoils),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
