/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "retrieve/deid_memory.h"

/* A UUID of the bucket that the first two bytes name. */
static const uint8_t *of(unsigned number, uint8_t last)
{
    static uint8_t uuid[DEID_UUID_BYTES];

    uuid[0] = (uint8_t)(number >> 8);
    uuid[1] = (uint8_t)number;
    uuid[15] = last;
    return uuid;
}

static void what_was_kept_is_found(void **state)
{
    const unsigned all = DEID_MEMORY_BUCKETS * DEID_MEMORY_WAYS;
    struct deid_memory m = {NULL};
    char uid[UID_MAX + 1];

    (void)state;
    for (unsigned i = 0; i < all; i++) {
        snprintf(uid, sizeof uid, "1.%u", i);
        deid_memory_put(&m, of(i % DEID_MEMORY_BUCKETS, (uint8_t)(i / DEID_MEMORY_BUCKETS)), uid);
    }
    for (unsigned i = 0; i < all; i++) {
        const char *got =
            deid_memory_get(&m, of(i % DEID_MEMORY_BUCKETS, (uint8_t)(i / DEID_MEMORY_BUCKETS)));

        snprintf(uid, sizeof uid, "1.%u", i);
        assert_non_null(got);
        assert_string_equal(got, uid);
    }
    assert_null(deid_memory_get(&m, of(0, DEID_MEMORY_WAYS)));
    deid_memory_release(&m);
}

static void an_empty_one_knows_nothing(void **state)
{
    const uint8_t zero[DEID_UUID_BYTES] = {0};
    struct deid_memory m = {NULL};

    (void)state;
    assert_null(deid_memory_get(&m, zero));
    deid_memory_put(&m, of(1, 1), "1.2");
    assert_null(deid_memory_get(&m, zero));
    deid_memory_release(&m);
    assert_null(deid_memory_get(&m, of(1, 1)));
    deid_memory_release(&m);
}

static void the_oldest_goes_first(void **state)
{
    char longest[UID_MAX + 1];
    struct deid_memory m = {NULL};

    (void)state;
    memset(longest, '1', UID_MAX);
    longest[UID_MAX] = '\0';
    for (uint8_t i = 0; i < DEID_MEMORY_WAYS; i++)
        deid_memory_put(&m, of(7, i), "1.2");
    deid_memory_put(&m, of(7, 0), longest); /* kept before: nothing goes */
    for (uint8_t i = 0; i < DEID_MEMORY_WAYS; i++)
        assert_string_equal(deid_memory_get(&m, of(7, i)), i ? "1.2" : longest);
    deid_memory_put(&m, of(7, 9), "1.9");
    assert_null(deid_memory_get(&m, of(7, 1)));
    assert_string_equal(deid_memory_get(&m, of(7, 0)), longest);
    assert_string_equal(deid_memory_get(&m, of(7, 9)), "1.9");
    deid_memory_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_kept_is_found),
                                       cmocka_unit_test(an_empty_one_knows_nothing),
                                       cmocka_unit_test(the_oldest_goes_first)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
