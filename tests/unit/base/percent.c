/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/percent.h"

static void characters_are_encoded(void **state)
{
    static const struct {
        const char *in, *kept, *out;
    } cases[] = {
        {"azAZ09-._~", "", "azAZ09-._~"},
        {"a/b", "", "a%2Fb"},
        {"a/b", "/", "a/b"},
        {" %\"<>?#&=+", "/", "%20%25%22%3C%3E%3F%23%26%3D%2B"},
        {"@`[{:\x7f\x80\xff\n", "", "%40%60%5B%7B%3A%7F%80%FF%0A"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[128], *to = out;

        for (const char *c = cases[i].in; *c; c++)
            to += percent_encode(to, *c, cases[i].kept);
        *to = '\0';
        assert_string_equal(out, cases[i].out);
    }
}

static void nul_is_never_kept(void **state)
{
    char out[PERCENT_MAX];

    (void)state;
    assert_int_equal(percent_encode(out, '\0', "/"), 3);
    assert_memory_equal(out, "%00", 3);
}

static void characters_are_decoded(void **state)
{
    static const struct {
        const char *in;
        size_t read;
        char out;
    } cases[] = {{"a", 1, 'a'},       {"+", 1, '+'},     {"%2B", 3, '+'}, {"%c3x", 3, '\xc3'},
                 {"%00", 3, '\0'},    {"\xff%", 1, '\xff'}, {"%", 0, 0},     {"%4", 0, 0},
                 {"%4g", 0, 0},       {"%g4", 0, 0},     {"%%41", 0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char c = 0;

        assert_int_equal(percent_decode(cases[i].in, strlen(cases[i].in), &c), cases[i].read);
        if (cases[i].read)
            assert_int_equal(c, cases[i].out);
    }
    assert_int_equal(percent_decode("%41", 2, &(char){0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(characters_are_encoded),
                                       cmocka_unit_test(nul_is_never_kept),
                                       cmocka_unit_test(characters_are_decoded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
