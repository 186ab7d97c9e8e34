/* SPDX-License-Identifier: MIT */
#include "tests/unit/index/tree.h"

#include "index/precount.h"

static void counts_what_a_walk_meets(void **state)
{
    struct root_path p[2] = {{.exists = true}, {.exists = false, .root_fd = -1}};
    uint64_t files = 0, bytes = 0;
    struct precount *c;
    struct tree t;

    (void)state;
    tree_open(&t);
    tree_add(&t, "a/b");
    tree_add(&t, "a/c/d");
    assert_int_equal(symlinkat("a", t.fd, "link"), 0);
    p[0].root_fd = t.fd;
    c = precount_open(p, 2);
    assert_non_null(c);
    while (!precount_get(c, &files, &bytes))
        usleep(1000);
    assert_int_equal(files, 2);
    assert_int_equal(bytes, strlen("a/b") + strlen("a/c/d"));
    precount_close(c);
    precount_close(NULL);
    tree_close(&t);
}

static void may_be_ended_early(void **state)
{
    struct root_path p = {.exists = true};
    struct tree t;
    char name[32];

    (void)state;
    tree_open(&t);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "d/%d", i);
        tree_add(&t, name);
    }
    p.root_fd = t.fd;
    precount_close(precount_open(&p, 1));
    tree_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_a_walk_meets),
        cmocka_unit_test(may_be_ended_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
