/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "link/link_text.h"

static void every_text_in_every_language(void **state)
{
    (void)state;
    for (int t = 0; t < LINK_TEXTS; t++)
        for (int l = 0; l < LINK_LANGUAGES; l++) {
            const char *text = link_text((enum link_text)t, (enum link_language)l);

            assert_non_null(text);
            assert_true(*text && !strpbrk(text, "<>&\""));
        }
}

static void languages_of_a_header_field(void **state)
{
    static const struct {
        const char *accept;
        enum link_language language;
    } cases[] = {
        {NULL, LINK_ENGLISH},
        {"", LINK_ENGLISH},
        {"sv", LINK_ENGLISH},
        {"*", LINK_ENGLISH},
        {"de", LINK_GERMAN},
        {"DE-at", LINK_GERMAN},
        {"fr-CA,fr;q=0.8,en;q=0.5", LINK_FRENCH},
        {"en;q=0.5, es;q=0.9", LINK_SPANISH},
        {"sv, de;q=0.4, en;q=0.3", LINK_GERMAN},
        {"de;q=0,en;q=0.1", LINK_ENGLISH},
        {"de;q=0", LINK_ENGLISH},
        {"fr;q=0.5,de;q=0.5", LINK_FRENCH},
        {"deu", LINK_ENGLISH},
        {"d", LINK_ENGLISH},
        {",,;q=1,es", LINK_SPANISH},
        {"de;q=x", LINK_ENGLISH},
        {"de;q=9, fr", LINK_GERMAN},
        {"en-US;q=0.9,de;q=0.95", LINK_GERMAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (link_text_language(cases[i].accept) != cases[i].language)
            fail_msg("%s: %d", cases[i].accept, (int)link_text_language(cases[i].accept));
    assert_string_equal(link_text_tag(LINK_SPANISH), "es");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_text_in_every_language),
                                       cmocka_unit_test(languages_of_a_header_field)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
