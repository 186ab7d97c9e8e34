/* SPDX-License-Identifier: MIT */
#include "http/accept_pixels.h"

#include <string.h>

#include "dicom/transfer_syntax.h"
#include "tests/unit/unit.h"

#define OCTETS "application/octet-stream"
#define JPEG "1.2.840.10008.1.2.4.50"
#define JPEG_2000 "1.2.840.10008.1.2.4.90"
#define MPEG4 "1.2.840.10008.1.2.4.102"
#define PARTS "multipart/related; type=\"" OCTETS "\""

/* The forms of a list: type, "+" for parts, transfer syntax; "406" if none is
 * left, "400" if the list is refused. */
static const char *forms(const char *header, const char *query)
{
    static char out[8192];
    struct accept_frames_list l;
    struct err e = ERR_INIT;
    size_t len = 0;

    out[0] = '\0';
    if (accept_frames_parse(header, query, &l, &e))
        return e.kind == ERR_NOT_ACCEPTABLE ? "406" : e.kind == ERR_REQUEST ? "400" : "?";
    for (size_t i = 0; i < l.count; i++)
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s%s%s%s%s", len ? " " : "",
                                l.items[i].type, l.items[i].multipart ? "+" : "",
                                l.items[i].any ? "*" : "", *l.items[i].syntax ? "=" : "",
                                l.items[i].syntax);
    return out;
}

