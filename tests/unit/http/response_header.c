/* SPDX-License-Identifier: MIT */
#include "http/response_header.h"

#include <json.h>

#include "tests/unit/http/response.h"
#include "dicom/transfer_syntax.h"
#include "tests/unit/table.h"

static enum err_kind kind_of(const char *name)
{
    for (int k = 0; k < ERR_KINDS; k++)
        if (strcmp(err_kind_name((enum err_kind)k), name) == 0)
            return (enum err_kind)k;
    fail_msg("no kind %s", name);
    return ERR_NONE;
}

static enum accept_text text_of(const char *name)
{
    return strcmp(name, "html") == 0   ? ACCEPT_HTML
           : strcmp(name, "text") == 0 ? ACCEPT_PLAIN
                                       : ACCEPT_JSON;
}

/* Check-list lines 9, 25 and 30: status, headers, body and its exact length;
 * the same headers for HEAD. */
static void test_row(void **state)
{
    const struct table_row *row = *state;
    struct err why = ERR_INIT, e = ERR_INIT;
    enum accept_text text = text_of(row->cells[2]);
    struct buf full, head;

    why.kind = kind_of(row->cells[1]);
    snprintf(why.text, sizeof why.text, "%s", row->cells[3] ? row->cells[3] : "");
    buf_init(&full, ANSWER_CAP);
    buf_init(&head, ANSWER_CAP);
    assert_int_equal(response_header_error(&why, text, false, row->cells[4], &full, &e), 0);
    assert_int_equal(response_header_error(&why, text, true, row->cells[4], &head, &e), 0);
    answer_check(&full);
    assert_int_equal(strtoul(answer_header(&full, "Content-Length"), NULL, 10),
                     strlen(answer_body(&full)));
    assert_true(head.len + strlen(answer_body(&full)) == full.len &&
                strncmp(head.data, full.data, head.len) == 0);
    assert_string_equal(answer_header(&full, "Cache-Control"), "no-store");
    assert_int_equal(strtol(answer_header(&full, "Status"), NULL, 10),
                     response_header_status(why.kind));
    answer_holds(&full, row->cells[5], true);
    answer_holds(&full, row->cells[6], false);
    if (text == ACCEPT_JSON) {
        json_object *o = json_tokener_parse(answer_body(&full));

        assert_int_equal(json_object_get_int(json_object_object_get(o, "status")),
                         response_header_status(why.kind));
        json_object_put(o);
    }
    buf_release(&full);
    buf_release(&head);
}

static const struct response_header archive = {
    .status = 200,
    .type = "application/zip",
    .length_known = true,
    .length = 5000000000,
    .size = 5000000000,
    .etag = "\"a-1\"",
    .modified = 784111777,
    .location = "/wado/studies/1.2",
    .filename = "1.2.zip",
    .ranges_offered = true,
};

static void make(const struct response_header *r, struct buf *out)
{
    struct err e = ERR_INIT;

    buf_init(out, ANSWER_CAP);
    assert_int_equal(response_header_head(r, out, &e), 0);
    answer_check(out);
    assert_string_equal(answer_body(out), "");
}

