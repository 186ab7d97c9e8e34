/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "db/db_row.h"
#include "catalog/summary.h"

#define CODEC_VERSION 77

static bool read_file(const char *text, const char *compressor, struct instance *i,
                      char copy[3 * DB_ROW_PATH_MAX])
{
    snprintf(copy, 3 * DB_ROW_PATH_MAX, "%s", text);
    return summary_file(copy, compressor, CODEC_VERSION, i);
}

static void file_summary_is_read(void **state)
{
    static char copy[3 * DB_ROW_PATH_MAX];
    static const char *const compressors[] = {"isal-3", "isal-30", "isal", NULL};
    struct instance i = {.modality = "CT"};

    (void)state;
    for (size_t k = 0; k < sizeof compressors / sizeof *compressors; k++) {
        assert_true(read_file(
            "1.2.3 -7 main 12345678901 -5000000001 4294967295 20240229235960 1700000000999999 77 isal-3"
            " 5000000000 77 a b/\\\\ \\303\\251\n.dcm",
            compressors[k], &i, copy));
        assert_string_equal(i.sop_uid, "1.2.3");
        assert_int_equal(i.number, -7);
        assert_string_equal(i.root, "main");
        assert_true(i.size == 12345678901 && i.mtime_ns == -5000000001 && i.crc == UINT32_MAX);
        assert_true(i.acquired == 20240229235960 && i.updated == 1700000000);
        assert_true(i.deflated_size == (k == 0 ? 77 : 0) && i.default_size == 5000000000);
        assert_true(i.deflated_now == (k == 0));
        assert_string_equal(i.path, "a b/\\ \xc3\xa9\n.dcm");
        assert_string_equal(i.modality, "CT");
    }
}

static void default_size_belongs_to_one_codec_version(void **state)
{
    static const struct {
        const char *sizes;
        uint32_t codec_version;
        uint64_t size;
    } cases[] = {{"9 77", 77, 9}, {"9 77", 78, 0}, {"9 77", 0, 0}, {"0 0", 0, 0}, {"0 77", 77, 0}};
    struct instance i = {0};
    char text[64];

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        snprintf(text, sizeof text, "1.2 1 r 1 1 1 1 1 0 - %s p", cases[k].sizes);
        assert_true(summary_file(text, NULL, cases[k].codec_version, &i));
        assert_true(i.default_size == cases[k].size);
    }
}

static void malformed_file_summary_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "1.2",
                                        "1.2 1 r 1 1 1 1 1 0 -",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0 ",
                                        "1.2 1 r 1 1 1 1 1 0 - p",
                                        "1.2 1 r 1 1 1 1 1 0 - -1 1 p",
                                        "1.2 1 r 1 1 1 1 1 0 - 1 x p",
                                        "1.2 1 r 1 1 1 1 1 0 - 1 2147483648 p",
                                        "1.2 2147483648 r 1 1 1 1 1 0 - 0 0 p",
                                        "1.2 1 r -1 1 1 1 1 0 - 0 0 p",
                                        "1.2 1 r 9223372036854775808 1 1 1 1 0 - 0 0 p",
                                        "1.2 1 r 1 x 1 1 1 0 - 0 0 p",
                                        "1.2 1 r 1 1 4294967296 1 1 0 - 0 0 p",
                                        "1.2 1 r 1 1 1 -1 1 0 - 0 0 p",
                                        "1.2 1 r 1 1 1 1 -1 0 - 0 0 p",
                                        "1.2 1 r 1 1 1 1 1 -1 - 0 0 p",
                                        "1.2 1 r 1 1 1 1 1  - 0 0 p",
                                        "1.2  1 r 1 1 1 1 1 0 - 0 0 p",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0 \\",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0 \\x41",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0 \\40",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0 \\400",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0 a\\000b",
                                        "1.2 1 r 1 1 1 1 1 0 - 0 0 \\381"};
    static char copy[3 * DB_ROW_PATH_MAX];

    (void)state;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        struct instance i = {0};

        if (read_file(texts[k], "-", &i, copy))
            fail_msg("accepted as a summary: \"%s\"", texts[k]);
    }
}

static void paths_are_no_longer_than_the_system_has_them(void **state)
{
    static const char front[] = "1.2 1 r 1 1 1 1 1 0 - 0 0 ";
    static char text[3 * DB_ROW_PATH_MAX], copy[3 * DB_ROW_PATH_MAX];
    struct instance i = {0};

    (void)state;
    memcpy(text, front, sizeof front);
    memset(text + strlen(front), 'p', DB_ROW_PATH_MAX - 1);
    assert_true(read_file(text, NULL, &i, copy));
    assert_int_equal(strlen(i.path), DB_ROW_PATH_MAX - 1);
    text[strlen(front) + DB_ROW_PATH_MAX - 1] = 'p';
    assert_false(read_file(text, NULL, &i, copy));
    memcpy(text + strlen(front), "\\\\", 2);
    assert_true(read_file(text, NULL, &i, copy));
}

