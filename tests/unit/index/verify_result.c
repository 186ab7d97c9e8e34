/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "index/verify_result.h"

static void the_parts_add_up(void **state)
{
    struct verify_counts t = {.bytes = 9};
    struct buf text;

    (void)state;
    for (int i = 0; i < FINDINGS; i++)
        t.files[i] = (uint64_t)1 << i;
    buf_init(&text, 1024);
    verify_result_write(&t, &text);
    assert_string_equal(
        text.data, "127 files: 1 good, 2 touched, 4 changed, 8 damaged, 16 missing, 32 unreadable,"
                   " 64 new");
    assert_int_equal(verify_result_total(&t), 127);
    buf_release(&text);
}

static void only_good_files_are_no_trouble(void **state)
{
    (void)state;
    assert_false(verify_result_has_trouble(&(struct verify_counts){0}));
    for (int i = 0; i < FINDINGS; i++) {
        struct verify_counts t = {.files[VERIFY_RESULT_GOOD] = 5};

        t.files[i]++;
        assert_int_equal(verify_result_has_trouble(&t), i != VERIFY_RESULT_GOOD);
    }
}

static void every_finding_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < FINDINGS; i++)
        assert_string_not_equal(verify_result_name((enum verify_result)i), "unknown");
    assert_string_equal(verify_result_name(FINDINGS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_add_up),
        cmocka_unit_test(only_good_files_are_no_trouble),
        cmocka_unit_test(every_finding_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
