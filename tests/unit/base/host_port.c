/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/host_port.h"

#define LONG_LABEL "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define HOST_255 LONG_LABEL "." LONG_LABEL "." LONG_LABEL "." LONG_LABEL

static void hosts_and_ports(void **state)
{
    static const struct {
        const char *text, *host, *port;
    } cases[] = {
        {"syslog.example.org", "syslog.example.org", "6514"},
        {"syslog_1:1", "syslog_1", "1"},
        {"10.0.0.1:65535", "10.0.0.1", "65535"},
        {"[::1]", "::1", "6514"},
        {"[fe80::1%eth0]:99", "fe80::1%eth0", "99"},
        {HOST_255 ":514", HOST_255, "514"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct host_port h;

        assert_true(host_port_split(cases[i].text, "6514", &h));
        assert_string_equal(h.host, cases[i].host);
        assert_string_equal(h.port, cases[i].port);
    }
}

static void malformed_ones(void **state)
{
    static const char *const cases[] = {
        "",       ":1",   "a:",          "a:0",    "a:65536", "a:000001", "a:1x",
        "a b",    "a/b",  "a:1:",        "::1",    "[::1",    "[]:1",     "[::1]1",
        "[::1]:", "a]:1", "[::1]:65536", "user@a", "a%b",     "a\n",      HOST_255 "x"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct host_port h;

        if (host_port_split(cases[i], "6514", &h))
            fail_msg("\"%s\" was accepted", cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hosts_and_ports),
                                       cmocka_unit_test(malformed_ones)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
