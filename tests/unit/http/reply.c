#include "http/reply.h"

#include <json.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dicom/transfer_syntax.h"
#include "table.h"

#define CAP ((size_t)1 << 20)

/* The value of a header of the block, or null. Not for threads. */
static const char *header(const struct buf *b, const char *name)
{
    static char value[512];
    const char *end = strstr(b->data, "\r\n\r\n");
    size_t len = strlen(name);

    for (const char *s = b->data; s && s < end; s = strstr(s, "\r\n"), s = s ? s + 2 : s) {
        if (strncmp(s, name, len) == 0 && strncmp(s + len, ": ", 2) == 0) {
            size_t n = strcspn(s + len + 2, "\r");

            assert_true(n < sizeof value);
            memcpy(value, s + len + 2, n);
            value[n] = '\0';
            return value;
        }
    }
    return NULL;
}

static const char *body(const struct buf *b)
{
    return strstr(b->data, "\r\n\r\n") + 4;
}

/* Each line of the block ends with CRLF, holds printable ASCII and begins with a field name. */
static void check_block(const struct buf *b)
{
    const char *end = strstr(b->data, "\r\n\r\n");

    assert_non_null(end);
    for (const char *s = b->data; s < end + 2; s = strstr(s, "\r\n") + 2) {
        size_t n = strcspn(s, "\r\n"), name = strcspn(s, ":");

        assert_true(name > 0 && name < n && s[name + 1] == ' ');
        assert_int_equal(s[n], '\r');
        assert_int_equal(s[n + 1], '\n');
        for (size_t i = 0; i < n; i++)
            assert_true(s[i] >= 0x20 && s[i] < 0x7f);
    }
}

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
    return strcmp(name, "html") == 0 ? ACCEPT_HTML : strcmp(name, "text") == 0 ? ACCEPT_PLAIN : ACCEPT_JSON;
}

/* Every piece of a list parted by " | " is there, or not there. */
static void check_pieces(const struct buf *b, const char *pieces, bool there)
{
    while (pieces) {
        const char *end = strstr(pieces, " | ");
        size_t len = end ? (size_t)(end - pieces) : strlen(pieces);
        char piece[512];

        assert_true(len > 0 && len < sizeof piece);
        memcpy(piece, pieces, len);
        piece[len] = '\0';
        if ((strstr(b->data, piece) != NULL) != there)
            fail_msg("%s: %s\n%s", there ? "missing" : "unwanted", piece, b->data);
        pieces = end ? end + 3 : NULL;
    }
}

/* Check-list lines 9, 25 and 30: status, headers, body and its exact length; the same headers for HEAD. */
static void test_row(void **state)
{
    const struct table_row *row = *state;
    struct err why = ERR_INIT, e = ERR_INIT;
    enum accept_text text = text_of(row->cells[2]);
    struct buf full, head;

    why.kind = kind_of(row->cells[1]);
    snprintf(why.text, sizeof why.text, "%s", row->cells[3] ? row->cells[3] : "");
    buf_init(&full, CAP);
    buf_init(&head, CAP);
    assert_int_equal(reply_error(&why, text, false, row->cells[4], &full, &e), 0);
    assert_int_equal(reply_error(&why, text, true, row->cells[4], &head, &e), 0);
    check_block(&full);
    assert_int_equal(strtoul(header(&full, "Content-Length"), NULL, 10), strlen(body(&full)));
    assert_true(head.len + strlen(body(&full)) == full.len && strncmp(head.data, full.data, head.len) == 0);
    assert_string_equal(header(&full, "Cache-Control"), "no-store");
    assert_int_equal(strtol(header(&full, "Status"), NULL, 10), reply_status(why.kind));
    check_pieces(&full, row->cells[5], true);
    check_pieces(&full, row->cells[6], false);
    if (text == ACCEPT_JSON) {
        json_object *o = json_tokener_parse(body(&full));

        assert_int_equal(json_object_get_int(json_object_object_get(o, "status")), reply_status(why.kind));
        json_object_put(o);
    }
    buf_release(&full);
    buf_release(&head);
}

