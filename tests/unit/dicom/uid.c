/* SPDX-License-Identifier: MIT */
#include "dicom/uid.h"

#include "tests/unit/unit.h"

#define TEN "1234567890"

static const char *const legal[] = {
    "1", "0", "0.0", "1.2", "1.2.840.10008.1.2", "2.25.0", "2.16.124.113543", "1.0.2", "10.20.30",
    "2.25.329800735698586629295641978511506172918",
    TEN "." TEN "." TEN "." TEN "." TEN "." "123456789", /* 64 */
};

static const char *const illegal[] = {
    "",         ".",
    "1.",       ".1",
    "1..2",     "1.02",
    "01.2",     "00",
    "1.00",     "1.2.",
    "1.2 ",     " 1.2",
    "1.2\\1.3", "1.a",
    "1,2",      "-1",
    "1.-2",     "1/2",
    "1.2\n",    "..",
    "../1",     "\xef\xbc\x91.2",
    "1.2;",     TEN "." TEN "." TEN "." TEN "." TEN "." TEN, /* 65 */
};

static void test_legal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof legal / sizeof *legal; i++)
        if (!uid_valid(legal[i], strlen(legal[i])))
            fail_msg("%s is legal", legal[i]);
}

static void test_illegal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof illegal / sizeof *illegal; i++)
        if (uid_valid(illegal[i], strlen(illegal[i])))
            fail_msg("\"%s\" is not legal", illegal[i]);
    assert_false(uid_valid("1.2\0.3", 6));
    assert_true(uid_valid("1.2.x", 3)); /* the length counts, not a terminator */
}

/* Setting lenient_uids. */
static void test_lenient(void **state)
{
    static const char *const good[] = {
        "0",
        "1.02",
        "01",
        "1.2.3.04.5",
        "1..2",
        "1.2.840.10008.1.2",
        "0000000000000000000000000000000000000000000000000000000000000001"};
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "1.",
        ".1",
        "1.2 ",
        "1.2/3",
        "1.2.x",
        "1.2\n",
        "\xd9\xa1.2",
        "00000000000000000000000000000000000000000000000000000000000000001"};

    (void)state;
    uid_allow_lenient(true);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!uid_valid(good[i], strlen(good[i])))
            fail_msg("%s is not accepted", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (uid_valid(bad[i], strlen(bad[i])))
            fail_msg("%s is accepted", bad[i]);
    uid_allow_lenient(false);
    assert_false(uid_valid("1.02", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_legal), cmocka_unit_test(test_illegal),
                                       cmocka_unit_test(test_lenient)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
