/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "limit/token_bucket.h"

#define S 1000000000u
#define START (1000 * (uint64_t)S)

static void a_burst_and_then_one_at_a_time(void **state)
{
    uint64_t full_at = 0;

    (void)state;
    for (int i = 0; i < 6; i++)
        assert_int_equal(token_bucket_take(6, &full_at, START), 0);
    assert_int_equal(full_at, START + TOKEN_BUCKET_WINDOW);
    assert_int_equal(token_bucket_take(6, &full_at, START), 10 * (uint64_t)S);
    assert_int_equal(token_bucket_take(6, &full_at, START + 4 * (uint64_t)S), 6 * (uint64_t)S);
    assert_int_equal(full_at, START + TOKEN_BUCKET_WINDOW); /* a refusal costs nothing */
    assert_int_equal(token_bucket_take(6, &full_at, START + 10 * (uint64_t)S), 0);
    assert_int_equal(token_bucket_take(6, &full_at, START + 10 * (uint64_t)S), 10 * (uint64_t)S);
}

static void a_pause_fills_it_and_no_more(void **state)
{
    uint64_t full_at = START, now = START + 500 * (uint64_t)S;

    (void)state;
    assert_int_equal(token_bucket_take(2, &full_at, now), 0);
    assert_int_equal(token_bucket_take(2, &full_at, now), 0);
    assert_int_equal(token_bucket_take(2, &full_at, now), 30 * (uint64_t)S);
}

static void one_a_minute(void **state)
{
    uint64_t full_at = 0;

    (void)state;
    assert_int_equal(token_bucket_take(1, &full_at, START), 0);
    assert_int_equal(token_bucket_take(1, &full_at, START + 1), TOKEN_BUCKET_WINDOW - 1);
    assert_int_equal(token_bucket_take(1, &full_at, START + TOKEN_BUCKET_WINDOW), 0);
}

/* The clock starts again with the machine; a file may be older. */
static void times_that_cannot_be_are_full(void **state)
{
    uint64_t full_at = START + TOKEN_BUCKET_WINDOW + 1;

    (void)state;
    assert_true(token_bucket_is_full(full_at, START));
    assert_false(token_bucket_is_full(full_at - 1, START));
    assert_false(token_bucket_is_full(START + 1, START));
    assert_true(token_bucket_is_full(START, START));
    assert_int_equal(token_bucket_take(1, &full_at, START), 0);
    assert_int_equal(full_at, START + TOKEN_BUCKET_WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_and_then_one_at_a_time),
        cmocka_unit_test(a_pause_fills_it_and_no_more),
        cmocka_unit_test(one_a_minute),
        cmocka_unit_test(times_that_cannot_be_are_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
