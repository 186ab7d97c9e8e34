/* SPDX-License-Identifier: MIT */
#include "http/accept.h"

#include "http/query.h"
#include "tests/unit/http/media_words.h"
#include "tests/unit/table.h"

static const char *describe(const struct accept_list *list, char *out, size_t room)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct accept_item *item = &list->items[i];
        const char *form = item->wish.rule == WISH_NAMED ? item->wish.uid
                           : item->wish.rule == WISH_ANY ? "*"
                                                         : "default";

        n += (size_t)snprintf(out + n, room - n, "%s%s:%s", i ? " " : "", media_words[item->media], form);
    }
    return out;
}

static void test_row(void **state)
{
    const struct table_row *row = *state;
    enum accept_category category = row->cells[1][0] == 'i'   ? ACCEPT_SINGLE
                                    : row->cells[1][0] == 'b' ? ACCEPT_BULKDATA
                                    : row->cells[1][0] == 'm' ? ACCEPT_METADATA
                                                              : ACCEPT_CONTAINER;
    struct accept_list list;
    struct err e = ERR_INIT;
    char got[2048];

    if (accept_parse(row->cells[2], row->cells[3], category, &list, &e))
        snprintf(got, sizeof got, "%s",
                 e.kind == ERR_NOT_ACCEPTABLE ? "406"
                 : e.kind == ERR_REQUEST      ? "400"
                                              : "?");
    else
        describe(&list, got, sizeof got);
    if (strcmp(got, row->cells[4]) != 0)
        print_error("%s: %s\n", row->name, e.text);
    assert_string_equal(got, row->cells[4]);
    assert_true((e.kind == ERR_NONE) == (list.count > 0));
}

static void expect_text(const char *header, enum accept_text want)
{
    assert_int_equal(accept_text(header), want);
}

/* Check-list line 9: error bodies honour Accept, text/html where nothing fits.
 */
static void test_text(void **state)
{
    (void)state;
    expect_text(NULL, ACCEPT_HTML);
    expect_text("", ACCEPT_HTML);
    expect_text("*/*", ACCEPT_HTML);
    expect_text("application/zip", ACCEPT_HTML);
    expect_text("text/plain", ACCEPT_PLAIN);
    expect_text("TEXT/Plain;charset=utf-8", ACCEPT_PLAIN);
    expect_text("text/*", ACCEPT_HTML);
    expect_text("application/json", ACCEPT_JSON);
    expect_text("application/dicom+json", ACCEPT_JSON);
    expect_text("application/json, text/plain, */*", ACCEPT_JSON);
    expect_text("text/plain, application/json", ACCEPT_PLAIN);
    expect_text("text/plain;q=0.3, application/json;q=0.4", ACCEPT_JSON);
    expect_text("text/html;q=0, text/plain;q=0.1", ACCEPT_PLAIN);
    expect_text("text/html;q=0, */*;q=0.1", ACCEPT_PLAIN);
    expect_text("application/zip, application/json;q=0.1", ACCEPT_JSON);
    expect_text(
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        ACCEPT_HTML);
}

static void expect_capabilities(const char *header, const char *query, int want)
{
    enum accept_capabilities got = ACCEPT_WADL;
    struct err e = ERR_INIT;
    int rc = accept_capabilities(header, query, &got, &e);

    if (want >= 400) {
        assert_int_equal(rc, -1);
        assert_int_equal(e.kind, want == 400 ? ERR_REQUEST : ERR_NOT_ACCEPTABLE);
        return;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(got, want);
}

/* Check-list line 33. */
static void test_capabilities(void **state)
{
    (void)state;
    expect_capabilities(NULL, NULL, ACCEPT_WADL);
    expect_capabilities("*/*", NULL, ACCEPT_WADL);
    expect_capabilities("application/*", NULL, ACCEPT_WADL);
    expect_capabilities("application/json", NULL, ACCEPT_CAPABILITIES_JSON);
    expect_capabilities("application/vnd.sun.wadl+xml", NULL, ACCEPT_WADL);
    expect_capabilities("application/vnd.sun.wadl+xml;q=0.5, application/json;q=0.6", NULL,
                        ACCEPT_CAPABILITIES_JSON);
    expect_capabilities("application/vnd.sun.wadl+xml;q=0, */*", NULL, ACCEPT_CAPABILITIES_JSON);
    expect_capabilities("*/*", "application/json", ACCEPT_CAPABILITIES_JSON);
    expect_capabilities("text/html", NULL, 406);
    expect_capabilities("", NULL, 406);
    expect_capabilities("*/*", "text/html", 406);
    expect_capabilities("application/json", "*/*", ACCEPT_WADL);
    expect_capabilities("*/*", "*", ACCEPT_WADL);
    expect_capabilities("*/*", "application/*", 400);
    expect_capabilities("*/*", "application", 400);
}

/* Every query parameter but accept and charset is refused as a parameter of a
 * media type. */
static void test_misplaced(void **state)
{
    const struct query_parameter *q;

    (void)state;
    for (size_t i = 0; (q = query_parameter(i)) != NULL; i++) {
        bool known = strcmp(q->name, "accept") == 0 || strcmp(q->name, "charset") == 0;
        struct accept_list list;
        struct err e = ERR_INIT;
        char header[128];

        snprintf(header, sizeof header, "application/zip;%s=x", q->name);
        assert_int_equal(accept_parse(header, NULL, ACCEPT_CONTAINER, &list, &e), known ? 0 : -1);
        assert_true(known || strstr(e.text, "query parameters"));
    }
}

/* Check-list line 10: work stays bounded; a longest header of worst kind is
 * read thousands of times in a moment. */
static void test_hostile(void **state)
{
    static const char *const units[] = {
        ",", ";", "\"", "a/b,", "a/b;q=\"\\", "*/*;x=\"\\\"\"", "application/zip;", "/"};
    char header[ACCEPT_HEADER_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t len = strlen(units[i]);

        for (size_t n = 0; n < ACCEPT_HEADER_MAX; n++)
            header[n] = units[i][n % len];
        header[ACCEPT_HEADER_MAX] = '\0';
        for (int times = 0; times < 200; times++) {
            struct accept_list list;
            struct err e = ERR_INIT;

            assert_int_equal(accept_parse(header, NULL, ACCEPT_CONTAINER, &list, &e), -1);
            assert_true(e.kind == ERR_REQUEST || e.kind == ERR_NOT_ACCEPTABLE);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_misplaced),
        cmocka_unit_test(test_hostile),
    };
    int failed = cmocka_run_group_tests_name("accept", tests, NULL, NULL);

    return failed + table_run("accept.tsv", 6, test_row) ? 1 : 0;
}
