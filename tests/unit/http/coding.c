/* SPDX-License-Identifier: MIT */
#include "http/coding.h"

#include "tests/unit/table.h"

static void test_row(void **state)
{
    const struct table_row *row = *state;

    assert_string_equal(coding_is_gzip(row->cells[1]) ? "gzip" : "plain", row->cells[2]);
}

int main(void)
{
    return table_run("coding.tsv", 3, test_row) ? 1 : 0;
}
