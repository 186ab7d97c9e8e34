/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <getopt.h>

#include "base/option.h"

static const struct option table[] = {{"workers", required_argument, NULL, 'w'},
                                      {"check", no_argument, NULL, 1000},
                                      {NULL, 0, NULL, 0}};

/* What is wrong with the arguments, which follow the program's name and another
 * option. */
static void expect(const char *one, const char *two, const char *words)
{
    char text[64];
    char name[] = "program", first[32], second[32];
    char *argv[] = {name, first, second, NULL};
    int argc = two ? 3 : 2, key;

    snprintf(first, sizeof first, "%s", one);
    snprintf(second, sizeof second, "%s", two ? two : "");
    argv[argc] = NULL;
    optind = 0;
    opterr = 0;
    do
        key = getopt_long(argc, argv, ":qo:", table, NULL);
    while (key != '?' && key != ':' && key != -1);
    assert_int_not_equal(key, -1);
    option_describe(key, argv, text, sizeof text);
    assert_string_equal(text, words);
}

static void options_are_named(void **state)
{
    (void)state;
    expect("--nonsense", NULL, "unknown option --nonsense");
    expect("--nonsense=5", NULL, "unknown option --nonsense=5");
    expect("-q", "--nonsense", "unknown option --nonsense");
    expect("-x", NULL, "unknown option -x");
    expect("-qx", NULL, "unknown option -x");
    expect("-xq", NULL, "unknown option -x");
    expect("--workers", NULL, "option --workers needs a value");
    expect("-q", "--workers", "option --workers needs a value");
    expect("-o", NULL, "option -o needs a value");
    expect("-qo", NULL, "option -o needs a value");
    expect("--check=5", NULL, "option --check=5 takes no value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(options_are_named)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
