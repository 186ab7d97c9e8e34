/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/xml_text.h"

#define REPLACED "\xEF\xBF\xBD"

static void text_becomes_content(void **state)
{
    static const struct {
        const char *text, *xml;
    } cases[] = {
        {"", ""},
        {"a<b>&\"c\"'", "a&lt;b&gt;&amp;&quot;c&quot;'"},
        {"z\xC3\xBC\xF0\x9F\x98\x80", "z\xC3\xBC\xF0\x9F\x98\x80"},
        {"a\tb\x01\x7F", "a" REPLACED "b" REPLACED REPLACED},
        {"\xC2\x80.", REPLACED REPLACED "."},
        {"\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBC", REPLACED REPLACED "\xEF\xBF\xBC"},
        {"\xED\xA0\x80", REPLACED REPLACED REPLACED},
        {"cut \xE6\x97", "cut " REPLACED REPLACED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;

        buf_init(&b, 256);
        buf_str(&b, "");
        xml_text(&b, cases[i].text, strlen(cases[i].text));
        assert_string_equal(b.data ? b.data : "", cases[i].xml);
        buf_release(&b);
    }
}

static void only_so_many_bytes(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 256);
    xml_text(&b, "ab<cd", 3);
    assert_string_equal(b.data, "ab&lt;");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_becomes_content),
                                       cmocka_unit_test(only_so_many_bytes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
