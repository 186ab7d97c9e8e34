/* SPDX-License-Identifier: MIT */
#include "tests/unit/index/tree.h"

#include "base/buf.h"
#include "index/watch.h"

#define WAIT_MS 60000 /* ends a hang */
#define MANY 20000    /* files: more events than the kernel keeps */

struct scene {
    struct tree tree;
    struct conf_root root;
    struct root_path place;
    struct watch *watch;
    struct err e;
};

static void scene_open(struct scene *s, const char *path)
{
    *s = (struct scene){.root = {.name = "r"}, .e = ERR_INIT};
    tree_open(&s->tree);
    s->root.path = s->tree.path;
    s->place = (struct root_path){.root = &s->root, .root_fd = s->tree.fd, .exists = true};
    snprintf(s->place.path, sizeof s->place.path, "%s", path);
}

static void scene_watch(struct scene *s)
{
    assert_ok(watch_open(&s->watch, &s->e), &s->e);
    assert_ok(watch_add(s->watch, &s->place, &s->e), &s->e);
}

static void scene_close(struct scene *s)
{
    watch_close(s->watch);
    tree_close(&s->tree);
}

/* The paths of the next batch between spaces. */
static void expect(struct scene *s, const char *wanted)
{
    struct watch_batch b;
    struct buf seen;

    buf_init(&seen, 1 << 20);
    buf_str(&seen, "");
    assert_int_equal(watch_next(s->watch, WAIT_MS, &b, &s->e), 1);
    assert_false(b.everything);
    for (size_t i = 0; i < b.count; i++)
        buf_printf(&seen, "%s%s", i ? " " : "", b.paths[i].path);
    assert_string_equal(seen.data, wanted);
    buf_release(&seen);
}

static void rename_in(const struct scene *s, const char *from, const char *to)
{
    assert_int_equal(renameat(s->tree.fd, from, s->tree.fd, to), 0);
}

static void changes_come_once_each(void **state)
{
    struct watch_batch b;
    struct scene s;

    (void)state;
    scene_open(&s, "");
    tree_add(&s.tree, "old/a");
    tree_add(&s.tree, "old/b");
    scene_watch(&s);
    assert_int_equal(watch_next(s.watch, 0, &b, &s.e), 0);
    tree_add(&s.tree, "old/c");
    tree_add(&s.tree, "old/c");
    assert_int_equal(unlinkat(s.tree.fd, "old/a", 0), 0);
    rename_in(&s, "old/b", "old/d");
    expect(&s, "old/a old/b old/c old/d");
    tree_add(&s.tree, "old/e");
    expect(&s, "old/e");
    scene_close(&s);
}

static void new_folders_are_watched(void **state)
{
    struct scene s;

    (void)state;
    scene_open(&s, "");
    scene_watch(&s);
    tree_add(&s.tree, "x/y/z");
    expect(&s, "x");
    tree_add(&s.tree, "x/y/later");
    expect(&s, "x/y/later");
    scene_close(&s);
}

static void moved_folders_have_their_new_path(void **state)
{
    struct scene s;

    (void)state;
    scene_open(&s, "");
    tree_add(&s.tree, "a/b/c");
    scene_watch(&s);
    rename_in(&s, "a", "n");
    expect(&s, "a n");
    tree_add(&s.tree, "n/b/d");
    expect(&s, "n/b/d");
    scene_close(&s);
}

static void folders_that_left_are_not_watched(void **state)
{
    struct watch_batch b;
    struct scene s;

    (void)state;
    scene_open(&s, "in");
    tree_add(&s.tree, "in/a/b/c");
    scene_watch(&s);
    rename_in(&s, "in/a", "out");
    expect(&s, "in/a");
    tree_add(&s.tree, "out/b/d");
    assert_int_equal(watch_next(s.watch, 3 * WATCH_QUIET_MS, &b, &s.e), 0);
    scene_close(&s);
}

static void many_files_of_a_folder_are_the_folder(void **state)
{
    struct scene s;
    char name[32];

    (void)state;
    scene_open(&s, "");
    tree_add(&s.tree, "a/b/");
    scene_watch(&s);
    tree_add(&s.tree, "a/1");
    for (int i = 0; i <= WATCH_SINGLE_MAX; i++) {
        snprintf(name, sizeof name, "a/b/%02d", i);
        tree_add(&s.tree, name);
    }
    expect(&s, "a/1 a/b");
    scene_close(&s);
}

/* The folder above the place is not the caller's. */
static void nothing_outside_the_place(void **state)
{
    struct scene s;

    (void)state;
    scene_open(&s, "a");
    tree_add(&s.tree, "a/b/");
    tree_add(&s.tree, "other/");
    scene_watch(&s);
    tree_add(&s.tree, "other/x");
    tree_add(&s.tree, "a/b/x");
    expect(&s, "a/b/x");
    scene_close(&s);
}

static void lost_events_are_everything(void **state)
{
    struct watch_batch b;
    struct scene s;
    char name[32];

    (void)state;
    scene_open(&s, "");
    scene_watch(&s);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%05d", i);
        tree_add(&s.tree, name);
    }
    assert_int_equal(watch_next(s.watch, WAIT_MS, &b, &s.e), 1);
    assert_true(b.everything);
    assert_int_equal(b.count, 0);
    tree_add(&s.tree, "after");
    expect(&s, "after");
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_come_once_each),
        cmocka_unit_test(new_folders_are_watched),
        cmocka_unit_test(moved_folders_have_their_new_path),
        cmocka_unit_test(folders_that_left_are_not_watched),
        cmocka_unit_test(many_files_of_a_folder_are_the_folder),
        cmocka_unit_test(nothing_outside_the_place),
        cmocka_unit_test(lost_events_are_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
