/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/probe.h"

#define NOBODY 65534

struct tree {
    char top[64];
    struct conf conf;
    struct err e;
};

static const char *in(const struct tree *t, const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", t->top, name);
    return path;
}

static int setup(void **state)
{
    struct tree *t = calloc(1, sizeof *t);

    assert_non_null(t);
    memcpy(t->top, "/tmp/wadozip-probe-XXXXXX", sizeof "/tmp/wadozip-probe-XXXXXX");
    assert_non_null(mkdtemp(t->top));
    t->conf.root_count = 1;
    memcpy(t->conf.roots[0].name, "main", 5);
    t->conf.roots[0].path = t->top;
    *state = t;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
    (void)st, (void)type, (void)w;
    return remove(path);
}

static int teardown(void **state)
{
    struct tree *t = *state;
    int rc = nftw(t->top, remove_one, 8, FTW_DEPTH | FTW_PHYS);

    free(t);
    return rc;
}

static void put(const struct tree *t, const char *name, mode_t mode)
{
    FILE *f = fopen(in(t, name), "w");

    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(in(t, name), mode), 0);
}

static int probe(struct tree *t)
{
    return probe_root(&t->conf, &t->conf.roots[0], &t->e);
}

/* Root may read every file. */
static int probe_as_nobody(struct tree *t)
{
    bool root = geteuid() == 0;
    int rc;

    assert_int_equal(root ? seteuid(NOBODY) : 0, 0);
    rc = probe(t);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    return rc;
}

static void test_system(void **state)
{
    struct tree *t = *state;

    assert_ok(probe_system(&t->e), &t->e);
}

static void test_file_in_a_folder(void **state)
{
    struct tree *t = *state;

    assert_int_equal(mkdir(in(t, "a"), 0755), 0);
    assert_ok(probe(t), &t->e);
    put(t, "a/file", 0644);
    assert_ok(probe(t), &t->e);
}

static void test_empty_or_missing(void **state)
{
    struct tree *t = *state;

    assert_int_equal(probe(t), -1);
    assert_non_null(strstr(t->e.text, "is empty: is it mounted?"));
    assert_err(probe(t), ERR_AWAY, &t->e);
    t->conf.roots[0].path = (char *)"/no/such/folder";
    assert_int_equal(probe(t), -1);
    assert_string_equal(t->e.text,
                        "root.main: /no/such/folder cannot be read (No such file or directory): "
                        "is it mounted, may this account read it?");
}

static void test_one_readable_file_is_enough(void **state)
{
    struct tree *t = *state;

    assert_int_equal(chmod(t->top, 0755), 0);
    put(t, "secret", 0);
    assert_int_equal(probe_as_nobody(t), -1);
    assert_non_null(strstr(t->e.text, "main:secret"));
    assert_err(probe_as_nobody(t), ERR_DATA, &t->e);
    put(t, "open", 0644);
    assert_ok(probe_as_nobody(t), &t->e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_system, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_in_a_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_or_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_readable_file_is_enough, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
