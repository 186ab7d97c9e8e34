#include "tests/unit/unit.h"

#include "fcgi/pool.h"

static void back_off_doubles_up_to_its_limit(void **state)
{
    static const struct {
        unsigned failures;
        double seconds;
    } rows[] = {{0, 0}, {1, 0.25}, {2, 0.5}, {3, 1}, {4, 2}, {5, 4}, {6, 8}, {7, 8}, {100, 8}, {4000000000u, 8}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(pool_backoff(rows[i].failures) == rows[i].seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(back_off_doubles_up_to_its_limit)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
