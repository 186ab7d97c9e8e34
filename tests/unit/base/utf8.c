/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include "tests/unit/unit.h"

static void expect(const char *s, size_t n, size_t want)
{
    size_t got = utf8_character(s, n);

    if (got != want)
        fail_msg("%02x %02x...: %zu, not %zu", (unsigned char)s[0], n > 1 ? (unsigned char)s[1] : 0,
                 got, want);
}

static void test_characters(void **state)
{
    (void)state;
    expect("a", 1, 1);
    expect(" ", 1, 1);
    expect("~", 1, 1);
    expect("\xc2\xa0", 2, 2);
    expect("\xc3\xbc", 2, 2);
    expect("\xe0\xa0\x80", 3, 3);
    expect("\xed\x9f\xbf", 3, 3);
    expect("\xee\x80\x80", 3, 3);
    expect("\xf0\x90\x80\x80", 4, 4);
    expect("\xf4\x8f\xbf\xbf", 4, 4);
}

static void test_refused(void **state)
{
    (void)state;
    expect("\0", 1, 0);
    expect("\n", 1, 0);
    expect("\x1b", 1, 0);
    expect("\x7f", 1, 0);
    expect("\x80", 1, 0);
    expect("\xc2\x85", 2, 0);         /* C1 control */
    expect("\xc0\xaf", 2, 0);         /* over-long */
    expect("\xc1\xbf", 2, 0);
    expect("\xe0\x9f\xbf", 3, 0);
    expect("\xf0\x8f\xbf\xbf", 4, 0);
    expect("\xed\xa0\x80", 3, 0);     /* surrogate */
    expect("\xf4\x90\x80\x80", 4, 0); /* past U+10FFFF */
    expect("\xff", 1, 0);
    expect("\xc3", 1, 0);             /* cut */
    expect("\xe6\x82", 2, 0);
    expect("\xc3(", 2, 0);
}

static void test_decoding(void **state)
{
    static const struct {
        const char *text;
        uint32_t code;
    } cases[] = {{"a", 0x61}, {"\n", 0x0a}, {"\x7f", 0x7f}, {"\xc2\x80", 0x80}, {"\xdf\xbf", 0x7ff},
                 {"\xe0\xa0\x80", 0x800}, {"\xef\xbf\xbf", 0xffff}, {"\xf0\x90\x80\x80", 0x10000},
                 {"\xf4\x8f\xbf\xbf", 0x10ffff}};
    uint32_t code = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = strlen(cases[i].text);

        assert_int_equal(utf8_decode(cases[i].text, len, &code), len);
        assert_int_equal(code, cases[i].code);
        assert_int_equal(len == 1 ? 0 : utf8_decode(cases[i].text, len - 1, &code), 0);
    }
}

static void test_text(void **state)
{
    (void)state;
    assert_true(utf8_is_text("", 1));
    assert_true(utf8_is_text("M\xc3\xbcller", 8));
    assert_false(utf8_is_text("abc", 3)); /* not terminated */
    assert_false(utf8_is_text("a\nb", 4));
    assert_false(utf8_is_text("M\xfcller", 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_decoding), cmocka_unit_test(test_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
