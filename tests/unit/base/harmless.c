/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/harmless.h"

static void expect(const char *text, const char *shown)
{
    char out[64];

    assert_int_equal(harmless_copy(out, sizeof out, text), strlen(shown));
    assert_string_equal(out, shown);
}

static void what_cannot_be_seen_is_shown(void **state)
{
    (void)state;
    expect("", "");
    expect("plain \\ text", "plain \\ text");
    expect("a\r\n\tb\x7f\x1b[1m", "a???b??[1m");
    expect("caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\xa9\xbb",
           "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\xa9\xbb");
    expect("exe.\xe2\x80\xaegpj", "exe.\\u202egpj");
    expect("\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f", "\\u2066x\\u2069\\u061c\\u200f");
    expect("a\xe2\x80\x8b\xef\xbb\xbf\xc2\xad\xc2\xa0z", "a\\u200b\\ufeff\\u00ad\\u00a0z");
    expect("a\xc2\x85\xe2\x80\xa8z\xf3\xa0\x80\x81", "a\\u0085\\u2028z\\ue0001");
    expect("\xff\xc3", "\\xff\\xc3");
    expect("\xc0\x8a\xed\xa0\x80\xf4\x90\x80\x80", "\\xc0\\x8a\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
}

/* Nothing is cut in its middle, and a second time changes nothing. */
static void it_fits(void **state)
{
    static const char text[] = "ab\xe2\x80\xae" "c\xc3\xa9";
    char out[32], again[32];

    (void)state;
    for (size_t room = 1; room < sizeof out; room++) {
        size_t n = harmless_copy(out, room, text);

        assert_true(n < room);
        assert_true(n == 0 || n == 1 || n == 2 || n == 8 || n == 9 || n == 11);
        assert_int_equal(harmless_copy(again, sizeof again, out), n);
        assert_string_equal(again, out);
    }
    assert_string_equal(out, "ab\\u202ec\xc3\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_seen_is_shown),
        cmocka_unit_test(it_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
