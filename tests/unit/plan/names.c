/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <ctype.h>

#include "plan/names.h"
#include "plan/unique_names.h"

#define NO INSTANCE_NO_NUMBER
#define LONG64 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"

static void folders_say_what_the_series_is(void **state)
{
    static const struct {
        int32_t number;
        const char *modality, *description, *name;
    } cases[] = {
        {3, "MR", "T1 MPRAGE", "0003-MR-T1_MPRAGE"},
        {12345, "CT", "", "12345-CT"},
        {0, "CT", "Thorax  1.0 / B70f", "0000-CT-Thorax_1.0_B70f"},
        {NO, "OT", "x", "none-OT-x"},
        {NO, "", "", "none"},
        {-3, "CT", "", "m0003-CT"},
        {INT32_MIN, "CT", "", "m2147483648-CT"},
        {1, "", "CON", "0001-CON"},
        {1, "CT",
         "Sch\xC3\xA4"
         "del \xC3\x9C"
         "bersicht Stra\xC3\x9F"
         "e",
         "0001-CT-Schadel_Ubersicht_Strasse"},
        {1, "CT",
         "\xC5\x81\xC3\xB3"
         "d\xC5\xBA",
         "0001-CT-Lodz"},
        /* a combining accent */
        {1, "CT",
         "u\xCC\x88"
         "ber",
         "0001-CT-uber"},
        {1, "CT", "\xE8\x83\xB8\xE9\x83\xA8 AP", "0001-CT-AP"},
        {1, "CT", "\xE8\x83\xB8\xE9\x83\xA8", "0001-CT"},
        {1, "CT",
         "\xF0\x9F\xA6\xB4"
         "bone",
         "0001-CT-bone"},
        {1, "CT",
         "a\xFF"
         "b\xC3",
         "0001-CT-a_b"}, /* broken UTF-8 */
        {1, "CT",
         "a\xC0\x80"
         "b",
         "0001-CT-a_b"},
        {1, "CT", "../../etc/passwd", "0001-CT-etc_passwd"},
        {1, "CT", "C:\\x\\..\\y", "0001-CT-C_x_y"},
        {1, "CT", "...", "0001-CT"},
        {1, "CT", "ends. ", "0001-CT-ends"},
        {1, "CT", "-rf *", "0001-CT-rf"},
        {1, "CT", "a\tb\nc\"d'e", "0001-CT-a_b_c_d_e"},
        {1, "MODALITYTOOLONGTOBETRUE", "x", "0001-MODALITYTOOLONGT-x"},
        {1, "CT", LONG64 LONG64,
         "0001-CT-abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[NAMES_FOLDER_MAX + 1];
        size_t len = names_folder(cases[i].number, cases[i].modality, cases[i].description, name);

        assert_int_equal(len, strlen(name));
        assert_true(len <= NAMES_FOLDER_MAX);
        assert_string_equal(name, cases[i].name);
    }
}

static void study_folders_say_place_date_and_description(void **state)
{
    static const struct {
        size_t number;
        const char *date, *description, *name;
    } cases[] = {
        {2, "20240131", "CT Chest", "0002-20240131-CT_Chest"},
        {12345, NULL, NULL, "12345"},
        {1, "-", "", "0001"},
        {1, "2024.01.31", LONG64, "0001-2024.01-abcdefghijklmnopqrstuvwxyz0123456789abcde"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[NAMES_STUDY_MAX + 1];
        size_t len = names_study(cases[i].number, cases[i].date, cases[i].description, name);

        assert_int_equal(len, strlen(name));
        assert_true(len <= NAMES_STUDY_MAX);
        assert_memory_equal(name, cases[i].name, strlen("0001"));
        assert_string_equal(name, cases[i].name);
    }
}

static void files_are_numbers(void **state)
{
    static const struct {
        int32_t number;
        uint32_t same_number;
        const char *name;
    } cases[] = {
        {12, 0, "000012.dcm"},   {12, 1, "000012-2.dcm"},          {0, 0, "000000.dcm"},
        {NO, 0, "none.dcm"},     {NO, 2, "none-3.dcm"},            {-7, 0, "m000007.dcm"},
        {1234567, 0, "1234567.dcm"}, {INT32_MIN, 16777214, "m2147483648-16777215.dcm"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[NAMES_FILE_MAX + 1];

        assert_int_equal(names_file(cases[i].number, cases[i].same_number, name),
                         strlen(cases[i].name));
        assert_string_equal(name, cases[i].name);
    }
}

static void file_ids_are_ordinals(void **state)
{
    static const struct {
        uint32_t series, instance;
        const char *id;
    } cases[] = {
        {0, 0, "DICOM/S0000001/I0000001"},
        {11, 99, "DICOM/S0000012/I0000100"},
        {9999998, 9999998, "DICOM/S9999999/I9999999"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[NAMES_FILE_MAX + 1];

        assert_int_equal(names_file_id(cases[i].series, cases[i].instance, id),
                         strlen(cases[i].id));
        assert_string_equal(id, cases[i].id);
    }
}

/* Whatever bytes a description has, the name is one component that every system
 * takes. */
static void any_bytes_give_a_legal_name(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[40], name[NAMES_FOLDER_MAX + 1];
        size_t n = round % sizeof text;

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            text[i] = (char)(seed >> 24);
        }
        text[n] = '\0';
        n = names_folder(round, "CT", text, name);
        for (size_t i = 0; i < n; i++)
            assert_true(isalnum((unsigned char)name[i]) || strchr("._-", name[i]));
        assert_true(isalnum((unsigned char)name[n - 1]));
        assert_null(strstr(name, ".."));
    }
}

static void add_series(struct plan *p, const char *folder, struct err *e)
{
    static struct plan_series series[20000];

    p->series = series;
    assert_ok(plan_string(p, folder, strlen(folder), &series[p->series_count++].folder, e), e);
}

static void folders_become_unique_whatever_their_case(void **state)
{
    static const char *const before[] = {"0001-MR-t1",   "0001-MR-T1", "0001-MR-T1",
                                         "0001-MR-T1-2", "0001-mr-t1", "2"};
    static const char *const after[] = {"0001-MR-t1",     "0001-MR-T1-2", "0001-MR-T1-3",
                                        "0001-MR-T1-2-2", "0001-mr-t1-4", "2"};
    struct err e = ERR_INIT;
    struct plan p = {0};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        add_series(&p, before[i], &e);
    assert_ok(unique_names(&p, &e), &e);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(plan_text(&p, p.series[i].folder), after[i]);
    free(p.text);
}

static void many_equal_folders_cost_no_quadratic_search(void **state)
{
    struct err e = ERR_INIT;
    struct plan p = {0};

    (void)state;
    for (size_t i = 0; i < 20000; i++)
        add_series(&p, LONG64, &e);
    assert_ok(unique_names(&p, &e), &e);
    assert_string_equal(plan_text(&p, p.series[19999].folder), LONG64 "-20000");
    free(p.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_say_what_the_series_is),
        cmocka_unit_test(study_folders_say_place_date_and_description),
        cmocka_unit_test(files_are_numbers),
        cmocka_unit_test(file_ids_are_ordinals),
        cmocka_unit_test(any_bytes_give_a_legal_name),
        cmocka_unit_test(folders_become_unique_whatever_their_case),
        cmocka_unit_test(many_equal_folders_cost_no_quadratic_search),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
