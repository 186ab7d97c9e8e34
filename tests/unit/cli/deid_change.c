/* SPDX-License-Identifier: MIT */
#include "cli/deid_change.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

/* A list that is written with ^ between fields and | after a line. */
static char *encoded(const char *text)
{
    char *copy = strdup(text);

    assert_non_null(copy);
    for (char *c = copy; *c; c++)
        *c = *c == '^' ? '\x1f' : *c == '|' ? '\x1e' : *c;
    return copy;
}

static struct deid_elements parsed(const char *text)
{
    struct deid_elements l;
    struct err e = ERR_INIT;

    assert_ok(deid_elements_parse(encoded(text), strlen(text), &l, &e), &e);
    return l;
}

struct seen {
    char text[1024];
    int left; /* calls before an error */
};

static int note(void *ctx, const struct deid_change *c, struct err *e)
{
    struct seen *s = ctx;
    size_t len = strlen(s->text);

    if (s->left-- == 0)
        return err_set(e, ERR_MEMORY, "full");
    snprintf(s->text + len, sizeof s->text - len, "%s %s %s %s [%s] [%s]%s;", c->path, c->vr,
             c->keyword, deid_change_word(c->act), c->before, c->after,
             c->free_text ? " text" : "");
    return 0;
}

static void assert_changes(const char *before, const char *after, bool moved, const char *want)
{
    struct deid_elements b = parsed(before), a = parsed(after);
    struct seen s = {.left = 1000};
    struct err e = ERR_INIT;

    assert_ok(deid_change_each(&b, &a, moved, note, &s, &e), &e);
    assert_string_equal(s.text, want);
    deid_elements_release(&b);
    deid_elements_release(&a);
}

static void each_act_has_its_word(void **state)
{
    (void)state;
    assert_changes("00080050^SH^A^1|", "", false, "00080050 SH A removed [1] [];");
    assert_changes("00080050^SH^A^1|", "00080050^SH^A^|", false, "00080050 SH A emptied [1] [];");
    assert_changes("00080050^SH^A^1|", "00080050^SH^A^2|", false,
                   "00080050 SH A replaced [1] [2];");
    assert_changes("00080050^SH^A^1|", "00080050^SH^A^1|", false,
                   "00080050 SH A kept [1] [1] text;");
    assert_changes("", "00080050^SH^A^1|", false, "00080050 SH A added [] [1];");
    assert_changes("00080018^UI^A^1.2|", "00080018^UI^A^2.25.1|", false,
                   "00080018 UI A UID mapped [1.2] [2.25.1];");
    assert_changes("7FE00010^OW^P^4 bytes|", "7FE00010^OW^P^5 bytes|", false,
                   "7FE00010 OW P cleaned [4 bytes] [5 bytes];");
    assert_string_equal(deid_change_word(DEID_ACT_REFUSED), "refused");
}

static void uids_of_file_meta_information_name_no_instance(void **state)
{
    (void)state;
    assert_changes("00020010^UI^T^1|00020003^UI^S^1|", "00020010^UI^T^2|00020003^UI^S^2|", false,
                   "00020003 UI S UID mapped [1] [2];00020010 UI T replaced [1] [2];");
}

static void dates_move_only_if_the_profile_moves_them(void **state)
{
    static const char before[] = "00080020^DA^D^20200101|0008002A^DT^T^20200101|00080030^TM^M^10|";
    static const char after[] = "00080020^DA^D^20190101|0008002A^DT^T^20190101|00080030^TM^M^11|";

    (void)state;
    assert_changes(before, after, true,
                   "00080020 DA D shifted [20200101] [20190101];"
                   "0008002A DT T shifted [20200101] [20190101];00080030 TM M replaced [10] [11];");
    assert_changes("00080020^DA^D^20200101|", "00080020^DA^D^20190101|", false,
                   "00080020 DA D replaced [20200101] [20190101];");
    assert_changes("00080020^DA^D^never|", "00080020^DA^D^19000101|", true,
                   "00080020 DA D replaced [never] [19000101];");
}

static void pixels_are_withheld_if_the_file_says_so(void **state)
{
    static const char note[] = "00082111^ST^D^Pixel data withheld, because it may show names|";
    char after[256];

    (void)state;
    snprintf(after, sizeof after, "%s7FE00010^OW^P^5 bytes|", note);
    assert_changes("7FE00010^OW^P^4 bytes|", after, false,
                   "00082111 ST D added [] [Pixel data withheld, because it may show names];"
                   "7FE00010 OW P withheld [4 bytes] [5 bytes];");
    assert_changes("7FE00010^OW^P^4 bytes|", "00082111^ST^D^other|7FE00010^OW^P^5 bytes|", false,
                   "00082111 ST D added [] [other];7FE00010 OW P cleaned [4 bytes] [5 bytes];");
}

static void only_text_that_stays_is_noted(void **state)
{
    (void)state;
    assert_changes(
        "00080070^LO^A^x|00080080^LO^B^|00180050^DS^C^1|",
        "00080070^LO^A^x|00080080^LO^B^|00180050^DS^C^1|", false,
        "00080070 LO A kept [x] [x] text;00080080 LO B kept [] [];00180050 DS C kept [1] [1];");
    assert_changes("00080070^LO^A^x|", "00080070^LO^A^y|", false,
                   "00080070 LO A replaced [x] [y];");
}

/* Elements of files in a wrong order, and with the same tag twice. */
static void lists_are_compared_in_order_of_paths(void **state)
{
    (void)state;
    assert_changes("00100010^PN^N^b|00080050^SH^A^1|", "00080050^SH^A^1|00100010^PN^N^b|", false,
                   "00080050 SH A kept [1] [1] text;00100010 PN N kept [b] [b];");
    assert_changes("00080050^SH^A^1|00080050^SH^A^2|", "00080050^SH^A^1|", false,
                   "00080050 SH A kept [1] [1] text;00080050 SH A removed [2] [];");
    assert_changes(
        "00081140^SQ^S^1 item|00081140/000001/00081155^UI^U^1.2|", "00081140^SQ^S^|", false,
        "00081140 SQ S emptied [1 item] [];00081140/000001/00081155 UI U removed [1.2] [];");
}

static void an_error_of_the_callback_ends_it(void **state)
{
    struct deid_elements b = parsed("00080050^SH^A^1|00080060^CS^B^2|"), a = parsed("");
    struct seen s = {.left = 1};
    struct err e = ERR_INIT;

    (void)state;
    assert_err(deid_change_each(&b, &a, false, note, &s, &e), ERR_MEMORY, &e);
    deid_elements_release(&b);
    deid_elements_release(&a);
}

static void malformed_lists_are_refused(void **state)
{
    static const char *const bad[] = {"x",         "a^b^c|",       "a^b^c^d",
                                      "a^b^c^d^|", "a^b^c^d|rest", "a^b|c^d|"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct deid_elements l;
        struct err e = ERR_INIT;
        char *copy = encoded(bad[i]);

        assert_err(deid_elements_parse(copy, strlen(bad[i]), &l, &e), ERR_HELPER, &e);
        deid_elements_release(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_act_has_its_word),
        cmocka_unit_test(uids_of_file_meta_information_name_no_instance),
        cmocka_unit_test(dates_move_only_if_the_profile_moves_them),
        cmocka_unit_test(pixels_are_withheld_if_the_file_says_so),
        cmocka_unit_test(only_text_that_stays_is_noted),
        cmocka_unit_test(lists_are_compared_in_order_of_paths),
        cmocka_unit_test(an_error_of_the_callback_ends_it),
        cmocka_unit_test(malformed_lists_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
