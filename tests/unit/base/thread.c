/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <signal.h>

#include "base/thread.h"

static void *note_mask(void *ctx)
{
    pthread_sigmask(SIG_SETMASK, NULL, ctx);
    return ctx;
}

static void signals_stay_with_the_caller(void **state)
{
    struct err e = ERR_INIT;
    sigset_t before, after, inside;
    void *result = NULL;
    pthread_t t;

    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_false(sigismember(&before, SIGTERM));
    assert_ok(thread_start(&t, note_mask, &inside, &e), &e);
    assert_int_equal(pthread_join(t, &result), 0);
    assert_ptr_equal(result, &inside);
    assert_true(sigismember(&inside, SIGTERM));
    assert_true(sigismember(&inside, SIGCHLD));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_false(sigismember(&after, SIGTERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_stay_with_the_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
