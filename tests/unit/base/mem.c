/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdalign.h>

#include "base/mem.h"

static void allocations_are_zeroed_aligned_and_apart(void **state)
{
    struct err e = ERR_INIT;
    struct mem m;
    unsigned char *last = NULL;

    (void)state;
    mem_init(&m, 1 << 20);
    for (size_t size = 1; size < 5000; size = size * 3 + 1) {
        unsigned char *p = mem_alloc(&m, size, &e);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
        assert_ptr_not_equal(p, last);
        last = p;
    }
    mem_reset(&m);
    assert_int_equal(m.used, 0);
}

static void the_cap_holds(void **state)
{
    struct err e = ERR_INIT;
    struct mem m;
    size_t n = 0;

    (void)state;
    mem_init(&m, 100000);
    while (mem_alloc(&m, 1000, &e))
        n++;
    assert_int_equal(e.kind, ERR_MEMORY);
    assert_in_range(n, 80, 100);
    assert_in_range(m.used, 1, 100000);
    err_clear(&e);
    assert_null(mem_alloc(&m, SIZE_MAX, &e));
    assert_int_equal(e.kind, ERR_MEMORY);
    mem_reset(&m);
    err_clear(&e);
    assert_non_null(mem_alloc(&m, 1000, &e));
    mem_reset(&m);
}

static void strings_are_copied(void **state)
{
    struct err e = ERR_INIT;
    struct mem m;

    (void)state;
    mem_init(&m, 1 << 20);
    assert_string_equal(mem_copy(&m, "abcdef", 3, &e), "abc");
    assert_string_equal(mem_strdup(&m, "", &e), "");
    assert_string_equal(mem_printf(&m, &e, "%s-%04d", "x", 7), "x-0007");
    mem_reset(&m);
}

static void arrays_grow_to_their_cap(void **state)
{
    struct err e = ERR_INIT;
    uint32_t *array = NULL;
    size_t room = 0;

    (void)state;
    for (size_t n = 1; n <= 1000; n++) {
        assert_ok(mem_grow(&array, &room, n, MEM_ELEMENTS(*array, 1000, "numbers"), &e), &e);
        array[n - 1] = (uint32_t)n;
    }
    assert_int_equal(room, 1000);
    assert_int_equal(array[0] + array[999], 1001);
    assert_err(mem_grow(&array, &room, 1001, MEM_ELEMENTS(*array, 1000, "numbers"), &e), ERR_MEMORY,
               &e);
    free(array);
    array = NULL;
    room = 0;
    assert_ok(mem_grow(&array, &room, 1000, MEM_ELEMENTS(*array, 1000, "numbers"), &e), &e);
    free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_aligned_and_apart),
        cmocka_unit_test(the_cap_holds),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(arrays_grow_to_their_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
