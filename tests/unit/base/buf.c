/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/buf.h"

static void pieces_are_joined(void **state)
{
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    buf_str(&b, "Status: ");
    buf_printf(&b, "%d %s", 200, "OK");
    buf_add(&b, "\r\n", 2);
    buf_hex(&b, "\x01\xfe", 2);
    assert_ok(buf_check(&b, "x", &e), &e);
    assert_string_equal(b.data, "Status: 200 OK\r\n01fe");
    assert_int_equal(b.len, 20);
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    buf_release(&b);
}

static void digits_are_counted_twice(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 3);
    buf_hex(&b, "\x9a", 1);
    assert_false(b.failed);
    buf_hex(&b, "\x9a", 1);
    assert_true(b.failed);
    assert_string_equal(b.data, "9a");
    buf_release(&b);
}

static void a_failed_buffer_stays_failed(void **state)
{
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    buf_str(&b, "0123456789");
    assert_false(b.failed);
    buf_str(&b, "x");
    assert_true(b.failed);
    buf_str(&b, "");
    buf_printf(&b, "%s", "");
    assert_err(buf_check(&b, "the header", &e), ERR_MEMORY, &e);
    assert_string_equal(b.data, "0123456789");
    buf_clear(&b);
    buf_str(&b, "y");
    assert_ok(buf_check(&b, "the header", &e), &e);
    buf_release(&b);
}

/* A text that does not fit is printed again after the buffer has grown, or leaves it as it was. */
static void a_print_grows_the_buffer_or_leaves_it(void **state)
{
    char whole[201] = "";
    struct buf b;

    (void)state;
    buf_init(&b, sizeof whole - 1);
    for (int i = 0; i < 50; i++) {
        buf_printf(&b, "%03d:", i);
        snprintf(whole + 4 * i, 5, "%03d:", i);
        assert_false(b.failed);
        assert_string_equal(b.data, whole);
    }
    buf_printf(&b, "%s", "one too many");
    assert_true(b.failed);
    assert_string_equal(b.data, whole);
    buf_clear(&b);
    buf_printf(&b, "%0150d", 1);
    buf_printf(&b, "%0100d", 2);
    assert_true(b.failed);
    assert_int_equal(strlen(b.data), 150);
    assert_int_equal(b.len, 150);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_joined),
        cmocka_unit_test(digits_are_counted_twice),
        cmocka_unit_test(a_failed_buffer_stays_failed),
        cmocka_unit_test(a_print_grows_the_buffer_or_leaves_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
