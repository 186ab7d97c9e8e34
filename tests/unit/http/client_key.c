/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "http/client_key.h"

/* Addresses in one line are one client; those of different lines are different
 * ones. */
static const char *const clients[][5] = {
    {"192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201"},
    {"192.0.2.2"},
    {"0.0.0.0"},
    {"255.255.255.255"},
    {"::1", "::2", "::", "::192.0.2.1"},
    {"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:DB8:0000:0001::"},
    {"2001:db8:0:2::1"},
    {"2001:db8::1"},
    {"fe80::1%eth0", "fe80::2", "fe80::1%1"},
    {NULL, "", "unix", "192.0.2.256", "%eth0"},
    {"1.2.3.4"},
};

#define CLIENTS (sizeof clients / sizeof *clients)

static void test_one_number_a_client(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLIENTS; i++) {
        uint64_t number = client_key_number(clients[i][0]);

        assert_true(number != 0);
        for (size_t k = 1; k < 5 && clients[i][k]; k++)
            if (client_key_number(clients[i][k]) != number)
                fail_msg("%s is not %s", clients[i][k], clients[i][0]);
        for (size_t k = 0; k < i; k++)
            if (client_key_number(clients[k][0]) == number)
                fail_msg("%s is %s", clients[k][0], clients[i][0]);
    }
}

static void test_what_is_no_address(void **state)
{
    static const char *const rows[] = {
        "192.0.2", "192.0.2.1:80", "[::1]", " 192.0.2.1", "2001:db8::g", "1:2:3:4:5:6:7:8:9",
        "0000:0000:0000:0000:0000:ffff:0000:0000:0000:0000:0000:0000:0000:0000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(client_key_number(rows[i]) == client_key_number(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_number_a_client),
        cmocka_unit_test(test_what_is_no_address),
    };

    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
