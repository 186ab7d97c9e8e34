/* SPDX-License-Identifier: MIT */
/* What a plan of very many instances costs. */
#include "tests/unit/body/rows.h"
#include "tests/unit/body/pool.h"


/* 100,000 members of equal number: names stay unique, and quickly so. */
static void equal_numbers_by_the_hundred_thousand(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(0);
    char path[PLAN_PATH_BUFFER];
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    for (int n = 0; n < 100000; n++)
        add(&f, &i);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_true(plan_path(&f.plan, &f.plan.members[99999], path) > 0);
    assert_string_equal(path, "0003-MR-T1_MPRAGE/000000-100000.dcm");
    fixture_close(&f);
}

static size_t resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t all = 0, pages = 0;

    assert_int_equal(fscanf(f, "%zu %zu", &all, &pages), 2);
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void memory_is_small(void **state)
{
    static const struct {
        int count;
        size_t limit;
    } cases[] = {{70000, 9000000}, {100000, 12000000}};

    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("memory is not counted in a sanitizer's build\n");
    return;
#endif
    mem_setup();
    for (size_t c = 0; c < 2; c++) {
        struct plan_options o = fixture_options();
        struct instance first = made_up(0);
        size_t before, used;
        struct fixture f;

        fixture_open(&f, &o);
        add(&f, &first);
        assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e); /* libcrypto has its memory now */
        before = resident();
        for (int n = 0; n < cases[c].count; n++) {
            struct instance i = made_up(n);
            char path[128];

            snprintf(path, sizeof path,
                     "study/series/1.2.840.113619.2.55.3.2831178355.901.1234567890.%07d.dcm", n);
            i.path = path;
            add(&f, &i);
        }
        assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
        used = resident() - before;
        if (used > cases[c].limit)
            fail_msg("%d instances take %zu bytes", cases[c].count, used);
        print_message("%d instances: %zu bytes\n", cases[c].count, used);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_small),
        cmocka_unit_test(equal_numbers_by_the_hundred_thousand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
