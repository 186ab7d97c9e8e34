/* SPDX-License-Identifier: MIT */
#include "http/collection_list.h"

#include "tests/unit/table.h"

#define SHOWN_MAX 16384

/* What a list says, as the table has it. */
static void show(const char *text, enum collection_list_kind kind, char out[SHOWN_MAX])
{
    struct collection_list l;
    struct err e = ERR_INIT;

    collection_list_init(&l);
    if (collection_list_parse(text, strlen(text), kind, &l, &e))
        snprintf(out, SHOWN_MAX, "!%d %s", e.kind == ERR_UNPROCESSABLE ? 422 : 0, e.text);
    else
        snprintf(out, SHOWN_MAX, "%s%s%s%s%s%s%s%s%s", l.uids.len ? l.uids.data : "",
                 l.modalities.len ? " modalities=" : "", l.modalities.len ? l.modalities.data : "",
                 *l.name ? " name=" : "", l.name, *l.search ? " search=" : "", l.search,
                 *l.profile ? " profile=" : "", l.profile);
    collection_list_release(&l);
}

static void test_row(void **state)
{
    const struct table_row *row = *state;
    const char *expected = row->cells[3];
    char shown[SHOWN_MAX];

    show(row->cells[2],
         strcmp(row->cells[1], "json") == 0 ? COLLECTION_LIST_JSON : COLLECTION_LIST_TEXT, shown);
    if (*expected != '!')
        assert_string_equal(shown + (*shown == ' '), expected);
    else if (strncmp(shown, "!422 ", 5) != 0 || !strstr(shown, expected + 1))
        fail_msg("\"%s\" does not have \"%s\"", shown, expected + 1);
}

static void test_bytes(void **state)
{
    static const char text[] = "1.2.3.4\0001.2.3.5\n1.2.3.6";
    struct collection_list l;
    struct err e = ERR_INIT;

    (void)state;
    collection_list_init(&l);
    assert_int_equal(collection_list_parse(text, sizeof text - 1, COLLECTION_LIST_TEXT, &l, &e), 0);
    assert_string_equal(l.uids.data, "1.2.3.6");
    collection_list_release(&l);
}

/* One UID more than there may be is refused, not left out. */
static void test_limit(void **state)
{
    static const char uid[] = "0.0.0.1\n";
    size_t len = sizeof uid - 1, count = COLLECTION_LIST_UIDS;
    char *text = malloc(len * (count + 1));
    struct collection_list l;
    struct err e = ERR_INIT;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i <= count; i++)
        memcpy(text + i * len, uid, len);
    collection_list_init(&l);
    assert_int_equal(collection_list_parse(text, len * count, COLLECTION_LIST_TEXT, &l, &e), 0);
    assert_int_equal(l.count, count);
    collection_list_release(&l);
    collection_list_init(&l);
    assert_int_equal(collection_list_parse(text, len * (count + 1), COLLECTION_LIST_TEXT, &l, &e),
                     -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    collection_list_release(&l);
    free(text);
}

static void test_kind(void **state)
{
    static const char *const good[] = {"text/csv", "TEXT/plain; charset=utf-8",
                                       "application/x-nbia-manifest-file",
                                       "application/json;charset=utf-8"};
    static const char *const bad[] = {
        NULL, "", "text", "text/csvx", "application/x-www-form-urlencoded", "multipart/form-data"};
    enum collection_list_kind kind;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct err e = ERR_INIT;

        assert_int_equal(collection_list_kind(good[i], &kind, &e), 0);
        assert_int_equal(kind, i == 3 ? COLLECTION_LIST_JSON : COLLECTION_LIST_TEXT);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = ERR_INIT;

        assert_int_equal(collection_list_kind(bad[i], &kind, &e), -1);
        assert_int_equal(e.kind, ERR_MEDIA_TYPE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes), cmocka_unit_test(test_limit),
                                       cmocka_unit_test(test_kind)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    return failed + table_run("collection_list.tsv", 4, test_row) ? 1 : 0;
}
