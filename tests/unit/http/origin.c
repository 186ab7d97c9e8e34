/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "http/origin.h"

static void test_hosts(void **state)
{
    static const char *const good[] = {
        "example.org", "example.org:8080",   "localhost", "a_b-c.1", "192.0.2.1:1",
        "[::1]",       "[2001:db8::1]:65535"};
    static const char *const bad[] = {"",    ":80",    "a b",     "a/b",   "a@b",   "a\"",  "a<b",
                                      "a:",  "a:0",    "a:65536", "a:8o",  "a:1:2", "[::1", "[]",
                                      "[x]", "[::1]x", "::1",     "a\x80", "a?b",   "a#b",  "a,b"};
    char longest[ORIGIN_HOST_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!origin_is_host(good[i]))
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (origin_is_host(bad[i]))
            fail_msg("%s is taken", bad[i]);
    memset(longest, 'a', sizeof longest);
    longest[ORIGIN_HOST_MAX + 1] = '\0';
    assert_false(origin_is_host(longest));
    longest[ORIGIN_HOST_MAX] = '\0';
    assert_true(origin_is_host(longest));
}

static void test_origins(void **state)
{
    static const struct {
        struct request_in in;
        const char *want; /* null: refused */
    } cases[] = {
        {{.host = "h:1"}, "http://h:1"},
        {{.host = "h", .https = "on"}, "https://h"},
        {{.host = "h", .https = "1"}, "https://h"},
        {{.host = "h", .https = "off", .scheme = "http"}, "http://h"},
        {{.host = "h", .scheme = "https"}, "https://h"},
        {{.server_name = "h", .server_port = "81"}, "http://h:81"},
        {{.server_name = "h"}, "http://h"},
        {{.server_addr = "192.0.2.1", .server_port = "81"}, "http://192.0.2.1:81"},
        {{.server_addr = "2001:db8::1", .server_port = "81"}, "http://[2001:db8::1]:81"},
        {{.server_name = "::1"}, "http://[::1]"},
        {{.server_name = "h", .server_addr = "192.0.2.1"}, "http://h"},
        {{.host = "evil\"", .server_name = "h"}, NULL},
        {{.server_name = "a b"}, NULL},
        {{.server_addr = "fe80::1%eth0"}, NULL},
        {{.server_port = "80"}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = NULL;
        struct err e = ERR_INIT;
        struct mem m;
        int rc;

        mem_init(&m, 65536);
        rc = origin_find(&cases[i].in, &m, &got, &e);
        assert_int_equal(rc, cases[i].want ? 0 : -1);
        if (cases[i].want)
            assert_string_equal(got, cases[i].want);
        else
            assert_int_equal(e.kind, ERR_REQUEST);
        mem_reset(&m);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_origins),
    };

    return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
