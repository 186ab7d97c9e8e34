/* SPDX-License-Identifier: MIT */
#include "http/range.h"

#include <inttypes.h>

#include "tests/unit/table.h"

static void describe(enum range_verdict verdict, const struct range_set *set, char *out,
                     size_t room)
{
    size_t n = 0;

    if (verdict != RANGE_PARTIAL) {
        snprintf(out, room, "%s", verdict == RANGE_WHOLE ? "whole" : "unsatisfiable");
        return;
    }
    for (size_t i = 0; i < set->count; i++)
        n += (size_t)snprintf(out + n, room - n, "%s%" PRIu64 "-%" PRIu64, i ? " " : "",
                              set->ranges[i].first, set->ranges[i].last);
}

static void test_row(void **state)
{
    const struct table_row *row = *state;
    struct range_set set;
    uint64_t size = strtoull(row->cells[2], NULL, 10);
    char got[4096];

    describe(range_parse(row->cells[1], size, &set), &set, got, sizeof got);
    assert_string_equal(got, row->cells[3]);
}

/* No byte twice, all within the size, for every pair of ranges of a small body.
 */
static void test_pairs(void **state)
{
    enum { SIZE = 5 };

    (void)state;
    for (unsigned n = 0; n < SIZE * SIZE * SIZE * SIZE; n++) {
        unsigned a = n % SIZE, b = n / SIZE % SIZE, c = n / SIZE / SIZE % SIZE,
                 d = n / SIZE / SIZE / SIZE;
        unsigned seen[SIZE] = {0};
        struct range_set set;
        char header[64];
        enum range_verdict v;

        snprintf(header, sizeof header, "bytes=%u-%u,%u-%u", a, b, c, d);
        v = range_parse(header, SIZE, &set);
        assert_int_equal(v, a <= b && c <= d ? RANGE_PARTIAL : RANGE_WHOLE);
        for (size_t i = 0; v == RANGE_PARTIAL && i < set.count; i++)
            for (uint64_t at = set.ranges[i].first; at <= set.ranges[i].last; at++)
                seen[at]++;
        for (unsigned at = 0; v == RANGE_PARTIAL && at < SIZE; at++)
            assert_int_equal(seen[at], (at >= a && at <= b) || (at >= c && at <= d));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};
    int failed = cmocka_run_group_tests_name("range", tests, NULL, NULL);

    return failed + table_run("range.tsv", 5, test_row) ? 1 : 0;
}