static const struct reply archive = {
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

static void make(const struct reply *r, struct buf *out)
{
    struct err e = ERR_INIT;

    buf_init(out, CAP);
    assert_int_equal(reply_head(r, out, &e), 0);
    check_block(out);
    assert_string_equal(body(out), "");
}

static void expect(const struct buf *b, const char *name, const char *want)
{
    const char *got = header(b, name);

    if (want)
        assert_string_equal(got ? got : "(absent)", want);
    else
        assert_null(got);
}

/* Check-list lines 25 and 26. */
static void test_whole(void **state)
{
    struct buf b;

    (void)state;
    make(&archive, &b);
    expect(&b, "Status", "200 OK");
    expect(&b, "Content-Type", "application/zip");
    expect(&b, "Content-Length", "5000000000");
    expect(&b, "Content-Location", "/wado/studies/1.2");
    expect(&b, "Content-Disposition", "attachment; filename=\"1.2.zip\"");
    expect(&b, "ETag", "\"a-1\"");
    expect(&b, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    expect(&b, "Accept-Ranges", "bytes");
    expect(&b, "Vary", "Accept");
    expect(&b, "Cache-Control", "private");
    expect(&b, "X-Content-Type-Options", "nosniff");
    expect(&b, "Content-Range", NULL);
    expect(&b, "Content-Encoding", NULL);
    buf_release(&b);
}

/* Check-list line 27: without a length there are no ranges. */
static void test_streamed(void **state)
{
    struct reply r = archive;
    struct buf b;

    (void)state;
    r.length_known = false;
    r.etag = NULL;
    r.modified = 0;
    r.ranges_offered = false;
    make(&r, &b);
    expect(&b, "Content-Length", NULL);
    expect(&b, "Accept-Ranges", "none");
    expect(&b, "ETag", NULL);
    expect(&b, "Last-Modified", NULL);
    buf_release(&b);
}

/* Check-list line 27. */
static void test_partial(void **state)
{
    struct range range = {4999999990, 4999999999};
    struct reply r = archive;
    struct buf b;

    (void)state;
    r.status = 206;
    r.length = 10;
    r.range = &range;
    make(&r, &b);
    expect(&b, "Status", "206 Partial Content");
    expect(&b, "Content-Range", "bytes 4999999990-4999999999/5000000000");
    expect(&b, "Content-Length", "10");
    buf_release(&b);
    r.range = NULL;
    r.type = "multipart/byteranges; boundary=x";
    make(&r, &b);
    expect(&b, "Content-Range", NULL);
    expect(&b, "Content-Type", "multipart/byteranges; boundary=x");
    buf_release(&b);
}

/* Check-list line 28, RFC 9110 15.4.5. */
static void test_not_modified(void **state)
{
    struct reply r = archive;
    struct buf b;

    (void)state;
    r.status = 304;
    make(&r, &b);
    expect(&b, "Status", "304 Not Modified");
    expect(&b, "ETag", "\"a-1\"");
    expect(&b, "Content-Location", "/wado/studies/1.2");
    expect(&b, "Vary", "Accept");
    expect(&b, "Cache-Control", "private");
    expect(&b, "Content-Type", NULL);
    expect(&b, "Content-Length", NULL);
    expect(&b, "Last-Modified", NULL);
    expect(&b, "Content-Disposition", NULL);
    buf_release(&b);
    r.etag = NULL;
    make(&r, &b);
    expect(&b, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    buf_release(&b);
}

static void expect_refused(const struct reply *r)
{
    struct err e = ERR_INIT;
    struct buf b;

    buf_init(&b, CAP);
    assert_int_equal(reply_head(r, &b, &e), -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

/* Nothing from outside can add a header. */
static void test_injection(void **state)
{
    struct reply r = archive;

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

static void expect_filename(const char *wished, const char *stem, enum accept_media media, const char *want)
{
    char got[REPLY_FILENAME_MAX];

    reply_filename(wished, stem, media, got);
    assert_string_equal(got, want);
}

static void test_filename(void **state)
{
    char longest[301], want[REPLY_FILENAME_MAX];

    (void)state;
    expect_filename(NULL, "1.2.3", ACCEPT_ZIP, "1.2.3.zip");
    expect_filename(NULL, "1.2.3", ACCEPT_DICOM, "1.2.3.dcm");
    expect_filename(NULL, "1.2.3", ACCEPT_MULTIPART, "1.2.3.multipart");
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
    buf_init(&b, CAP);
    assert_int_equal(reply_unsatisfiable(UINT64_MAX, ACCEPT_PLAIN, false, "r1", &b, &e), 0);
    check_block(&b);
    expect(&b, "Status", "416 Range Not Satisfiable");
    expect(&b, "Content-Range", "bytes */18446744073709551615");
    assert_non_null(strstr(body(&b), "Request r1\n"));
    buf_release(&b);
}

/* Every transfer syntax that may be named stands in the body of a 406, and none that is forbidden. */
static void test_syntaxes_listed(void **state)
{
    struct err why = {.kind = ERR_NOT_ACCEPTABLE}, e = ERR_INIT;
    size_t count;
    const struct transfer_syntax *all = transfer_syntax_all(&count);

    for (int text = ACCEPT_HTML; text <= ACCEPT_JSON; text++) {
        struct buf b;

        (void)state;
        buf_init(&b, CAP);
        assert_int_equal(reply_error(&why, (enum accept_text)text, false, NULL, &b, &e), 0);
        for (size_t i = 0; i < count; i++) {
            char item[128];

            snprintf(item, sizeof item, text == ACCEPT_HTML ? "<code>%s</code>" : text == ACCEPT_PLAIN ? "  %s: " : "\"%s\"",
                     all[i].uid);
            assert_true((strstr(b.data, item) == NULL) == all[i].forbidden);
        }
        buf_release(&b);
    }
}

static void capabilities(const char *base, enum accept_capabilities form, const char *known, struct buf *out)
{
    struct request r = {.base = base, .capabilities = form, .if_none_match = known};
    struct err e = ERR_INIT;

    buf_init(out, CAP);
    assert_int_equal(reply_capabilities(&r, out, &e), 0);
    check_block(out);
}

/* Check-list line 33. */
static void test_capabilities_json(void **state)
{
    struct buf b;
    json_object *o, *resources;

    (void)state;
    capabilities("/wado", ACCEPT_CAPABILITIES_JSON, NULL, &b);
    expect(&b, "Status", "200 OK");
    expect(&b, "Content-Type", "application/json");
    expect(&b, "Allow", "GET, HEAD, OPTIONS");
    assert_int_equal(strtoul(header(&b, "Content-Length"), NULL, 10), strlen(body(&b)));
    o = json_tokener_parse(body(&b));
    assert_non_null(o);
    resources = json_object_object_get(json_object_object_get(o, "application"), "resources");
    assert_string_equal(json_object_get_string(json_object_object_get(resources, "base")), "/wado");
    json_object_put(o);
    check_pieces(&b, "\"application/zip\" | \"studies/{study}\" | \"series/{series}\" | \"instances/{instance}\"", true);
    check_pieces(&b, "null | anonymize", false);
    buf_release(&b);
}

/* Python's parser says whether a text is XML. */
static void check_xml(const char *text)
{
    static char script[] = "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])";
    char path[] = "/tmp/wadozip-wadl-XXXXXX", program[] = "python3", dash_c[] = "-c";
    char *argv[] = {program, dash_c, script, path, NULL};
    int fd = mkstemp(path), status = -1;
    pid_t pid;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(posix_spawnp(&pid, program, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    remove(path);
    assert_int_equal(status, 0);
}

/* Check-list line 33; a base that holds markup does no harm. */
static void test_capabilities_wadl(void **state)
{
    struct buf b;

    (void)state;
    capabilities("/a\"<&'>b", ACCEPT_WADL, NULL, &b);
    expect(&b, "Content-Type", "application/vnd.sun.wadl+xml");
    check_xml(body(&b));
    check_pieces(&b,
                 "base=\"/a&quot;&lt;&amp;&#39;&gt;b\" | mediaType=\"application/zip\" | id=\"RetrieveStudy\" | "
                 "id=\"RetrieveSeries\" | id=\"RetrieveInstance\" | name=\"HEAD\" | name=\"OPTIONS\" | "
                 "name=\"dicomdir\" style=\"query\" | value=\"1.2.840.10008.1.2.4.90\"",
                 true);
    check_pieces(&b, "value=\"1.2.840.10008.1.2\" | value=\"1.2.840.10008.1.2.2\" | anonymize", false);
    buf_release(&b);
}

static void test_capabilities_known(void **state)
{
    struct buf first, again;
    char etag[64];

    (void)state;
    capabilities("/wado", ACCEPT_WADL, NULL, &first);
    snprintf(etag, sizeof etag, "%s", header(&first, "ETag"));
    capabilities("/wado", ACCEPT_WADL, etag, &again);
    expect(&again, "Status", "304 Not Modified");
    expect(&again, "ETag", etag);
    expect(&again, "Content-Length", NULL);
    assert_string_equal(body(&again), "");
    buf_release(&again);
    capabilities("/wado", ACCEPT_CAPABILITIES_JSON, etag, &again);
    expect(&again, "Status", "200 OK");
    buf_release(&again);
    capabilities("/other", ACCEPT_WADL, etag, &again);
    expect(&again, "Status", "200 OK");
    buf_release(&again);
    buf_release(&first);
}

/* RFC 9110 14.6 and RFC 2046 5.1.1. */
static void test_parts(void **state)
{
    struct range range = {0, 9};
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, CAP);
    assert_int_equal(reply_part(&b, "BB", "application/zip", &range, 1000, &e), 0);
    assert_int_equal(reply_last_part(&b, "BB", &e), 0);
    assert_string_equal(b.data, "\r\n--BB\r\nContent-Type: application/zip\r\nContent-Range: bytes 0-9/1000\r\n\r\n"
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
    assert_int_equal(reply_error(&why, ACCEPT_HTML, false, "r", &b, &e), -1);
    assert_int_equal(e.kind, ERR_MEMORY);
    err_clear(&e);
    buf_clear(&b);
    assert_int_equal(reply_head(&archive, &b, &e), -1);
    assert_int_equal(e.kind, ERR_MEMORY);
    buf_release(&b);
}

static void test_statuses(void **state)
{
    (void)state;
    for (int k = 0; k < ERR_KINDS; k++)
        assert_true(reply_status((enum err_kind)k) >= 400);
    assert_int_equal(reply_status((enum err_kind)999), 500);
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
        cmocka_unit_test(test_capabilities_json),
        cmocka_unit_test(test_capabilities_wadl),
        cmocka_unit_test(test_capabilities_known),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_statuses),
    };
    int failed = cmocka_run_group_tests_name("reply", tests, NULL, NULL);

    return failed + table_run("reply.tsv", 8, test_row) ? 1 : 0;
}
