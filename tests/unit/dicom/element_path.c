/* SPDX-License-Identifier: MIT */
#include "dicom/element_path.h"

#include "tests/unit/table.h"
#include "tests/unit/unit.h"

/* What is taken has the same text again, in upper case; nothing is written past
 * its room. */
static void test_row(void **state)
{
    const struct table_row *row = *state;
    struct element_path p;
    char text[ELEMENT_PATH_TEXT_MAX + 2] = "refused";

    text[ELEMENT_PATH_TEXT_MAX + 1] = '~';
    if (element_path_parse(row->cells[1], &p)) {
        assert_in_range(p.count, 1, ELEMENT_PATH_DEPTH_MAX);
        assert_int_equal(p.steps[p.count - 1].item, 0);
        element_path_text(&p, text);
    }
    assert_string_equal(text, row->cells[2]);
    assert_int_equal(text[ELEMENT_PATH_TEXT_MAX + 1], '~');
}

static void test_steps(void **state)
{
    struct element_path p;

    (void)state;
    assert_true(element_path_parse("54000100/12/54001010", &p));
    assert_int_equal(p.count, 2);
    assert_int_equal(p.steps[0].tag, 0x54000100);
    assert_int_equal(p.steps[0].item, 12);
    assert_int_equal(p.steps[1].tag, 0x54001010);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps)};
    int failed = cmocka_run_group_tests_name("element", tests, NULL, NULL);

    return failed + table_run("element_path.tsv", 3, test_row) ? 1 : 0;
}
