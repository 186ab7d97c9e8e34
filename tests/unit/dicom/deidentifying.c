/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "dicom/deidentifying.h"

static void names_in_any_case(void **state)
{
    static const char *const asking[] = {"anonymize", "Anonymize",  "ANONYMISE",
                                         "anonymise", "deidentify", "DeIdentify"};
    static const char *const others[] = {"",         "anonymiz",   "anonymizes", "deidentified",
                                         "identify", "de-identify"};

    (void)state;
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        assert_true(deidentifying_name(asking[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(deidentifying_name(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_in_any_case)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
