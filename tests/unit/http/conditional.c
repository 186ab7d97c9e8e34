/* SPDX-License-Identifier: MIT */
#include "http/conditional.h"

#include "tests/unit/table.h"

static void test_row(void **state)
{
    static const char *const names[] = {[CONDITIONAL_SEND] = "send",
                                        [CONDITIONAL_NOT_MODIFIED] = "304",
                                        [CONDITIONAL_FAILED] = "412"};
    const struct table_row *row = *state;
    const char *etag = row->cells[1];
    struct request r = {
        .if_match = row->cells[3],
        .if_none_match = row->cells[4],
        .if_modified_since = row->cells[5],
        .if_unmodified_since = row->cells[6],
        .if_range = row->cells[7],
    };
    int64_t modified = 0;

    if (row->cells[2])
        assert_true(conditional_date_parse(row->cells[2], &modified));
    assert_string_equal(names[conditional_check(&r, etag, modified)], row->cells[8]);
    assert_string_equal(conditional_range(&r, etag) ? "range" : "whole", row->cells[9]);
}

static const struct {
    const char *text;
    int64_t seconds; /* -1: no date */
} dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"Sun Nov  6 08:49:37 1994", 784111777},
    {"Sun Nov 16 08:49:37 1994", 784975777},
    {"\t Sun, 06 Nov 1994 08:49:37 GMT ", 784111777},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Thursday, 01-Jan-70 00:00:00 GMT", 0},
    {"Monday, 31-Dec-69 23:59:59 GMT", 3155759999},
    {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
    {"Sat, 30 Jun 2012 23:59:60 GMT", 1341100800},
    {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    {"Thu, 29 Feb 1900 12:00:00 GMT", -1},
    {"Wed, 29 Feb 2023 12:00:00 GMT", -1},
    {"Wed, 31 Apr 2024 12:00:00 GMT", -1},
    {"Wed, 00 Apr 2024 12:00:00 GMT", -1},
    {"Wed, 32 Jan 2024 12:00:00 GMT", -1},
    {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
    {"Sun, 06 Nov 1994 08:60:00 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:61 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
    {"Sun, 06 Nov 1994 08:49:37", -1},
    {"Sun, 06 Nov 1994 08:49:37 gmt", -1},
    {"Sun, 06 nov 1994 08:49:37 GMT", -1},
    {"sun, 06 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
    {"Sun,06 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 06 Nov 94 08:49:37 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:37 GMT x", -1},
    {"Sun, 06 Nov 1994 8:49:37 GMT", -1},
    {"Sun, 06 Nov +994 08:49:37 GMT", -1},
    {"Sun, 06-Nov-94 08:49:37 GMT", -1},
    {"Sunday, 06 Nov 1994 08:49:37 GMT", -1},
    {"Sun Nov 6 08:49:37 1994", -1},
    {"Sun Nov 06 08:49:37 94", -1},
    {"Sun Nov  6 08:49:37 1994 GMT", -1},
    {"784111777", -1},
    {"Sun", -1},
    {"", -1},
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int64_t got = -1;

        if (!conditional_date_parse(dates[i].text, &got))
            got = -1;
        if (got != dates[i].seconds)
            print_error("%s\n", dates[i].text);
        assert_int_equal(got, dates[i].seconds);
    }
}

static void expect_format(int64_t seconds, const char *want)
{
    char got[CONDITIONAL_DATE_MAX];

    conditional_date_format(seconds, got);
    assert_string_equal(got, want);
}

static void test_format(void **state)
{
    (void)state;
    expect_format(784111777, "Sun, 06 Nov 1994 08:49:37 GMT");
    expect_format(0, "Thu, 01 Jan 1970 00:00:00 GMT");
    expect_format(-5, "Thu, 01 Jan 1970 00:00:00 GMT");
    expect_format(253402300799, "Fri, 31 Dec 9999 23:59:59 GMT");
    expect_format(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int64_t t = 1; t < 253402300799; t += 86400 * 37 + 12345) {
        char text[CONDITIONAL_DATE_MAX];
        int64_t back;

        conditional_date_format(t, text);
        assert_true(conditional_date_parse(text, &back));
        assert_int_equal(back, t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_round_trip),
    };
    int failed = cmocka_run_group_tests_name("cond", tests, NULL, NULL);

    return failed + table_run("conditional.tsv", 11, test_row) ? 1 : 0;
}
