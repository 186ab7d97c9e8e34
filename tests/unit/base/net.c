/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/net.h"

static void lists_are_checked(void **state)
{
    static const char *const good[] = {
        "",          " ",    "10.0.0.5",    "10.0.0.0/8 192.168.1.1", "::1\t2001:db8::/32",
        "0.0.0.0/0", "::/0", "10.1.2.3/32", "::ffff:10.0.0.1"};
    static const char *const bad[] = {
        "localhost",         "10.0.0",       "10.0.0.0/33", "10.0.0.0/", "/8",   "::/129",
        "10.0.0.1,10.0.0.2", "10.0.0.0/8/8", "10.0.0.0/-1", "300.1.1.1", "none", "[::1]"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(net_list_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(net_list_valid(bad[i]));
}

static void addresses_are_found(void **state)
{
    static const struct {
        const char *list, *address;
        bool has;
    } cases[] = {
        {"10.0.0.5", "10.0.0.5", true},
        {"10.0.0.5", "10.0.0.6", false},
        {"", "10.0.0.5", false},
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.5", "::ffff:10.0.0.5", true},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::1", "::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"1.1.1.1 10.0.0.0/8", "10.9.9.9", true},
        {"10.0.0.5", "", false},
        {"10.0.0.5", "unix:", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(net_list_has(cases[i].list, cases[i].address), cases[i].has);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_checked),
        cmocka_unit_test(addresses_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
