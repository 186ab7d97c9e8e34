/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fcgi/pool.h"

static void back_off_doubles_up_to_its_limit(void **state)
{
    static const struct {
        unsigned failures;
        double seconds;
    } rows[] = {{0, 0}, {1, 0.25}, {2, 0.5}, {3, 1},   {4, 2},
                {5, 4}, {6, 8},    {7, 8},   {100, 8}, {4000000000u, 8}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(pool_backoff(rows[i].failures) == rows[i].seconds);
}

/* A pool that is late for the start of a worker does not sleep until the next
 * signal. */
static void a_missing_worker_is_waited_for_no_longer_than_needed(void **state)
{
    (void)state;
    assert_true(pool_pause(true, 12.5, 12) == 0.5);
    assert_true(pool_pause(true, 12, 12) == 0);
    assert_true(pool_pause(true, 12, 12.5) == 0);
    assert_true(pool_pause(false, 12, 12.5) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_off_doubles_up_to_its_limit),
        cmocka_unit_test(a_missing_worker_is_waited_for_no_longer_than_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
