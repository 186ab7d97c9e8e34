/* SPDX-License-Identifier: MIT */
#include "cli/text_table.h"

#include "tests/unit/unit.h"

static void print(const struct text_table *t, char *out, size_t room)
{
    FILE *f = fmemopen(out, room, "w");

    assert_non_null(f);
    text_table_print(t, f);
    fclose(f);
}

static void columns_are_as_wide_as_their_cells(void **state)
{
    struct err e = ERR_INIT;
    struct text_table t;
    char out[256] = "";

    (void)state;
    text_table_init(&t);
    text_table_cell(&t, "Name");
    text_table_cell(&t, "N");
    text_table_end_row(&t);
    text_table_cell(&t, "J\xC3\xBCrgen");
    text_table_cell(&t, "12");
    text_table_end_row(&t);
    text_table_cell(&t, "x\033[2Jy\xFF\tz");
    text_table_end_row(&t);
    assert_ok(text_table_check(&t, &e), &e);
    print(&t, out, sizeof out);
    assert_string_equal(out, "Name       N\nJ\xC3\xBCrgen     12\nx?[2Jy??z  \n");
    text_table_release(&t);
}

static void rows_of_cells_and_of_results(void **state)
{
    const char *const titles[] = {"a", NULL, "c"};
    struct db_row row = {.fields = {"1", "2", NULL}, .columns = 3};
    struct err e = ERR_INIT;
    struct text_table t;
    char out[64] = "";

    (void)state;
    text_table_init(&t);
    text_table_row(&t, titles, 3);
    assert_ok(text_table_take(&t, &row, &e), &e);
    print(&t, out, sizeof out);
    assert_string_equal(out, "a     c\n1  2  \n");
    text_table_release(&t);
}

static void further_columns_are_left_out(void **state)
{
    struct text_table t;
    char out[512] = "";

    (void)state;
    text_table_init(&t);
    for (int i = 0; i < TEXT_TABLE_COLUMNS + 5; i++)
        text_table_cell(&t, "a");
    text_table_end_row(&t);
    print(&t, out, sizeof out);
    assert_int_equal(strlen(out), 3 * (TEXT_TABLE_COLUMNS - 1) + 2);
    text_table_release(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(columns_are_as_wide_as_their_cells),
                                              cmocka_unit_test(rows_of_cells_and_of_results),
                                              cmocka_unit_test(further_columns_are_left_out)};

    return cmocka_run_group_tests_name("text_table", tests, NULL, NULL);
}
