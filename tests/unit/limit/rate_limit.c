/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <limits.h>

#include "limit/rate_limit.h"

static void no_rate_never_waits(void **state)
{
    struct rate_limit p = {0};

    (void)state;
    rate_limit_take(&p, UINT64_MAX, 5);
    assert_int_equal(rate_limit_wait(&p, 5), 0);
}

static void files_are_spaced_by_their_bytes(void **state)
{
    struct rate_limit p = {.rate = 1000};

    (void)state;
    assert_int_equal(rate_limit_wait(&p, 100), 0);
    rate_limit_take(&p, 500, 100);
    assert_in_range(rate_limit_wait(&p, 100), 500, 501);
    assert_in_range(rate_limit_wait(&p, 100.4), 100, 101);
    assert_int_equal(rate_limit_wait(&p, 100.5), 0);
    rate_limit_take(&p, 1000, 100.25); /* begun early all the same: the debt adds up */
    assert_in_range(rate_limit_wait(&p, 100.5), 1000, 1001);
}

static void unused_time_is_not_saved_up(void **state)
{
    struct rate_limit p = {.rate = 1000};

    (void)state;
    rate_limit_take(&p, 1000, 0);
    rate_limit_take(&p, 1000, 1000);
    assert_in_range(rate_limit_wait(&p, 1000), 1000, 1001);
}

static void a_file_of_ages_does_not_overflow(void **state)
{
    struct rate_limit p = {.rate = 1};

    (void)state;
    rate_limit_take(&p, UINT64_MAX, 0);
    assert_int_equal(rate_limit_wait(&p, 0), INT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rate_never_waits),
        cmocka_unit_test(files_are_spaced_by_their_bytes),
        cmocka_unit_test(unused_time_is_not_saved_up),
        cmocka_unit_test(a_file_of_ages_does_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
