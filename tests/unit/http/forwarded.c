/* SPDX-License-Identifier: MIT */
#include "http/forwarded.h"

#include "http/origin.h"
#include "tests/unit/table.h"

static void test_row(void **state)
{
    const struct table_row *row = *state;
    struct request_in in = {.method = "GET",
                            .host = "inner",
                            .remote_addr = row->cells[1],
                            .forwarded = row->cells[2],
                            .forwarded_for = row->cells[3],
                            .forwarded_proto = row->cells[4],
                            .forwarded_host = row->cells[5],
                            .forwarded_prefix = row->cells[6]};
    struct err e = ERR_INIT;
    const char *prefix, *origin;
    char got[512];
    struct mem m;

    mem_init(&m, 1 << 20);
    assert_int_equal(forwarded_apply(&in, "10.0.0.0/24", &m, &prefix, &e), 0);
    assert_int_equal(origin_find(&in, &m, &origin, &e), 0);
    snprintf(got, sizeof got, "%s %s %s", origin, prefix, in.remote_addr);
    assert_string_equal(got, row->cells[7]);
    mem_reset(&m);
}

/* An arena that is too small is an error, never a crash or half of the truth.
 */
static void test_no_memory(void **state)
{
    struct request_in in = {.remote_addr = "10.0.0.5", .forwarded = "for=192.0.2.7;host=a"};
    struct err e = ERR_INIT;
    const char *prefix;
    struct mem m;

    (void)state;
    mem_init(&m, 1);
    assert_int_equal(forwarded_apply(&in, "10.0.0.5", &m, &prefix, &e), -1);
    assert_int_equal(e.kind, ERR_MEMORY);
    mem_reset(&m);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_memory)};
    int failed = cmocka_run_group_tests_name("forwarded", tests, NULL, NULL);

    return failed + table_run("forwarded.tsv", 8, test_row) ? 1 : 0;
}
