/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/write_guard.h"

/* In a folder of its own: images/ is the root, ways/ has links. */
struct place {
    char base[64], images[160];
    struct conf conf;
};

static char *in(const struct place *p, const char *name)
{
    static char path[160];

    snprintf(path, sizeof path, "%s/%s", p->base, name);
    return path;
}

static void open_place(struct place *p)
{
    *p = (struct place){.base = "/tmp/wadozip-outside-XXXXXX"};
    assert_non_null(mkdtemp(p->base));
    snprintf(p->images, sizeof p->images, "%s", in(p, "images"));
    assert_int_equal(mkdir(p->images, 0700), 0);
    assert_int_equal(mkdir(in(p, "images2"), 0700), 0);
    assert_int_equal(symlink(p->images, in(p, "link")), 0);
    memcpy(p->conf.roots[0].name, "main", 5);
    p->conf.roots[0].path = p->images;
    p->conf.root_count = 1;
}

static void close_place(struct place *p)
{
    unlink(in(p, "link"));
    rmdir(in(p, "images"));
    rmdir(in(p, "images2"));
    assert_int_equal(rmdir(p->base), 0);
}

static void what_lies_beneath_a_root_is_refused(void **state)
{
    static const struct {
        const char *name;
        enum err_kind kind;
    } rows[] = {{"images", ERR_CONFIG},     {"images/", ERR_CONFIG},  {"images/new", ERR_CONFIG},
                {"link", ERR_CONFIG},       {"link/new", ERR_CONFIG}, {"images2", ERR_NONE},
                {"images2/new", ERR_NONE},  {"new", ERR_NONE},        {"images2/.", ERR_CONFIG},
                {"images2/..", ERR_CONFIG}, {"no/where", ERR_SYSTEM}};
    struct err e = ERR_INIT;
    struct place p;

    (void)state;
    open_place(&p);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = write_guard_check(&p.conf, "spool", in(&p, rows[i].name), &e);

        if (e.kind != rows[i].kind)
            fail_msg("%s: %s", rows[i].name, e.text);
        assert_int_equal(rc, rows[i].kind ? -1 : 0);
        err_clear(&e);
    }
    p.conf.roots[0].path = (char[]){"/"};
    assert_err(write_guard_check(&p.conf, "spool", p.base, &e), ERR_CONFIG, &e);
    close_place(&p);
}

static void all_settings_are_looked_at(void **state)
{
    struct err e = ERR_INIT;
    struct place p;

    (void)state;
    open_place(&p);
    p.conf.spool = (char[]){"/no/where/else"};
    p.conf.conversion_cache = (char[]){"none"};
    assert_ok(write_guard_check_all(&p.conf, &e), &e);
    p.conf.conversion_cache = in(&p, "images/conversions");
    assert_err(write_guard_check_all(&p.conf, &e), ERR_CONFIG, &e);
    p.conf.conversion_cache = (char[]){"none"};
    p.conf.spool = in(&p, "link");
    assert_err(write_guard_check_all(&p.conf, &e), ERR_CONFIG, &e);
    p.conf.spool = (char[]){"spool"};
    assert_err(write_guard_check_all(&p.conf, &e), ERR_CONFIG, &e);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_beneath_a_root_is_refused),
        cmocka_unit_test(all_settings_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
