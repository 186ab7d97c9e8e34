/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/study.h"

/* A plan that knows everything needs no memory for it; an edit changes one
 * member and not the plan. */
static void edits_do_not_change_the_plan(void **state)
{
    struct plan_options o = fixture_options();
    struct plan_fact *fact, before;
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 5, 1000);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    before = plan_progress_fact(&f.progress, &f.plan.members[2]);
    assert_null(f.progress.facts);
    assert_true(before.known && before.size == f.plan.members[2].file_size &&
                before.crc == f.plan.members[2].crc);
    assert_int_equal(before.stored_size, before.size);
    fact = plan_progress_edit(&f.progress, &f.plan.members[2], &f.e);
    assert_non_null(fact);
    fact->stored_size = 7;
    fact->known = false;
    assert_int_equal(plan_progress_fact(&f.progress, &f.plan.members[2]).stored_size, 7);
    assert_false(plan_progress_sized(&f.progress, &f.plan.members[2]));
    assert_int_equal(f.plan.members[2].stored_size, before.stored_size);
    for (size_t i = 0; i < 5; i += i == 1 ? 2 : 1) {
        const struct plan_fact other = plan_progress_fact(&f.progress, &f.plan.members[i]);

        assert_true(other.known && other.size == f.plan.members[i].file_size &&
                    other.crc == f.plan.members[i].crc);
        assert_true(plan_progress_sized(&f.progress, &f.plan.members[i]));
    }
    plan_progress_begin(&f.progress, &f.plan);
    assert_int_equal(plan_progress_fact(&f.progress, &f.plan.members[2]).stored_size,
                     before.stored_size);
    fixture_close(&f);
}

static void a_time_replaces_the_recorded_one(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 3, 1000);
    assert_ok(plan_progress_set_mtime(&f.progress, &f.plan.members[1], 17, &f.e), &f.e);
    assert_ok(plan_progress_set_mtime(&f.progress, &f.plan.members[1], 18, &f.e), &f.e);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(plan_progress_mtime(&f.progress, &f.plan.members[i]),
                         i == 1 ? 18 : f.plan.members[i].mtime_ns);
    fixture_close(&f);
}

/* The size of a converted instance can be known before its CRC-32; that of
 * other content cannot. */
static void a_converted_size_is_enough_for_instances(void **state)
{
    struct plan_conversion conversions[] = {{0, 0}, {900, 300}};
    struct plan_options o = fixture_options();
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 2, 1000);
    f.plan.conversions = conversions;
    for (size_t i = 0; i < 2; i++) {
        f.plan.members[i].source = PLAN_CONVERTED;
        f.plan.members[i].known = false;
        assert_int_equal(plan_progress_sized(&f.progress, &f.plan.members[i]), i == 1);
    }
    assert_int_equal(plan_progress_fact(&f.progress, &f.plan.members[1]).size, 900);
    assert_int_equal(plan_progress_fact(&f.progress, &f.plan.members[1]).deflated_size, 300);
    f.plan.options.content = PLAN_METADATA_JSON;
    assert_false(plan_progress_sized(&f.progress, &f.plan.members[1]));
    f.plan.conversions = NULL;
    fixture_close(&f);
}

/* The options that settings give. */
static void options_follow_the_settings(void **state)
{
    struct conf c = {.max_instances = 7,
                     .max_bytes = 8,
                     .entry_time = CONF_ENTRY_TIME_DATA,
                     .lossy_conversion = 1};
    struct plan_options o = plan_options_default(&c);

    (void)state;
    assert_true(o.entry_time && o.wish.lossy_allowed && o.max_instances == 7 && o.max_bytes == 8);
    c = (struct conf){.entry_time = CONF_ENTRY_TIME_NONE};
    o = plan_options_default(&c);
    assert_false(o.entry_time || o.wish.lossy_allowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_do_not_change_the_plan),
        cmocka_unit_test(a_time_replaces_the_recorded_one),
        cmocka_unit_test(options_follow_the_settings),
        cmocka_unit_test(a_converted_size_is_enough_for_instances),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