static void test_types(void **state)
{
    static const char *const cases[][2] = {
        {NULL, OCTETS "+"},
        {"*/*", OCTETS "+"},
        {"multipart/related", OCTETS "+"},
        {"multipart/*", OCTETS "+"},
        {"multipart/mixed", "406"},
        {PARTS, OCTETS "+"},
        {"multipart/related; type=\"*/*\"", OCTETS "+"},
        {"multipart/related; type=\"image/jpeg\"", "image/jpeg+"},
        {"multipart/related; TYPE=\"IMAGE/JPEG\"", "image/jpeg+"},
        {"multipart/related; type=\"text/html\"", "406"},
        {"application/*", OCTETS},
        {"application/json", "406"},
        {"text/*", "406"},
        {"image/*", "image/"},
        {"video/*", "video/"},
        {"image/x-jls", "image/jls"},
        {"image/j2k", "image/jp2"},
        {"image/jph", "image/jphc"},
        {"image/x-dicom-rle", "image/dicom-rle"},
        {"video/mpeg2", "video/mpeg"},
        {"image/gif", "406"},
        {"text/html, image/jpeg", "image/jpeg"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(forms(cases[i][0], NULL), cases[i][1]);
    assert_string_equal(forms("image/jpeg", "image/jp2"), "image/jp2");
    assert_string_equal(forms(NULL, "image"), "400");
}

static void test_order(void **state)
{
    static const char one[] = "image/jls,";
    enum { ONE = sizeof one - 1, COUNT = ACCEPT_PIXELS_MAX + 1 };
    char many[ONE * COUNT + 1] = "";

    (void)state;
    assert_string_equal(forms("image/jp2;q=0.5, image/jpeg", NULL), "image/jpeg image/jp2");
    assert_string_equal(forms("image/jp2, image/jpeg", NULL), "image/jp2 image/jpeg");
    assert_string_equal(
        forms("image/jp2;q=0.1, image/jpeg;q=0.3, image/jls;q=0.2, image/jxl;q=0.3", NULL),
        "image/jpeg image/jxl image/jls image/jp2");
    assert_string_equal(
        forms("image/jp2;q=0.1, image/jpeg;q=0.2, image/jls;q=0.3, image/jxl;q=0.15", NULL),
        "image/jls image/jpeg image/jxl image/jp2");
    assert_string_equal(forms("image/jp2;q=0, image/jpeg", NULL), "image/jpeg");
    assert_string_equal(forms("image/jp2;q=0", NULL), "406");
    for (int i = 0; i < COUNT; i++)
        memcpy(many + i * ONE, one, ONE);
    assert_int_equal(strlen(forms(many, NULL)), ACCEPT_PIXELS_MAX * ONE - 1);
}

static void test_syntaxes(void **state)
{
    (void)state;
    assert_string_equal(forms(PARTS "; transfer-syntax=*", NULL), OCTETS "+*");
    assert_string_equal(forms(PARTS "; transfer-syntax=" JPEG, NULL), OCTETS "+=" JPEG);
    assert_string_equal(forms("image/jpeg; transfer-syntax=nonsense", NULL), "406");
    assert_string_equal(forms("image/jpeg; transfer-syntax=1.02", NULL), "406");
}

/* How `count` frames of a transfer syntax are sent: S as stored, N native, -
 * not. */
static char form(const char *header, const char *stored, size_t count)
{
    struct accept_frames_list l;
    struct err e = ERR_INIT;

    assert_ok(accept_frames_parse(header, NULL, &l, &e), &e);
    assert_int_equal(l.count, 1);
    return "-SN"[accept_frames_match(&l.items[0], stored, count)];
}

static void test_matches(void **state)
{
    static const struct {
        const char *header, *stored;
        size_t count;
        char form;
    } cases[] = {
        {PARTS, TRANSFER_SYNTAX_EXPLICIT_LE, 3, 'N'},
        {PARTS, JPEG, 3, 'N'},
        {PARTS, TRANSFER_SYNTAX_IMPLICIT_LE, 1, 'N'},
        {PARTS "; transfer-syntax=*", JPEG, 2, 'S'},
        {PARTS "; transfer-syntax=*", TRANSFER_SYNTAX_EXPLICIT_LE, 2, 'N'},
        {PARTS "; transfer-syntax=*", TRANSFER_SYNTAX_IMPLICIT_LE, 2, 'N'},
        {PARTS "; transfer-syntax=" TRANSFER_SYNTAX_EXPLICIT_LE, JPEG, 1, 'N'},
        {PARTS "; transfer-syntax=" JPEG, JPEG, 1, 'S'},
        {PARTS "; transfer-syntax=" JPEG, JPEG_2000, 1, '-'},
        {PARTS "; transfer-syntax=" JPEG, TRANSFER_SYNTAX_EXPLICIT_LE, 1, '-'},
        {OCTETS, JPEG, 1, 'N'},
        {OCTETS, JPEG, 2, '-'},
        {OCTETS, JPEG, 0, '-'},
        {"image/jpeg", JPEG, 1, 'S'},
        {"image/jpeg", JPEG, 2, '-'},
        {"image/jpeg", JPEG_2000, 1, '-'},
        {"image/jpeg", TRANSFER_SYNTAX_EXPLICIT_LE, 1, '-'},
        {"image/*", JPEG_2000, 1, 'S'},
        {"image/*", MPEG4, 1, '-'},
        {"video/*", MPEG4, 1, 'S'},
        {"video/*", JPEG, 1, '-'},
        {"image/jpeg; transfer-syntax=" JPEG, JPEG, 1, 'S'},
        {"image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.51", JPEG, 1, '-'},
        {"image/jpeg; transfer-syntax=*", JPEG, 1, 'S'},
        {"multipart/related; type=\"image/jp2\"", JPEG_2000, 5, 'S'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s of %s\n", cases[i].header, cases[i].stored);
        assert_int_equal(form(cases[i].header, cases[i].stored, cases[i].count), cases[i].form);
    }
}

static int rendered(const char *header, const char *query, enum accept_source source,
                    const char *video)
{
    enum accept_rendered out;
    struct err e = ERR_INIT;

    if (accept_rendered_choose(header, query, source, video, &out, &e) == 0)
        return (int)out;
    return e.kind == ERR_NOT_ACCEPTABLE ? -1 : -2;
}

static void test_rendered(void **state)
{
    (void)state;
    assert_int_equal(rendered(NULL, NULL, ACCEPT_SOURCE_IMAGE, NULL), ACCEPT_RENDERED_JPEG);
    assert_int_equal(rendered("image/png", NULL, ACCEPT_SOURCE_IMAGE, NULL), ACCEPT_RENDERED_PNG);
    assert_int_equal(rendered("image/png, image/jpeg;q=0.9", NULL, ACCEPT_SOURCE_IMAGE, NULL),
                     ACCEPT_RENDERED_PNG);
    assert_int_equal(rendered("image/gif", NULL, ACCEPT_SOURCE_IMAGE, NULL), -1);
    assert_int_equal(rendered("application/pdf", NULL, ACCEPT_SOURCE_IMAGE, NULL), -1);
    assert_int_equal(rendered("application/pdf", NULL, ACCEPT_SOURCE_PDF, NULL),
                     ACCEPT_RENDERED_PDF);
    assert_int_equal(rendered("*/*", NULL, ACCEPT_SOURCE_PDF, NULL), ACCEPT_RENDERED_PDF);
    assert_int_equal(rendered("image/jpeg", NULL, ACCEPT_SOURCE_PDF, NULL), -1);
    assert_int_equal(rendered("video/mp4", NULL, ACCEPT_SOURCE_VIDEO, "video/mp4"),
                     ACCEPT_RENDERED_VIDEO);
    assert_int_equal(rendered("video/mp4", NULL, ACCEPT_SOURCE_VIDEO, "video/mpeg"), -1);
    assert_int_equal(rendered("video/*", NULL, ACCEPT_SOURCE_VIDEO, "video/mpeg"),
                     ACCEPT_RENDERED_VIDEO);
    assert_int_equal(rendered("image/png", "image/jpeg", ACCEPT_SOURCE_IMAGE, NULL),
                     ACCEPT_RENDERED_JPEG);
    assert_int_equal(rendered(NULL, "image", ACCEPT_SOURCE_IMAGE, NULL), -2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types), cmocka_unit_test(test_order), cmocka_unit_test(test_syntaxes),
        cmocka_unit_test(test_matches), cmocka_unit_test(test_rendered)};

    return cmocka_run_group_tests_name("accept_pixels", tests, NULL, NULL);
}
