/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static int kept;
static FILE *caught;

static const char *logged(void)
{
    static char text[4096];
    size_t n;

    rewind(caught);
    n = fread(text, 1, sizeof text - 1, caught);
    text[n] = '\0';
    assert_int_equal(ftruncate(fileno(caught), 0), 0);
    rewind(caught);
    return text;
}

static int catch_stderr(void **state)
{
    (void)state;
    caught = tmpfile();
    kept = dup(STDERR_FILENO);
    return !caught || kept < 0 || dup2(fileno(caught), STDERR_FILENO) < 0;
}

static int release_stderr(void **state)
{
    (void)state;
    dup2(kept, STDERR_FILENO);
    close(kept);
    return fclose(caught);
}

static void a_line_bears_level_program_and_request(void **state)
{
    char expected[128];

    (void)state;
    log_open("wadozip-test", LOG_LEVEL_INFO);
    log_request("ab12");
    log_warn("%s\nforged: line", "x");
    log_request(NULL);
    snprintf(expected, sizeof expected, "wadozip-test[%d] warn: ab12 x?forged: line\n",
             (int)getpid());
    assert_string_equal(logged(), expected);
}

static void unseen_characters_are_shown(void **state)
{
    (void)state;
    log_open("t", LOG_LEVEL_INFO);
    log_info("%s", "a\xe2\x80\xae" "gpj.exe");
    assert_non_null(strstr(logged(), "info: a\\u202egpj.exe\n"));
}

/* Only if standard error is the journal's own stream. */
static void the_journal_gets_priorities(void **state)
{
    static const char *const expected[] = {"<3>t[", "<4>t[", "<6>t[", "<7>t["};
    char stream[64];
    struct stat st;

    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    for (size_t i = 0; i < 4; i++) {
        log_open("t", LOG_LEVEL_DEBUG);
        i == 0 ? log_error("x") : i == 1 ? log_warn("x") : i == 2 ? log_info("x") : log_debug("x");
        assert_memory_equal(logged(), expected[i], 5);
    }
    setenv("JOURNAL_STREAM", "1:2", 1);
    log_open("t", LOG_LEVEL_DEBUG);
    log_error("x");
    assert_memory_equal(logged(), "t[", 2);
    unsetenv("JOURNAL_STREAM");
}

static void lines_in_json_are_escaped(void **state)
{
    const struct log_field fields[] = {{"user", "a\"\\\x9f", 0}, {"status", NULL, 404}};
    const char *text;

    (void)state;
    log_open("t", LOG_LEVEL_INFO);
    log_set_format(LOG_FORMAT_JSON);
    log_request("ab12");
    log_fields(fields, 2);
    log_warn("%s", "a \"quote\"\n");
    text = strdup(logged());
    assert_non_null(
        strstr(text, "\"program\":\"t\",\"request\":\"ab12\",\"message\":\"a \\\"quote\\\"?\","
                     "\"user\":\"a\\\"\\\\\\\\x9f\",\"status\":404}\n"));
    free((void *)text);
    log_info("the next line has no fields");
    assert_null(strstr(logged(), "status"));
    log_request(NULL);
    log_set_format(LOG_FORMAT_TEXT);
}

static void lesser_levels_are_silent(void **state)
{
    (void)state;
    log_open("t", LOG_LEVEL_ERROR);
    log_info("quiet");
    log_debug("quiet");
    log_warn("quiet");
    assert_string_equal(logged(), "");
    log_error("loud");
    assert_non_null(strstr(logged(), "error: loud\n"));
}

static void long_lines_are_cut(void **state)
{
    char text[5000];
    const char *line;

    (void)state;
    memset(text, 'z', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_open("t", LOG_LEVEL_INFO);
    log_info("%s", text);
    line = logged();
    assert_in_range(strlen(line), 2000, 2048);
    assert_int_equal(line[strlen(line) - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_bears_level_program_and_request),
        cmocka_unit_test(unseen_characters_are_shown),
        cmocka_unit_test(the_journal_gets_priorities),
        cmocka_unit_test(lines_in_json_are_escaped),
        cmocka_unit_test(lesser_levels_are_silent),
        cmocka_unit_test(long_lines_are_cut),
    };
    return cmocka_run_group_tests(tests, catch_stderr, release_stderr);
}
