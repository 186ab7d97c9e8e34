/* SPDX-License-Identifier: MIT */
/* Digests that were learned, in the database that tests/system/test_catalog.py
 * has made for catalog.c. */
#include "tests/unit/unit.h"

#include "catalog/catalog_learn.h"

#define STUDY "1.2.3"

static const char *database;

static struct catalog *open_catalog(void)
{
    struct catalog *c = NULL;
    struct err e = ERR_INIT;

    assert_ok(catalog_open(database, &c, &e), &e);
    return c;
}

static int take_digest(void *ctx, const struct instance *i, struct err *e)
{
    unsigned char *sha256 = ctx;

    (void)e;
    memset(sha256, 0, INSTANCE_SHA256);
    if (i->sha256)
        memcpy(sha256, i->sha256, INSTANCE_SHA256);
    return 0;
}

/* What the catalogue says of an instance; of zeros where it says nothing. */
static bool digest_is(struct catalog *c, const char *instance, bool asked, int byte)
{
    const struct catalog_query q = {STUDY, "1.2.3.1", instance, "1.2", 0,    NULL,
                                    true,  false,     1,        asked, false};
    unsigned char got[INSTANCE_SHA256], want[INSTANCE_SHA256];
    struct err e = ERR_INIT;

    memset(want, byte, sizeof want);
    assert_ok(catalog_find(c, &q, take_digest, got, &e), &e);
    return memcmp(got, want, sizeof got) == 0;
}

static void digests_are_guarded_by_the_crc(void **state)
{
    struct catalog *c = open_catalog();
    unsigned char a[INSTANCE_SHA256], b[INSTANCE_SHA256];
    /* The CRC-32 of 1.2.3.1.N is 4294967295 - N; the second is of another file.
     */
    struct instance_digest digests[] = {{"1.2.3.1.7", 4294967288u, a},
                                        {"1.2.3.1.8", 1, a},
                                        {"9.9", 1, a},
                                        {"1.2.3.1.9", 4294967286u, b}};
    struct err e = ERR_INIT;

    (void)state;
    memset(a, 0xA5, sizeof a);
    memset(b, 0x0F, sizeof b);
    assert_ok(catalog_learn_digests(c, digests, 0, &e), &e);
    assert_ok(catalog_learn_digests(c, digests, 4, &e), &e);
    assert_true(digest_is(c, "1.2.3.1.7", true, 0xA5));
    assert_true(digest_is(c, "1.2.3.1.8", true, 0));
    assert_true(digest_is(c, "1.2.3.1.9", true, 0x0F));
    assert_true(digest_is(c, "1.2.3.1.7", false, 0)); /* not asked for */
    digests[0].sha256 = b; /* what is known stays */
    assert_ok(catalog_learn_digests(c, digests, 1, &e), &e);
    assert_true(digest_is(c, "1.2.3.1.7", true, 0xA5));
    catalog_close(c);
}

static void nobody_is_there(void **state)
{
    static const unsigned char sha256[INSTANCE_SHA256];
    const struct instance_digest digest = {"1.2.3", 1, sha256};
    struct catalog *c = NULL;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(catalog_open("host=/nowhere", &c, &e), &e);
    assert_ok(catalog_learn_digests(c, &digest, 0, &e), &e);
    assert_err(catalog_learn_digests(c, &digest, 1, &e), ERR_AWAY, &e);
    catalog_close(c);
}

int main(void)
{
    const struct CMUnitTest alone[] = {cmocka_unit_test(nobody_is_there)};
    const struct CMUnitTest tests[] = {cmocka_unit_test(digests_are_guarded_by_the_crc)};

    database = getenv("WADOZIP_TEST_DATABASE");
    if (database)
        return cmocka_run_group_tests(tests, NULL, NULL);
    return cmocka_run_group_tests(alone, NULL, NULL);
}
