/* SPDX-License-Identifier: MIT */
/* When something was removed, in the database that tests/system/test_catalog.py
 * has made for catalog.c. */
#include "tests/unit/unit.h"

#include "catalog/catalog.h"

#define STUDY "1.2.3"

static const char *database;

static int take_removed(void *ctx, const struct instance *i, struct err *e)
{
    (void)e;
    *(int64_t *)ctx = i->removed;
    return 0;
}

/* Of a study that of a series, too, of which nothing is left. */
static void when_the_newest_removal_was(void **state)
{
    static const struct {
        const char *series, *instance;
        int64_t at;
    } cases[] = {{NULL, NULL, 1012709106},
                 {"1.2.3.1", NULL, 0},
                 {"1.2.3.2", NULL, 981173106},
                 {"1.2.3.2", "1.2.3.2.1", 0}};
    struct catalog *c = NULL;
    struct err e = ERR_INIT;

    (void)state;
    if (!database)
        skip_because("needs the database of tests/system/test_catalog.py, which runs it");
    assert_ok(catalog_open(database, &c, &e), &e);
    for (size_t n = 0; n < 3 * (sizeof cases / sizeof *cases); n++) {
        const size_t k = n / 3;
        const struct catalog_query q = {
            STUDY, cases[k].series, cases[k].instance, "1.2",      0,    NULL,
            true,  n % 3 == 1,      1000000,           n % 3 == 2, false};
        int64_t at = -1;

        assert_ok(catalog_find(c, &q, take_removed, &at, &e), &e);
        assert_int_equal(at, cases[k].at);
    }
    catalog_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(when_the_newest_removal_was)};

    database = getenv("WADOZIP_TEST_DATABASE");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
