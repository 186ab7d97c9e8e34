/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "db/db_row.h"

static void lines_of_copy(void **state)
{
    static const struct {
        const char *line;
        bool good;
        const char *fields[3];
    } rows[] = {
        {"a\tb\tc\n", true, {"a", "b", "c"}},
        {"\t\t\n", true, {"", "", ""}},
        {"\\N\tb\t\\N\n", true, {NULL, "b", NULL}},
        {"\\\\N\tN\t\\\\\\\\N\n", true, {"\\N", "N", "\\\\N"}},
        {"a\\tb\t\\n\\r\\b\\f\\v\tc\\\\\n", true, {"a\tb", "\n\r\b\f\v", "c\\"}},
        {"\\\\x00ff\t\\.\t\\q\n", true, {"\\x00ff", ".", "q"}},
        {"\xc3\xa4\t\x01\t\x7f\n", true, {"\xc3\xa4", "\x01", "\x7f"}},
        {"a\tb\n", false, {NULL}},
        {"a\tb\tc\td\n", false, {NULL}},
        {"a\tb\tc", false, {NULL}},
        {"a\tb\tc\\", false, {NULL}},
        {"", false, {NULL}},
        {"\n", false, {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct db_row r = {.columns = 3, .bad = true};
        char line[64];

        snprintf(line, sizeof line, "%s", rows[i].line);
        if (db_row_split(&r, line, strlen(line)) != rows[i].good)
            fail_msg("line %zu", i);
        for (int k = 0; rows[i].good && k < 3; k++)
            if (db_row_null(&r, k) != !rows[i].fields[k] ||
                strcmp(db_row_text(&r, k), rows[i].fields[k] ? rows[i].fields[k] : "") != 0)
                fail_msg("line %zu, field %d: \"%s\"", i, k, db_row_text(&r, k));
        if (rows[i].good)
            assert_false(r.bad);
    }
}

static void a_byte_of_0_is_no_text(void **state)
{
    static const char line[] = "a\tb\0\tc\n";

    (void)state;
    for (size_t len = 0; len < sizeof line; len++) {
        struct db_row r = {.columns = 3};
        char copy[sizeof line];

        memcpy(copy, line, sizeof line);
        assert_false(db_row_split(&r, copy, len));
    }
}

static void numbers_have_bounds(void **state)
{
    struct db_row r = {.fields = {"5", "-5", "x", "", NULL, "t", "f"}, .columns = 7};

    (void)state;
    assert_int_equal(db_row_int(&r, 0, 0, 5), 5);
    assert_int_equal(db_row_int(&r, 1, -5, 5), -5);
    assert_int_equal(db_row_int(&r, 4, 1, 5), 0);
    assert_true(db_row_bool(&r, 5));
    assert_false(db_row_bool(&r, 6));
    assert_false(db_row_bool(&r, 4));
    assert_false(r.bad);
    for (int i = 0; i < 4; i++) {
        r.bad = false;
        (void)db_row_int(&r, i, 0, 4);
        assert_true(r.bad);
    }
    r.bad = false;
    (void)db_row_bool(&r, 0);
    assert_true(r.bad);
}

static void bytes_have_bounds(void **state)
{
    struct db_row r = {.fields = {"\\x0aFG", "\\x0aff", "\\x0af", "\\x0g", "0aff", NULL},
                       .columns = 6};
    unsigned char out[2];

    (void)state;
    assert_int_equal(db_row_bytes(&r, 1, out, 2), 2);
    assert_int_equal(out[0], 10);
    assert_int_equal(out[1], 255);
    assert_int_equal(db_row_bytes(&r, 5, out, 2), 0);
    assert_false(r.bad);
    (void)db_row_bytes(&r, 1, out, 1);
    assert_true(r.bad);
    for (int i = 0; i < 6; i++) {
        r.bad = i == 1 || i == 5;
        (void)db_row_bytes(&r, i, out, 2);
        assert_true(r.bad);
    }
}

static void paths_there_and_back(void **state)
{
    static char text[DB_ROW_PATH_TEXT_MAX], back[DB_ROW_PATH_MAX];
    static const char path[] = "a/\xff \\ \t\n\xc3\xa4";
    struct db_row r = {.fields = {text, "\\x610062"}, .columns = 2};

    (void)state;
    db_row_path_text(path, text);
    assert_string_equal(db_row_path(&r, 0, back), path);
    assert_false(r.bad);
    (void)db_row_path(&r, 1, back);
    assert_true(r.bad);
}

static void copies_are_bounded(void **state)
{
    struct db_row r = {.fields = {"abcd", NULL, ""}, .columns = 3};
    char out[5];

    (void)state;
    assert_ptr_equal(db_row_copy(&r, 0, out, sizeof out), out);
    assert_string_equal(out, "abcd");
    assert_null(db_row_copy(&r, 1, out, sizeof out));
    assert_string_equal(db_row_copy(&r, 2, out, sizeof out), "");
    assert_false(r.bad);
    assert_string_equal(db_row_copy(&r, 0, out, 4), "abc");
    assert_true(r.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_copy),
        cmocka_unit_test(a_byte_of_0_is_no_text),
        cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(bytes_have_bounds),
        cmocka_unit_test(paths_there_and_back), cmocka_unit_test(copies_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
