/* SPDX-License-Identifier: MIT */
/* The files that jobs write to. */
#include "tests/unit/helper/images.h"

#include <signal.h>
#include <sys/wait.h>

#define MEMORY ((uint64_t)512 << 20)

static struct helper_pool *open_in(const char *folder)
{
    struct helper_setup s = {.program = pool_helper(),
                             .spool = folder,
                             .children = 1,
                             .memory = MEMORY,
                             .deflate = true,
                             .seconds = POOL_SECONDS};
    struct helper_pool *p = NULL;
    struct err e = ERR_INIT;

    assert_ok(helper_pool_open(&s, &p, &e), &e);
    return p;
}

static int order(struct helper_pool *p, int fd, enum helper_packing packing)
{
    const struct helper_order conversion = {HELPER_CONVERT, packing, TRANSFER_SYNTAX_EXPLICIT_LE,
                                            NULL, 1};
    struct err e = ERR_INIT;
    struct helper_result r;

    if (helper_pool_order(p, fd, &conversion, &e))
        return -1;
    r = pool_result(p);
    assert_int_equal(r.class, HELPER_INSTANCE);
    close(r.fd);
    return 0;
}

static int order_small(struct helper_pool *p, enum helper_packing packing)
{
    return order(p, image_file(1, 8, 8), packing);
}

/*
 * A spool file that stays empty serves the next job of its process: without the
 * folder jobs go on until a result needs the file, or the process ends.
 */
static void test_spool_files_are_kept(void **state)
{
    char folder[] = "/tmp/wadozip-spool-XXXXXX";
    struct helper_pool *p;

    (void)state;
    assert_non_null(mkdtemp(folder));
    p = open_in(folder);
    assert_int_equal(order_small(p, HELPER_PACK_TENTH), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(order_small(p, HELPER_PACK_TENTH), 0);
    assert_int_equal(order_small(p, HELPER_PACK_NOTHING), 0);
    assert_int_equal(order(p, image_file(80, 512, 512), HELPER_PACK_NOTHING), 0);
    assert_int_equal(order_small(p, HELPER_PACK_NOTHING), 0);
    assert_int_equal(order_small(p, HELPER_PACK_TENTH), -1);
    helper_pool_close(p);
}

static void kill_child(void)
{
    pid_t pid = pool_child();
    siginfo_t info;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* What another process has held is not handed on. */
static void test_spool_files_end_with_their_process(void **state)
{
    char folder[] = "/tmp/wadozip-spool-XXXXXX";
    struct helper_pool *p;

    (void)state;
    assert_non_null(mkdtemp(folder));
    p = open_in(folder);
    assert_int_equal(order_small(p, HELPER_PACK_NOTHING), 0);
    kill_child();
    assert_int_equal(order_small(p, HELPER_PACK_NOTHING), 0);
    kill_child();
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(order_small(p, HELPER_PACK_NOTHING), -1);
    helper_pool_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spool_files_are_kept),
        cmocka_unit_test(test_spool_files_end_with_their_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
