/* SPDX-License-Identifier: MIT */
/* What every unit test includes: cmocka and what it needs before it, and a
 * struct err that must stay empty. */
#ifndef WADOZIP_TESTS_UNIT_H
#define WADOZIP_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

/* Asserts that a call succeeded, printing its error otherwise. */
#define assert_ok(call, e)                                                 \
    do {                                                                   \
        if ((call) != 0)                                                   \
            fail_msg("%s: %s: %s", #call, err_kind_name((e)->kind), (e)->text); \
    } while (0)

/* Asserts that a call failed with this kind and forgets the error. */
#define assert_err(call, k, e)                                             \
    do {                                                                   \
        assert_int_equal(call, -1);                                        \
        assert_string_equal(err_kind_name((e)->kind), err_kind_name(k));   \
        err_clear(e);                                                      \
    } while (0)

/* Skips a test, visibly. */
#define skip_because(why)                       \
    do {                                        \
        print_message("skipped: %s\n", why);    \
        skip();                                 \
    } while (0)

#endif