static bool read_conversion(const char *text, struct instance *i)
{
    static char copy[200];

    snprintf(copy, sizeof copy, "%s", text);
    return summary_conversion(copy, i);
}

static void what_decides_on_a_conversion_is_reported(void **state)
{
    struct instance i = {.conversion_known = true};

    (void)state;
    assert_true(summary_conversion(NULL, &i));
    assert_string_equal(i.transfer_syntax, "1.2.840.10008.1.2.1");
    assert_true(i.part10 && !i.lossy && !i.conversion_known && !i.conversion_failed &&
                i.frames == 0);
    assert_true(read_conversion("1.2.840.10008.1.2 0 1 2147483647 3 4 16 1", &i));
    assert_string_equal(i.transfer_syntax, "1.2.840.10008.1.2");
    assert_true(!i.part10 && i.lossy && i.frames == INT32_MAX && i.rows == 3 && i.columns == 4 &&
                i.bits_allocated == 16 && i.samples == 1 && !i.conversion_known &&
                !i.conversion_failed);
    assert_true(read_conversion(" 1 0 1 3 4 16 1 5000000000 4294967295 7", &i));
    assert_string_equal(i.transfer_syntax, "");
    assert_true(i.part10 && i.conversion_known && !i.conversion_failed &&
                i.converted_size == 5000000000 && i.converted_crc == UINT32_MAX &&
                i.converted_deflated == 7);
    assert_true(read_conversion("1.2 1 0 1 3 4 16 1 0 0 0", &i));
    assert_true(!i.conversion_known && i.conversion_failed);
}

static void what_names_no_form_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "1.2",
                                        "1.2 1 0 1 3 4 16",
                                        "1.2 1 0 1 3 4 16 1 5",
                                        "1.2 1 0 1 3 4 16 1 5 6",
                                        "1.2 1 0 1 3 4 16 1 5 6 7 8",
                                        "1.2 1 0 1 3 4 16 1 5 4294967296 7",
                                        "1.2 1 0 2147483648 3 4 16 1",
                                        "1.2 1 0 1 3 4 16 -1",
                                        "1.2 1 0 1  3 4 16 1",
                                        "1.2 1 0 1 3 4 16 1 "};

    (void)state;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        struct instance i = {0};

        if (read_conversion(texts[k], &i))
            fail_msg("taken for what decides on a conversion: \"%s\"", texts[k]);
    }
}

static void a_series_has_a_number_and_a_description(void **state)
{
    char good[] = "-3 1700000000999999  T1 MPRAGE ", bare[] = "2147483647 0 ";
    char bad[][32] = {"", "1", "1 0", "x 0 d", "1 -1 d", "2147483648 0 d"};
    struct instance i = {.sop_uid = "1.2"};

    (void)state;
    assert_true(summary_series(good, &i));
    assert_true(i.series_number == -3 && i.removed == 1700000000);
    assert_string_equal(i.series_description, " T1 MPRAGE ");
    assert_string_equal(i.sop_uid, "1.2");
    assert_true(summary_series(bare, &i));
    assert_string_equal(i.series_description, "");
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_false(summary_series(bad[k], &i));
}

/* The deflated size counts only under the compressor of the file's. */
static void pixel_data_has_a_place(void **state)
{
    (void)state;
    for (int now = 0; now < 2; now++) {
        char text[] = "3 1.2.840 5000000000 4000000000 4294967295 3000000000", bare[] = "0 1.2";
        struct instance i = {.deflated_now = now};

        assert_true(summary_listed(text, &i));
        assert_true(i.conflicts == 3 && i.pixel_offset == 5000000000 &&
                    i.pixel_length == 4000000000 && i.pixel_crc == UINT32_MAX);
        assert_string_equal(i.sop_class, "1.2.840");
        assert_true(i.pixel_deflated == (now ? 3000000000 : 0));
        assert_true(summary_listed(bare, &i));
    }
}

static void malformed_places_are_refused(void **state)
{
    static const char *const texts[] = {"0 1.2 1 2 3", "0 1.2 1 2 4294967296 4", "0 1.2 1 2 3 x",
                                        "0 1.2 1 2 3 4 5", "0 1.2 -1 2 3 4"};
    struct instance i = {0};

    (void)state;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        char copy[64];

        snprintf(copy, sizeof copy, "%s", texts[k]);
        if (summary_listed(copy, &i))
            fail_msg("accepted as a place: \"%s\"", texts[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_summary_is_read),
        cmocka_unit_test(default_size_belongs_to_one_codec_version),
        cmocka_unit_test(malformed_file_summary_is_refused),
        cmocka_unit_test(paths_are_no_longer_than_the_system_has_them),
        cmocka_unit_test(what_decides_on_a_conversion_is_reported),
        cmocka_unit_test(what_names_no_form_is_refused),
        cmocka_unit_test(a_series_has_a_number_and_a_description),
        cmocka_unit_test(pixel_data_has_a_place),
        cmocka_unit_test(malformed_places_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
