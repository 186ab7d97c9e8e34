/* SPDX-License-Identifier: MIT */
#include "tests/unit/index/tree.h"

#include "base/buf.h"
#include "index/walk.h"

/* Everything visited, as "kind:path" words between spaces. */
static int note(void *ctx, const struct walk_entry *w, struct err *e)
{
    static const char *const kinds[] = {"file", "link", "special", "failed"};

    (void)e;
    buf_printf(ctx, "%s%s:%s", ((struct buf *)ctx)->len ? " " : "", kinds[w->kind], w->path);
    if (w->kind == WALK_FILE) {
        assert_int_equal(w->size, strlen(w->path));
        assert_true(w->mtime_ns > 0);
    }
    return 0;
}

static void expect(const struct tree *t, const char *path, const char *wanted)
{
    struct err e = ERR_INIT;
    struct buf seen;

    buf_init(&seen, 1 << 20);
    buf_str(&seen, "");
    assert_ok(walk_run(t->fd, path, note, &seen, &e), &e);
    assert_string_equal(seen.data, wanted);
    buf_release(&seen);
}

static void names_come_in_byte_order(void **state)
{
    struct tree t;

    (void)state;
    tree_open(&t);
    tree_add(&t, "b");
    tree_add(&t, "a/z");
    tree_add(&t, "a/A");
    tree_add(&t, "a.x");
    tree_add(&t, "\xff");
    tree_add(&t, "c/d/e");
    tree_add(&t, "empty/");
    tree_add(&t, ".hidden");
    expect(&t, "", "file:.hidden file:a/A file:a/z file:a.x file:b file:c/d/e file:\xff");
    expect(&t, "a", "file:a/A file:a/z");
    expect(&t, "c/d/e", "file:c/d/e");
    expect(&t, "empty", "");
    tree_close(&t);
}

static void links_and_special_files_are_reported(void **state)
{
    struct err e = ERR_INIT;
    struct tree t;

    (void)state;
    tree_open(&t);
    tree_add(&t, "in/a");
    assert_int_equal(symlinkat("in", t.fd, "out"), 0);
    assert_int_equal(symlinkat("/", t.fd, "root"), 0);
    assert_int_equal(symlinkat("nowhere", t.fd, "dead"), 0);
    assert_int_equal(mkfifoat(t.fd, "pipe", 0600), 0);
    expect(&t, "", "link:dead file:in/a link:out special:pipe link:root");
    assert_err(walk_run(t.fd, "out", note, NULL, &e), ERR_DATA, &e);
    assert_err(walk_run(t.fd, "out/a", note, NULL, &e), ERR_DATA, &e);
    assert_err(walk_run(t.fd, "nothing", note, NULL, &e), ERR_DATA, &e);
    assert_err(walk_run(t.fd, "..", note, NULL, &e), ERR_DATA, &e);
    tree_close(&t);
}

static int count(void *ctx, const struct walk_entry *w, struct err *e)
{
    (void)e;
    ((unsigned *)ctx)[w->kind]++;
    return 0;
}

static void depth_is_bounded(void **state)
{
    unsigned seen[WALK_FAILED + 1] = {0};
    struct err e = ERR_INIT;
    struct tree t;
    char path[2 * DATASET_WALK_DEPTH_MAX + 16] = "";

    (void)state;
    tree_open(&t);
    for (int i = 0; i < DATASET_WALK_DEPTH_MAX + 2; i++) {
        snprintf(path + strlen(path), sizeof path - strlen(path), "d/");
        if (i + 1 == DATASET_WALK_DEPTH_MAX)
            tree_add(&t, strncat(path, "last", 5)), path[strlen(path) - 4] = '\0';
    }
    tree_add(&t, strncat(path, "deeper", 7));
    assert_ok(walk_run(t.fd, "", count, seen, &e), &e);
    assert_int_equal(seen[WALK_FILE], 1);
    assert_int_equal(seen[WALK_FAILED], 1);
    tree_close(&t);
}

static int stop_at_second(void *ctx, const struct walk_entry *w, struct err *e)
{
    (void)w;
    return ++*(int *)ctx == 2 ? err_set(e, ERR_PEER, "enough") : 0;
}

static void a_visit_may_end_the_walk(void **state)
{
    struct err e = ERR_INIT;
    struct tree t;
    int seen = 0;

    (void)state;
    tree_open(&t);
    for (char name[] = "a/b/0"; name[4] < '9'; name[4]++)
        tree_add(&t, name);
    assert_err(walk_run(t.fd, "", stop_at_second, &seen, &e), ERR_PEER, &e);
    assert_int_equal(seen, 2);
    tree_close(&t);
}

static void what_exists(void **state)
{
    static const struct {
        const char *path;
        int there;
    } cases[] = {{"a/b", 1},   {"a", 0},    {"a/c", 0},   {"x/y", 0},
                 {"a/b/c", 0}, {"link", 0}, {"link/b", 0}};
    struct err e = ERR_INIT;
    struct tree t;

    (void)state;
    tree_open(&t);
    tree_add(&t, "a/b");
    assert_int_equal(symlinkat("a", t.fd, "link"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(walk_exists(t.fd, cases[i].path, &e), cases[i].there);
    assert_int_equal(walk_exists(t.fd, "../etc/passwd", &e), -1);
    tree_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_in_byte_order),
        cmocka_unit_test(links_and_special_files_are_reported),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(a_visit_may_end_the_walk),
        cmocka_unit_test(what_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
