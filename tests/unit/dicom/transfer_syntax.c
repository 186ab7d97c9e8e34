/* SPDX-License-Identifier: MIT */
#include "dicom/transfer_syntax.h"

#include "../unit.h"
#include "dicom/uid.h"

static void test_rows(void **state)
{
    size_t count;
    const struct transfer_syntax *all = transfer_syntax_all(&count);

    (void)state;
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++) {
        assert_true(uid_valid(all[i].uid, strlen(all[i].uid)));
        assert_true(all[i].name[0] != '\0');
        assert_ptr_equal(transfer_syntax_find(all[i].uid), &all[i]);
        if (all[i].forbidden)
            assert_false(all[i].target || all[i].encapsulated);
        if (all[i].lossy)
            assert_true(all[i].encapsulated);
    }
}

static void test_find(void **state)
{
    (void)state;
    assert_true(transfer_syntax_find(TRANSFER_SYNTAX_IMPLICIT_LE)->forbidden);
    assert_true(transfer_syntax_find(TRANSFER_SYNTAX_EXPLICIT_BE)->forbidden);
    assert_false(transfer_syntax_find(TRANSFER_SYNTAX_EXPLICIT_LE)->encapsulated);
    assert_true(transfer_syntax_find("1.2.840.10008.1.2.4.50")->lossy);
    assert_false(transfer_syntax_find("1.2.840.10008.1.2.4.70")->lossy);
    assert_null(transfer_syntax_find("1.2.840.10008.1.2.4"));
    assert_null(transfer_syntax_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_find)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
