/* SPDX-License-Identifier: MIT */
/* Levels of the catalogue that tests/system/test_catalog.py has made. Without
 * it, only what needs none. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/level_uids.h"

#define STUDY "1.2.3" /* of two series of 2,500 instances each */

static const char *database;

struct seen {
    size_t count, stop_at;
    char last[UID_MAX + 1];
};

static int see(void *ctx, const char *uid, struct err *e)
{
    struct seen *s = ctx;

    snprintf(s->last, sizeof s->last, "%s", uid);
    return ++s->count == s->stop_at ? err_set(e, ERR_PEER, "enough") : 0;
}

static struct catalog *open_catalog(const char *conninfo)
{
    struct catalog *c = NULL;
    struct err e = ERR_INIT;

    assert_ok(catalog_open(conninfo, &c, &e), &e);
    return c;
}

static void every_level_is_listed(void **state)
{
    static const struct {
        const char *study, *series, *starts;
        size_t count;
    } levels[] = {
        {"", "", STUDY, 1}, {STUDY, "", STUDY ".", 2}, {STUDY, STUDY ".1", STUDY ".1.", 2500},
        {"9.9", "", "", 0}, {STUDY, "9.9", "", 0},     {"9.9", STUDY ".1", "", 0}};
    struct catalog *c = open_catalog(database);
    struct err e = ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct seen s = {0};

        assert_ok(level_uids(c, levels[i].study, levels[i].series, see, &s, &e), &e);
        assert_int_equal(s.count, levels[i].count);
        assert_memory_equal(s.last, levels[i].starts, strlen(levels[i].starts));
    }
    catalog_close(c);
}

static void one_of_a_level(void **state)
{
    static const struct {
        const char *study, *series, *uid;
        bool has;
    } cases[] = {{"", "", STUDY, true},
                 {"", "", "9.9", false},
                 {"", "", STUDY ".1", false},
                 {STUDY, "", STUDY ".2", true},
                 {STUDY, "", STUDY, false},
                 {"9.9", "", STUDY ".2", false},
                 {STUDY, STUDY ".1", STUDY ".1.2500", true},
                 {STUDY, STUDY ".2", STUDY ".1.2500", false},
                 {STUDY, "9.9", STUDY ".1.2500", false},
                 {"9.9", STUDY ".1", STUDY ".1.2500", false}};
    struct catalog *c = open_catalog(database);
    struct err e = ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool has = !cases[i].has;

        assert_ok(level_uids_has(c, cases[i].study, cases[i].series, cases[i].uid, &has, &e), &e);
        if (has != cases[i].has)
            fail_msg("%s of %s, %s", cases[i].uid, cases[i].study, cases[i].series);
    }
    catalog_close(c);
}

static void errors_are_passed_on(void **state)
{
    struct catalog *c = open_catalog(database);
    struct seen s = {.stop_at = 3};
    struct err e = ERR_INIT;

    (void)state;
    assert_err(level_uids(c, STUDY, STUDY ".1", see, &s, &e), ERR_PEER, &e);
    assert_int_equal(s.count, 3);
    catalog_close(c);
}

static void a_database_that_is_away(void **state)
{
    struct catalog *c = open_catalog("host=/nowhere");
    struct err e = ERR_INIT;
    bool has = true;

    (void)state;
    assert_err(level_uids(c, "", "", see, &(struct seen){0}, &e), ERR_AWAY, &e);
    assert_err(level_uids_has(c, "", "", "1.2", &has, &e), ERR_AWAY, &e);
    assert_false(has);
    catalog_close(c);
}

int main(void)
{
    const struct CMUnitTest alone[] = {cmocka_unit_test(a_database_that_is_away)};
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_level_is_listed),
                                       cmocka_unit_test(one_of_a_level),
                                       cmocka_unit_test(errors_are_passed_on)};

    database = getenv("WADOZIP_TEST_DATABASE");
    if (database)
        return cmocka_run_group_tests(tests, NULL, NULL);
    return cmocka_run_group_tests(alone, NULL, NULL);
}
