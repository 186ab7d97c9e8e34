/* SPDX-License-Identifier: MIT */
#include "tests/unit/index/tree.h"

#include "base/io.h"
#include "cli/new_file.h"

static void content_is(const struct tree *t, const char *name, const char *wanted)
{
    char text[64] = "";
    int fd = openat(t->fd, name, O_RDONLY | O_CLOEXEC);

    assert_int_equal(fd < 0, wanted == NULL);
    if (fd < 0)
        return;
    assert_int_equal(io_pread(fd, text, sizeof text - 1, 0), (ssize_t)strlen(wanted));
    assert_string_equal(text, wanted);
    close(fd);
}

static void appears_when_it_is_kept(void **state)
{
    const struct conf c = {0};
    struct err e = ERR_INIT;
    struct new_file o;
    struct tree t;
    char path[128];

    (void)state;
    tree_open(&t);
    snprintf(path, sizeof path, "%s/out.zip", t.path);
    assert_ok(new_file_open(&c, path, &o, &e), &e);
    assert_int_equal(io_write(o.fd, "new", 3), 0);
    content_is(&t, "out.zip", NULL);
    assert_ok(new_file_keep(&o, &e), &e);
    new_file_close(&o);
    content_is(&t, "out.zip", "new");

    assert_ok(new_file_open(&c, path, &o, &e), &e);
    assert_int_equal(io_write(o.fd, "half", 4), 0);
    new_file_close(&o);
    content_is(&t, "out.zip", "new");
    assert_int_equal(access(o.temp, F_OK), -1);
    tree_close(&t);
}

static void where_it_may_not_be(void **state)
{
    struct conf c = {.root_count = 1, .roots[0].name = "r"};
    struct err e = ERR_INIT;
    struct new_file o;
    struct tree t;
    char path[128];

    (void)state;
    tree_open(&t);
    tree_add(&t, "images/a");
    snprintf(path, sizeof path, "%s/images", t.path);
    c.roots[0].path = strdup(path);
    snprintf(path, sizeof path, "%s/images/out.zip", t.path);
    assert_err(new_file_open(&c, path, &o, &e), ERR_REQUEST, &e);
    new_file_close(&o);
    snprintf(path, sizeof path, "%s/none/out.zip", t.path);
    assert_err(new_file_open(&c, path, &o, &e), ERR_SYSTEM, &e);
    new_file_close(&o);
    assert_err(new_file_open(&c, t.path, &o, &e), ERR_REQUEST, &e);
    new_file_close(&o);
    free(c.roots[0].path);
    tree_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appears_when_it_is_kept),
        cmocka_unit_test(where_it_may_not_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
