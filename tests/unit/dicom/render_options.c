/* SPDX-License-Identifier: MIT */
#include "dicom/render_options.h"

#include <string.h>

#include "tests/unit/unit.h"

typedef int read_value(const char *value, struct render_options *o, struct err *e);

/* Reads a value and returns the job as text, or "refused". */
static const char *read_as(read_value *read, const char *value)
{
    static char text[RENDER_OPTIONS_TEXT_MAX];
    struct render_job j = {.frame = 0};
    struct err e = ERR_INIT;

    if (read(value, &j.options, &e) == 0) {
        render_options_text(&j, text);
        return text;
    }
    assert_int_equal(e.kind, ERR_REQUEST);
    return "refused";
}

struct value {
    const char *value, *text;
};

static void check(read_value *read, const struct value *v, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_message("%s\n", v[i].value);
        assert_string_equal(read_as(read, v[i].value), v[i].text);
    }
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void test_window(void **state)
{
    static const struct value values[] = {
        {"40,400", "0 0 1 40 400 0 0 0 0 0 0 0 0"},
        {"40,400,linear", "0 0 1 40 400 0 0 0 0 0 0 0 0"},
        {"-600.5,1,linear", "0 0 1 -600.5 1 0 0 0 0 0 0 0 0"},
        {"+40,0.5,linear-exact", "0 0 2 40 0.5 0 0 0 0 0 0 0 0"},
        {"0,0.000001,sigmoid", "0 0 3 0 1e-06 0 0 0 0 0 0 0 0"},
        {"999999999,999999999", "0 0 1 999999999 999999999 0 0 0 0 0 0 0 0"},
        {"1000000000,1", "refused"},
        {"-1000000000,1", "refused"},
        {"1,1000000000", "refused"},
        {"40,0.999", "refused"},
        {"40,0,linear-exact", "refused"},
        {"40,0.0000005,sigmoid", "refused"},
        {"40,-400", "refused"},
        {"40", "refused"},
        {"40,", "refused"},
        {",400", "refused"},
        {"", "refused"},
        {"40,400,cubic", "refused"},
        {"40,400,linear,", "refused"},
        {"4e1,400", "refused"},
        {"0x4,400", "refused"},
        {"nan,400", "refused"},
        {"1-2,400", "refused"},
        {"40, 400", "refused"},
        {"1234567890.12345,9", "refused"},
        {"123456789.123456,9", "0 0 1 123456789.1 9 0 0 0 0 0 0 0 0"},
        {"123456789.1234567,9", "refused"},
    };

    (void)state;
    check(render_options_window, values, COUNT(values));
}

static void test_viewport(void **state)
{
    static const struct value values[] = {
        {"1,1", "0 0 0 0 0 1 1 0 0 0 0 0 0"},
        {"16384,16384", "0 0 0 0 0 16384 16384 0 0 0 0 0 0"},
        {"512,256,10,20", "0 0 0 0 0 512 256 10 20 0 0 0 0"},
        {"512,256,,20.5", "0 0 0 0 0 512 256 0 20.5 0 0 0 0"},
        {"512,256,10,20,-30,40", "0 0 0 0 0 512 256 10 20 -30 40 0 0"},
        {"512,256,,,30,-40", "0 0 0 0 0 512 256 0 0 30 -40 0 0"},
        {"0,256", "refused"},
        {"512,0", "refused"},
        {"16385,1", "refused"},
        {"1,16385", "refused"},
        {"1.5,1", "refused"},
        {"1,1.5", "refused"},
        {"-1,1", "refused"},
        {"512", "refused"},
        {",256", "refused"},
        {"", "refused"},
        {"512,256,-1,0", "refused"},
        {"512,256,0,-1", "refused"},
        {"512,256,1,2,3,4,5", "refused"},
        {"512,256,1,2,3,4 ", "refused"},
        {"512,256,a", "refused"},
        {"512,256,1,2,x,4", "refused"},
    };

    (void)state;
    check(render_options_viewport, values, COUNT(values));
}

static void test_quality(void **state)
{
    static const struct value values[] = {
        {"1", "0 0 0 0 0 0 0 0 0 0 0 0 1"},
        {"100", "0 0 0 0 0 0 0 0 0 0 0 0 100"},
        {"0", "refused"},
        {"101", "refused"},
        {"", "refused"},
        {"-1", "refused"},
        {"50.5", "refused"},
    };

    (void)state;
    check(render_options_quality, values, COUNT(values));
}

/* A job is read as it was written. */
static void test_text(void **state)
{
    const struct render_job jobs[] = {
        {.frame = 0},
        {7, true, {RENDER_WINDOW_SIGMOID, -600.5, 1500, 300, 200, 1, 2, -30, 40, true, 55}},
        {UINT32_MAX,
         false,
         {RENDER_WINDOW_LINEAR, 1, 2, RENDER_SIDE_MAX, RENDER_SIDE_MAX, 3, 4, 5, 6, false, 100}},
    };
    char text[RENDER_OPTIONS_TEXT_MAX], again[RENDER_OPTIONS_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(jobs); i++) {
        struct render_job j;

        render_options_text(&jobs[i], text);
        assert_true(render_options_read(text, &j));
        render_options_text(&j, again);
        assert_string_equal(again, text);
        assert_int_equal(j.png, jobs[i].png);
        assert_int_equal(j.options.shrink_only, jobs[i].options.shrink_only);
        assert_int_equal(j.options.window, jobs[i].options.window);
    }
}

static void test_other_text(void **state)
{
    static const char *const good = "1 1 3 4 5 16384 16384 8 9 10 11 1 100";
    static const char *const bad[] = {"",
                                      "1 1 3",
                                      "1 1 3 4 5 6 7 8 9 10 11 1",
                                      "1 1 4 4 5 6 7 8 9 10 11 1 13",
                                      "1 1 3 4 5 16385 7 8 9 10 11 1 13",
                                      "1 1 3 4 5 6 16385 8 9 10 11 1 13",
                                      "1 1 3 4 5 6 7 8 9 10 11 1 101",
                                      "1 1 x 4 5 6 7 8 9 10 11 1 13"};
    struct render_job j;

    (void)state;
    assert_true(render_options_read(good, &j));
    assert_true(j.png && j.options.shrink_only);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(render_options_read(bad[i], &j));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window), cmocka_unit_test(test_viewport),
        cmocka_unit_test(test_quality), cmocka_unit_test(test_text),
        cmocka_unit_test(test_other_text)};

    return cmocka_run_group_tests_name("render_options", tests, NULL, NULL);
}
