/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/json_text.h"

static void text_becomes_a_string(void **state)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"plain text", "\"plain text\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"z\xC3\xBC\xF0\x9F\x98\x80", "\"z\xC3\xBC\xF0\x9F\x98\x80\""},
        {"a\tb\x01\x7F\n", "\"a?b???\""},
        {"\xC2\x80", "\"??\""},
        {"\xED\xA0\x80.", "\"???.\""},
        {"cut \xE6\x97", "\"cut ??\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;

        buf_init(&b, 256);
        json_text(&b, cases[i].text);
        assert_string_equal(b.data, cases[i].json);
        buf_clear(&b);
        json_text_member(&b, "key", cases[i].text);
        assert_memory_equal(b.data, ",\"key\":", 7);
        assert_string_equal(b.data + 7, cases[i].json);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_becomes_a_string)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
