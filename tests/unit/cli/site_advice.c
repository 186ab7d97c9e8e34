/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/site_advice.h"

static void servers_are_known_by_their_field(void **state)
{
    (void)state;
    assert_int_equal(site_server_of("nginx/1.22.1"), SITE_NGINX);
    assert_int_equal(site_server_of("Apache"), SITE_APACHE);
    assert_int_equal(site_server_of("lighttpd/1.4.69"), SITE_LIGHTTPD);
    assert_int_equal(site_server_of("caddy"), SITE_CADDY);
    assert_int_equal(site_server_of("LiteSpeed"), SITE_SERVERS);
    assert_int_equal(site_server_of(""), SITE_SERVERS);
}

static void each_problem_has_lines_for_each_server(void **state)
{
    (void)state;
    for (enum site_problem p = 0; p < SITE_PROBLEMS; p++)
        for (enum site_server s = 0; s < SITE_SERVERS; s++)
            assert_true(site_advice_lines(p, s) && strlen(site_advice_lines(p, s)) > 5);
}

/* Returns what is printed; the caller frees it. */
static char *printed(enum site_server first)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    site_advice_print(SITE_PREFLIGHT, first, out);
    fclose(out);
    return text;
}

static void the_named_server_comes_first_and_all_once(void **state)
{
    char *named = printed(SITE_LIGHTTPD), *unknown = printed(SITE_SERVERS);

    (void)state;
    assert_int_equal(strncmp(named, "     lighttpd:\n       $HTTP", 27), 0);
    assert_int_equal(strncmp(unknown, "     nginx:\n", 12), 0);
    assert_int_equal(strlen(named), strlen(unknown));
    assert_non_null(
        strstr(unknown, "     Apache:\n       <RequireAny>\n           Require valid-user\n"));
    free(named);
    free(unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_are_known_by_their_field),
        cmocka_unit_test(each_problem_has_lines_for_each_server),
        cmocka_unit_test(the_named_server_comes_first_and_all_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
