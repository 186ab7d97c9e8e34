/* SPDX-License-Identifier: MIT */
#include "tests/unit/index/tree.h"

#include "index/root_path.h"

static struct conf conf_of(const struct tree *outer, const char *inner)
{
    struct conf c = {.root_count = 2};

    snprintf(c.roots[0].name, sizeof c.roots[0].name, "outer");
    snprintf(c.roots[1].name, sizeof c.roots[1].name, "inner");
    c.roots[0].path = (char *)outer->path;
    c.roots[1].path = (char *)inner;
    return c;
}

static void paths_find_their_root(void **state)
{
    static const struct {
        const char *given, *root, *path; /* given: beneath the tree; root null: refused */
        bool exists;
    } cases[] = {
        {"", "outer", "", true},
        {"/", "outer", "", true},
        {"/a", "outer", "a", true},
        {"/a/b/../b/f", "outer", "a/b/f", true},
        {"/in", "inner", "", true},
        {"/in/x", "inner", "x", true},
        {"/gone/far", "outer", "gone/far", false},
        {"/gone/", "outer", "gone", false},
        {"/in/gone", "inner", "gone", false},
        {"/a/gone/./z", "outer", "a/gone/z", false},
        {"/link/f", "outer", "a/b/f", true},
        {"/away", NULL, NULL, false},
        {"/..", NULL, NULL, false},
        {"/a/gone/../../..", NULL, NULL, false},
        {"x", NULL, NULL, false},
        {"/in2", "outer", "in2", false},
    };
    struct tree t;
    char inner[128], given[256];
    struct conf c;

    (void)state;
    tree_open(&t);
    tree_add(&t, "a/b/f");
    tree_add(&t, "in/x");
    assert_int_equal(symlinkat("a/b", t.fd, "link"), 0);
    assert_int_equal(symlinkat("/usr", t.fd, "away"), 0);
    snprintf(inner, sizeof inner, "%s/in", t.path);
    c = conf_of(&t, inner);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        struct root_path p;
        int rc;

        snprintf(given, sizeof given, "%s%s", t.path, cases[i].given);
        rc = root_path_open(&c, given, &p, &e);
        if (cases[i].root) {
            assert_ok(rc, &e);
            assert_string_equal(p.root->name, cases[i].root);
            assert_string_equal(p.path, cases[i].path);
            assert_int_equal(p.exists, cases[i].exists);
        } else {
            assert_err(rc, ERR_REQUEST, &e);
        }
        root_path_close(&p);
    }
    tree_close(&t);
}

static void a_root_that_is_away_is_reported(void **state)
{
    struct tree t;
    struct err e = ERR_INIT;
    struct root_path p;
    struct conf c;

    (void)state;
    tree_open(&t);
    c = conf_of(&t, "/nowhere/images");
    assert_err(root_path_open(&c, "/nowhere/images/a", &p, &e), ERR_AWAY, &e);
    root_path_close(&p);
    assert_err(root_path_open(&c, "", &p, &e), ERR_REQUEST, &e);
    tree_close(&t);
}

static void covering(void **state)
{
    const struct conf_root one = {.name = "one"}, two = {.name = "two"};
    static const struct {
        const char *outer, *inner;
        bool covers;
    } cases[] = {{"", "", true},     {"", "a/b", true},  {"a", "a", true},   {"a", "a/b", true},
                 {"a", "ab", false}, {"a/b", "a", false}, {"a", "b/a", false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct root_path outer = {.root = &one}, inner = {.root = &one};

        snprintf(outer.path, sizeof outer.path, "%s", cases[i].outer);
        snprintf(inner.path, sizeof inner.path, "%s", cases[i].inner);
        assert_int_equal(root_path_covers(&outer, &inner), cases[i].covers);
        inner.root = &two;
        assert_false(root_path_covers(&outer, &inner));
    }
}

static void labels_are_printable(void **state)
{
    static const struct {
        const char *path, *label;
    } cases[] = {
        {"a b/c", "r:a b/c"},          {"", "r:"},
        {"line\nbreak", "r:line\\x0abreak"}, {"caf\xe9", "r:caf\\xe9"},
        {"Zo\xc3\xab", "r:Zo\xc3\xab"}, {"back\\x0a", "r:back\\x5cx0a"},
        {"\x1b[2J", "r:\\x1b[2J"},     {"\xc2\x9b", "r:\\xc2\\x9b"},
    };
    char label[ROOT_PATH_LABEL_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(root_path_label("r", cases[i].path, label), cases[i].label);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_their_root),
        cmocka_unit_test(a_root_that_is_away_is_reported),
        cmocka_unit_test(covering),
        cmocka_unit_test(labels_are_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
