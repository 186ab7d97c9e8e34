/* SPDX-License-Identifier: MIT */
#include "http/accept_ranges.h"

#include <string.h>

#include "tests/unit/unit.h"

/* The types of a list, separated by spaces; "refused" if it is. */
static const char *list(const char *header, const char *query)
{
    static char out[4096];
    struct accept_ranges l;
    struct media_type_range r;
    struct err e = ERR_INIT;
    size_t len = 0;
    int n = accept_ranges_begin(header, query, &l, &e);

    out[0] = '\0';
    while (n == 0 && (n = accept_ranges_next(&l, &r, &e)) > 0) {
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s/%s", len ? " " : "", r.type,
                                r.subtype);
        n = 0;
    }
    if (n < 0) {
        assert_int_equal(e.kind, ERR_REQUEST);
        return "refused";
    }
    return out;
}

static void test_source(void **state)
{
    (void)state;
    assert_string_equal(list(NULL, NULL), "*/*");
    assert_string_equal(list("a/b", NULL), "a/b");
    assert_string_equal(list("a/b, c/d;q=0.5", NULL), "a/b c/d");
    assert_string_equal(list(NULL, "c/d"), "c/d");
    assert_string_equal(list("a/b", "c/d"), "c/d");
    assert_string_equal(list("", NULL), "");
}

/* A header's malformed ranges are skipped, a parameter with one is not taken.
 */
static void test_malformed(void **state)
{
    (void)state;
    assert_string_equal(list("a, b/c, d/, e/f", NULL), "b/c e/f");
    assert_string_equal(list("a/b", "a, b/c"), "refused");
    assert_string_equal(list("b/c, a", "b/c, a"), "refused");
}

static void test_wildcards(void **state)
{
    (void)state;
    assert_string_equal(list("image/*", NULL), "image/*");
    assert_string_equal(list(NULL, "image/*"), "refused");
    assert_string_equal(list(NULL, "*/*"), "*/*");
}

static void test_bounds(void **state)
{
    char header[ACCEPT_HEADER_MAX + 2], many[ACCEPT_RANGES_MAX * 4 + 4] = "";

    (void)state;
    memset(header, ' ', sizeof header);
    memcpy(header, "a/b", 3);
    header[ACCEPT_HEADER_MAX] = '\0';
    assert_string_equal(list(header, NULL), "a/b");
    assert_string_equal(list("c/d", header), "a/b");
    header[ACCEPT_HEADER_MAX] = ' ';
    header[ACCEPT_HEADER_MAX + 1] = '\0';
    assert_string_equal(list(header, NULL), "refused");
    assert_string_equal(list(NULL, header), "refused");
    assert_string_equal(list(header, "a/b"), "refused");
    for (int i = 0; i <= ACCEPT_RANGES_MAX; i++)
        memcpy(many + 4 * i, i < ACCEPT_RANGES_MAX ? "a/b," : "a/b", 4);
    assert_string_equal(list(many, NULL), "refused");
    many[4 * ACCEPT_RANGES_MAX - 1] = '\0';
    assert_int_equal(strlen(list(many, NULL)), 4 * ACCEPT_RANGES_MAX - 1);
}

/* The index of the offer, -1 for none, -2 if the list is refused. */
static int choose(const char *header, const char *query)
{
    static const struct media_type_offer offers[] = {{"image", "jpeg"}, {"image", "png"}};
    struct err e = ERR_INIT;
    int chosen = -3;

    return accept_ranges_choose(header, query, offers, 2, &chosen, &e) ? -2 : chosen;
}

static void test_choice(void **state)
{
    (void)state;
    assert_int_equal(choose(NULL, NULL), 0);
    assert_int_equal(choose("image/png", NULL), 1);
    assert_int_equal(choose("image/jpeg;q=0.5, image/png", NULL), 1);
    assert_int_equal(choose("image/png", "image/jpeg"), 0);
    assert_int_equal(choose("image/gif", NULL), -1);
    assert_int_equal(choose("image/jpeg;q=0, image/*", NULL), 1);
    assert_int_equal(choose(NULL, "image/*"), -2);
    assert_int_equal(choose(NULL, "image"), -2);
}

static void test_bad_query(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    assert_err(accept_ranges_bad_query(&e), ERR_REQUEST, &e);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source),    cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_wildcards), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_choice),    cmocka_unit_test(test_bad_query)};

    return cmocka_run_group_tests_name("accept_ranges", tests, NULL, NULL);
}