/* Check-list lines 25 and 26. */
static void test_whole(void **state)
{
    struct buf b;

    (void)state;
    make(&archive, &b);
    answer_expect(&b, "Status", "200 OK");
    answer_expect(&b, "Content-Type", "application/zip");
    answer_expect(&b, "Content-Length", "5000000000");
    answer_expect(&b, "Content-Location", "/wado/studies/1.2");
    answer_expect(&b, "Content-Disposition", "attachment; filename=\"1.2.zip\"");
    answer_expect(&b, "ETag", "\"a-1\"");
    answer_expect(&b, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    answer_expect(&b, "Accept-Ranges", "bytes");
    answer_expect(&b, "Vary", "Accept");
    answer_expect(&b, "Cache-Control", "private");
    answer_expect(&b, "X-Content-Type-Options", "nosniff");
    answer_expect(&b, "Content-Range", NULL);
    answer_expect(&b, "Content-Encoding", NULL);
    buf_release(&b);
}

/* Check-list line 27: without a length there are no ranges. */
static void test_streamed(void **state)
{
    struct response_header r = archive;
    struct buf b;

    (void)state;
    r.length_known = false;
    r.etag = NULL;
    r.modified = 0;
    r.ranges_offered = false;
    make(&r, &b);
    answer_expect(&b, "Content-Length", NULL);
    answer_expect(&b, "Accept-Ranges", "none");
    answer_expect(&b, "ETag", NULL);
    answer_expect(&b, "Last-Modified", NULL);
    buf_release(&b);
}

/* Check-list line 27. */
static void test_partial(void **state)
{
    struct range range = {4999999990, 4999999999};
    struct response_header r = archive;
    struct buf b;

    (void)state;
    r.status = 206;
    r.length = 10;
    r.range = &range;
    make(&r, &b);
    answer_expect(&b, "Status", "206 Partial Content");
    answer_expect(&b, "Content-Range", "bytes 4999999990-4999999999/5000000000");
    answer_expect(&b, "Content-Length", "10");
    buf_release(&b);
    r.range = NULL;
    r.type = "multipart/byteranges; boundary=x";
    make(&r, &b);
    answer_expect(&b, "Content-Range", NULL);
    answer_expect(&b, "Content-Type", "multipart/byteranges; boundary=x");
    buf_release(&b);
}

/* Check-list line 28, RFC 9110 15.4.5. */
static void test_not_modified(void **state)
{
    struct response_header r = archive;
    struct buf b;

    (void)state;
    r.status = 304;
    make(&r, &b);
    answer_expect(&b, "Status", "304 Not Modified");
    answer_expect(&b, "ETag", "\"a-1\"");
    answer_expect(&b, "Content-Location", "/wado/studies/1.2");
    answer_expect(&b, "Vary", "Accept");
    answer_expect(&b, "Cache-Control", "private");
    answer_expect(&b, "Content-Type", NULL);
    answer_expect(&b, "Content-Length", NULL);
    answer_expect(&b, "Last-Modified", NULL);
    answer_expect(&b, "Content-Disposition", NULL);
    buf_release(&b);
    r.etag = NULL;
    make(&r, &b);
    answer_expect(&b, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    buf_release(&b);
}

static void expect_refused(const struct response_header *r)
{
    struct err e = ERR_INIT;
    struct buf b;

    buf_init(&b, ANSWER_CAP);
    assert_int_equal(response_header_head(r, &b, &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

/* Nothing from outside can add a header. */
static void test_injection(void **state)
{
    struct response_header r = archive;

    (void)state;
    r.filename = "a\r\nSet-Cookie: x.zip";
    expect_refused(&r);
    r.filename = "a\".zip";
    expect_refused(&r);
    r.filename = "a\xc3\xa9.zip";
    expect_refused(&r);
    r = archive;
    r.location = "/a\nb";
    expect_refused(&r);
    r = archive;
    r.type = "application/zip\r\n";
    expect_refused(&r);
    r = archive;
    r.etag = "\"\x01\"";
    expect_refused(&r);
}

static void expect_filename(const char *wished, const char *stem, enum accept_media media,
                            const char *want)
{
    char got[RESPONSE_HEADER_FILENAME_MAX];

    response_header_filename(wished, stem, media, got);
    assert_string_equal(got, want);
}

static void test_filename(void **state)
{
    char longest[301], want[RESPONSE_HEADER_FILENAME_MAX];

    (void)state;
    expect_filename(NULL, "1.2.3", ACCEPT_ZIP, "1.2.3.zip");
    expect_filename(NULL, "1.2.3", ACCEPT_DICOM, "1.2.3.dcm");
    expect_filename(NULL, "1.2.3", ACCEPT_MULTIPART, "1.2.3.multipart");
    expect_filename(NULL, "1.2.3", ACCEPT_TABLE_CSV, "1.2.3.csv");
    expect_filename("knee", "1.2.3", ACCEPT_TABLE_JSON, "knee.json");
    expect_filename("knee", "1.2.3", ACCEPT_ZIP, "knee.zip");
    expect_filename("knee.ZIP", "1.2.3", ACCEPT_ZIP, "knee.ZIP");
    expect_filename("knee.exe", "1.2.3", ACCEPT_ZIP, "knee.exe.zip");
    expect_filename("a\"b\r\n", "1.2.3", ACCEPT_ZIP, "a_b__.zip");
    memset(longest, 'a', 300);
    longest[300] = '\0';
    snprintf(want, sizeof want, "%.123s.zip", longest);
    expect_filename(longest, "", ACCEPT_ZIP, want);
}

static void test_unsatisfiable(void **state)
{
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, ANSWER_CAP);
    assert_int_equal(response_header_unsatisfiable(UINT64_MAX, ACCEPT_PLAIN, false, "r1", &b, &e),
                     0);
    answer_check(&b);
    answer_expect(&b, "Status", "416 Range Not Satisfiable");
    answer_expect(&b, "Content-Range", "bytes */18446744073709551615");
    assert_non_null(strstr(answer_body(&b), "Request r1\n"));
    buf_release(&b);
}

/* Every transfer syntax that may be named stands in the body of a 406, and none
 * that is forbidden. */
static void test_syntaxes_listed(void **state)
{
    struct err why = {.kind = ERR_NOT_ACCEPTABLE}, e = ERR_INIT;
    static const char *const before[] = {"<code>", "  ", "\""}, *const behind[] = {"</code>", ": ",
                                                                                   "\""};
    size_t count;
    const struct transfer_syntax *all = transfer_syntax_all(&count);

    for (int text = ACCEPT_HTML; text <= ACCEPT_JSON; text++) {
        struct buf b;

        (void)state;
        buf_init(&b, ANSWER_CAP);
        assert_int_equal(response_header_error(&why, (enum accept_text)text, false, NULL, &b, &e),
                         0);
        for (size_t i = 0; i < count; i++) {
            char item[128];

            snprintf(item, sizeof item, "%s%s%s", before[text], all[i].uid, behind[text]);
            assert_true((strstr(b.data, item) == NULL) == all[i].forbidden);
        }
        buf_release(&b);
    }
}

/* RFC 9110 14.6 and RFC 2046 5.1.1. */
static void test_parts(void **state)
{
    struct range range = {0, 9};
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, ANSWER_CAP);
    assert_int_equal(response_header_part(&b, "BB", "application/zip", &range, 1000, &e), 0);
    assert_int_equal(response_header_last_part(&b, "BB", &e), 0);
    assert_string_equal(
        b.data, "\r\n--BB\r\nContent-Type: application/zip\r\nContent-Range: bytes 0-9/1000\r\n\r\n"
                "\r\n--BB--\r\n");
    buf_release(&b);
}

/* A buffer that is too small is an error and nothing else. */
static void test_cap(void **state)
{
    struct err why = {.kind = ERR_NOT_FOUND}, e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, 20);
    assert_int_equal(response_header_error(&why, ACCEPT_HTML, false, "r", &b, &e), -1);
    assert_int_equal(e.kind, ERR_MEMORY);
    err_clear(&e);
    buf_clear(&b);
    assert_int_equal(response_header_head(&archive, &b, &e), -1);
    assert_int_equal(e.kind, ERR_MEMORY);
    buf_release(&b);
}

static void test_statuses(void **state)
{
    (void)state;
    for (int k = 0; k < ERR_KINDS; k++)
        assert_true(response_header_status((enum err_kind)k) >= 400);
    assert_int_equal(response_header_status((enum err_kind)999), 500);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_streamed),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_not_modified),
        cmocka_unit_test(test_injection),
        cmocka_unit_test(test_filename),
        cmocka_unit_test(test_unsatisfiable),
        cmocka_unit_test(test_syntaxes_listed),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_statuses),
    };
    int failed = cmocka_run_group_tests_name("reply", tests, NULL, NULL);

    return failed + table_run("response_header.tsv", 8, test_row) ? 1 : 0;
}
