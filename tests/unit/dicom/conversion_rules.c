/* SPDX-License-Identifier: MIT */
#include "dicom/conversion_rules.h"

#include "tests/unit/table.h"
#include "tests/unit/unit.h"
#include "dicom/transfer_syntax.h"

/* "default", "*", a UID, or "lossy UID" where the setting allows lossy
 * conversion; UIDs may be shortened to ".4.70". */
static struct transfer_syntax_wish wish(const char *s)
{
    struct transfer_syntax_wish w = {.rule = WISH_NAMED};

    if (strcmp(s, "default") == 0 || strcmp(s, "*") == 0) {
        w.rule = *s == '*' ? WISH_ANY : WISH_DEFAULT;
        return w;
    }
    w.lossy_allowed = strncmp(s, "lossy ", 6) == 0;
    s += w.lossy_allowed ? 6 : 0;
    snprintf(w.uid, sizeof w.uid, "%s%s", *s == '.' ? TRANSFER_SYNTAX_IMPLICIT_LE : "", s);
    return w;
}

static struct instance stored(const char *syntax, const char *more, char uid[UID_MAX + 1])
{
    struct instance i = {.rows = 512,
                         .columns = 512,
                         .frames = 1,
                         .bits_allocated = 16,
                         .samples = 1,
                         .part10 = true};
    const char *size = strstr(more, "size=");

    snprintf(uid, UID_MAX + 1, "%s%s", *syntax == '.' ? TRANSFER_SYNTAX_IMPLICIT_LE : "", syntax);
    i.transfer_syntax = uid;
    i.part10 = !strstr(more, "no-header");
    i.lossy = strstr(more, "lossy") != NULL;
    if (strstr(more, "no-pixels"))
        i.rows = i.columns = i.frames = i.bits_allocated = i.samples = 0;
    if (size)
        assert_int_equal(sscanf(size, "size=%ux%ux%ux%ux%u", &i.frames, &i.rows, &i.columns,
                                &i.samples, &i.bits_allocated),
                         5);
    return i;
}

static void test_row(void **state)
{
    static const char *const words[] = {"stored", "converted", "impossible"};
    const struct table_row *row = *state;
    struct transfer_syntax_wish w = wish(row->cells[1]);
    char uid[UID_MAX + 1];
    struct instance i = stored(row->cells[2], row->cells[3] ? row->cells[3] : "", uid);
    const char *why = "not set";
    enum conversion_verdict got = conversion_rules_decide(&w, &i, &why);

    assert_string_equal(words[got], row->cells[4]);
    assert_true((got == CONVERSION_IMPOSSIBLE) == (why != NULL));
    if (row->cells[5] && !strstr(why, row->cells[5]))
        fail_msg("\"%s\" does not say \"%s\"", why, row->cells[5]);
}

static void test_target(void **state)
{
    struct transfer_syntax_wish w = wish("*");

    (void)state;
    assert_string_equal(conversion_rules_target(&w), TRANSFER_SYNTAX_EXPLICIT_LE);
    w = wish("default");
    assert_string_equal(conversion_rules_target(&w), TRANSFER_SYNTAX_EXPLICIT_LE);
    w = wish(".4.70");
    assert_string_equal(conversion_rules_target(&w), "1.2.840.10008.1.2.4.70");
}

/* What a conversion ends in: nothing is compressed of an instance without pixel
 * data. */
static void test_syntax(void **state)
{
    static const struct { const char *wish, *more, *want; } cases[] = {
        {".4.70", "", ".4.70"},
        {".4.70", "no-pixels", ".1"},
        {".4.70", "size=1x2x2x0x0", ".1"},
        {".1.99", "no-pixels", ".1.99"},
        {"default", "no-pixels", ".1"},
        {"1.2.3", "no-pixels", "1.2.3"},
    };
    char uid[UID_MAX + 1], want[UID_MAX + 1];

    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        struct transfer_syntax_wish w = wish(cases[n].wish);
        struct instance i = stored(TRANSFER_SYNTAX_IMPLICIT_LE, cases[n].more, uid);

        snprintf(want, sizeof want, "%s%s",
                 *cases[n].want == '.' ? TRANSFER_SYNTAX_IMPLICIT_LE : "", cases[n].want);
        assert_string_equal(conversion_rules_syntax(&w, &i), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_target),
                                       cmocka_unit_test(test_syntax)};

    return cmocka_run_group_tests(tests, NULL, NULL) +
           table_run("conversion_rules.tsv", 6, test_row);
}
