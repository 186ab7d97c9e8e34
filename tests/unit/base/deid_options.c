/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/deid_options.h"

static const struct {
    const char *list;
    unsigned options;
    const char *formatted;
} good[] = {
    {"", 0, "basic"},
    {"basic", 0, "basic"},
    {" ,\tbasic,, ", 0, "basic"},
    {"uids", DEID_UIDS, "basic uids"},
    {"device", DEID_DEVICE, "basic device"},
    {"institution", DEID_INSTITUTION, "basic institution"},
    {"patient,patient", DEID_PATIENT, "basic patient"},
    {"full-dates", DEID_FULL_DATES, "basic full-dates"},
    {"modified-dates", DEID_MODIFIED_DATES, "basic modified-dates"},
    {"safe-private", DEID_SAFE_PRIVATE, "basic safe-private"},
    {"safe-private\tmodified-dates patient,institution device uids",
     DEID_SAFE_PRIVATE | DEID_MODIFIED_DATES | DEID_PATIENT | DEID_INSTITUTION | DEID_DEVICE |
         DEID_UIDS,
     "basic uids device institution patient modified-dates safe-private"},
};

static void lists_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[DEID_OPTIONS_TEXT];
        unsigned options = 99;

        assert_true(deid_options_parse(good[i].list, &options));
        assert_int_equal(options, good[i].options);
        deid_options_format(options, text);
        assert_string_equal(text, good[i].formatted);
    }
}

static void unknown_words_are_refused(void **state)
{
    static const char *const bad[] = {"basi",
                                      "basics",
                                      "Basic",
                                      "uid",
                                      "full-dates modified-dates",
                                      "modified-dates,full-dates",
                                      "x",
                                      "uids\n",
                                      "uids;",
                                      "trust",
                                      "withhold"};
    unsigned options;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (deid_options_parse(bad[i], &options))
            fail_msg("%s is read", bad[i]);
}

/* What concerns pixels is no option of PS3.15. The text of all others fits. */
static void pixels_are_not_written(void **state)
{
    char text[DEID_OPTIONS_TEXT];

    (void)state;
    deid_options_format(DEID_TRUST_PIXELS | DEID_WITHHOLD_PIXELS, text);
    assert_string_equal(text, "basic");
    deid_options_format(DEID_OPTIONS_MAX, text);
    assert_string_equal(
        text, "basic uids device institution patient full-dates modified-dates safe-private");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists_are_read_and_written),
                                       cmocka_unit_test(unknown_words_are_refused),
                                       cmocka_unit_test(pixels_are_not_written)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
