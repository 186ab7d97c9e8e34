/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/hex.h"

static void bytes_are_written(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *text;
    } cases[] = {
        {"", 0, ""}, {"\0", 1, "00"}, {"\x9f", 1, "9f"}, {"\x01\xab\xff\x10", 4, "01abff10"}};
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(out, 'x', sizeof out);
        assert_ptr_equal(hex_write(out, cases[i].bytes, cases[i].len), out + 2 * cases[i].len);
        assert_string_equal(out, cases[i].text);
    }
}

/* All 256 characters: 22 are digits. */
static void digits_have_values(void **state)
{
    static const char all[] = "0123456789abcdefABCDEF";

    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *at = c ? strchr(all, c) : NULL;
        int value = !at ? -1 : (int)(at - all) < 16 ? (int)(at - all) : (int)(at - all) - 6;

        assert_int_equal(hex_value((char)c), value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_are_written),
                                       cmocka_unit_test(digits_have_values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
