/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

static void first_cause_wins(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    assert_int_equal(err_set(&e, ERR_DATA, "first %d", 1), -1);
    assert_int_equal(err_set(&e, ERR_SYSTEM, "second"), -1);
    errno = EIO;
    assert_int_equal(err_sys(&e, ERR_SYSTEM, "third"), -1);
    assert_int_equal(e.kind, ERR_DATA);
    assert_int_equal(e.sys, 0);
    assert_string_equal(e.text, "first 1");
    err_clear(&e);
    assert_int_equal(e.kind, ERR_NONE);
    assert_string_equal(e.text, "");
}

static void errors_are_passed_on_whole(void **state)
{
    struct err e = ERR_INIT, why = ERR_INIT, later = ERR_INIT;

    (void)state;
    errno = EIO;
    err_sys(&why, ERR_DATA, "cannot read");
    err_set(&later, ERR_PEER, "gone");
    assert_int_equal(err_pass(&e, &why), -1);
    assert_int_equal(err_pass(&e, &later), -1);
    assert_int_equal(e.kind, ERR_DATA);
    assert_int_equal(e.sys, EIO);
    assert_string_equal(e.text, why.text);
}

static void system_errors_bear_their_text(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    errno = ENOENT;
    err_sys(&e, ERR_DATA, "cannot open %s", "x");
    assert_int_equal(e.sys, ENOENT);
    assert_string_equal(e.text, "cannot open x: No such file or directory");
}

static void text_is_printable_and_bounded(void **state)
{
    struct err e = ERR_INIT;
    char longer[2 * ERR_TEXT_MAX];

    (void)state;
    err_set(&e, ERR_DATA, "a\r\nSet-Cookie: x\x7f\x1b[31m");
    assert_string_equal(e.text, "a??Set-Cookie: x??[31m");
    err_clear(&e);
    memset(longer, 'y', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    errno = ENOENT;
    err_sys(&e, ERR_DATA, "%s", longer);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = 0; kind < ERR_KINDS; kind++)
        assert_non_null(err_kind_name((enum err_kind)kind));
    assert_string_equal(err_kind_name(ERR_KINDS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_cause_wins),
        cmocka_unit_test(errors_are_passed_on_whole),
        cmocka_unit_test(system_errors_bear_their_text),
        cmocka_unit_test(text_is_printable_and_bounded),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
