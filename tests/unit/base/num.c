/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/num.h"

static void whole_numbers_only(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } rows[] = {
        {"0", 10, true, 0},
        {"10", 10, true, 10},
        {"11", 10, false, 0},
        {"007", 10, true, 7},
        {"", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"+1", 10, false, 0},
        {"-1", 10, false, 0},
        {"0x1", 10, false, 0},
        {"1.0", 10, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"000000000000000000001", UINT64_MAX, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t v = 0;
        bool good = num_parse(rows[i].text, strlen(rows[i].text), rows[i].max, &v);

        if (good != rows[i].good || (good && v != rows[i].value))
            fail_msg("\"%s\" of at most %llu", rows[i].text, (unsigned long long)rows[i].max);
    }
}

static void signed_numbers(void **state)
{
    int64_t v = 0;

    (void)state;
    assert_true(num_parse_signed("-2147483648", INT32_MIN, INT32_MAX, &v));
    assert_int_equal(v, INT32_MIN);
    assert_false(num_parse_signed("-2147483649", INT32_MIN, INT32_MAX, &v));
    assert_false(num_parse_signed("--1", INT32_MIN, INT32_MAX, &v));
    assert_false(num_parse_signed("-", INT32_MIN, INT32_MAX, &v));
    assert_true(num_parse_signed("9223372036854775807", INT64_MIN, INT64_MAX, &v));
    assert_false(num_parse_signed("9223372036854775808", INT64_MIN, INT64_MAX, &v));
    assert_true(num_parse_signed("-9223372036854775808", INT64_MIN, INT64_MAX, &v));
    assert_true(v == INT64_MIN);
    assert_false(num_parse_signed("-9223372036854775809", INT64_MIN, INT64_MAX, &v));
    assert_true(num_parse_signed("-0", INT64_MIN, INT64_MAX, &v));
    assert_int_equal(v, 0);
}

static void numbers_are_taken_from_the_front(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "1",
                                      "1,",
                                      "- ",
                                      "-",
                                      "+1 ",
                                      "1x ",
                                      "101 ",
                                      "-101 ",
                                      "00000000000000000001 ",
                                      "9223372036854775808 "};
    const char *s = "-12 7,99999999999999999999 ";
    int64_t v = 0;

    (void)state;
    s = num_take(s, ' ', -12, 7, &v);
    assert_string_equal(s, "7,99999999999999999999 ");
    assert_int_equal(v, -12);
    assert_null(num_take(s, ' ', -12, 7, &v));
    s = num_take(s, ',', -12, 7, &v);
    assert_string_equal(s, "99999999999999999999 ");
    assert_int_equal(v, 7);
    assert_null(num_take(s, ' ', INT64_MIN, INT64_MAX, &v));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (num_take(bad[i], ' ', -100, 100, &v))
            fail_msg("\"%s\" is a number", bad[i]);
}

static void sizes_have_units(void **state)
{
    uint64_t v = 0;

    (void)state;
    assert_true(num_parse_size("32K", UINT64_MAX, &v));
    assert_int_equal(v, 32768);
    assert_true(num_parse_size("1T", UINT64_MAX, &v));
    assert_int_equal(v, (uint64_t)1 << 40);
    assert_true(num_parse_size("5", UINT64_MAX, &v));
    assert_int_equal(v, 5);
    assert_false(num_parse_size("K", UINT64_MAX, &v));
    assert_false(num_parse_size("1k", UINT64_MAX, &v));
    assert_false(num_parse_size("2K", 2047, &v));
    assert_true(num_parse_size("2K", 2048, &v));
    assert_false(num_parse_size("16777216T", UINT64_MAX, &v));
    assert_false(num_parse_size("", UINT64_MAX, &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_only),
        cmocka_unit_test(signed_numbers),
        cmocka_unit_test(numbers_are_taken_from_the_front),
        cmocka_unit_test(sizes_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
