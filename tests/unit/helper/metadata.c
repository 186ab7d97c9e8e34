/* SPDX-License-Identifier: MIT */
/* What metadata tells of elements, as JSON and as XML. */
#include "tests/unit/helper/metadata.h"

#include "base/crc.h"

/* The text, the caller's. */
static char *metadata_text(struct helper_pool *p, enum helper_job_kind kind, int fd)
{
    struct helper_result r = ask(p, kind, fd);
    char *text;

    if (r.class != HELPER_INSTANCE)
        fail_msg("%d: %s", (int)r.class, r.reason);
    text = calloc(1, r.size + 1);
    assert_non_null(text);
    assert_int_equal(io_pread(r.fd, text, r.size, 0), (ssize_t)r.size);
    assert_int_equal(r.crc, crc_update(0, text, r.size));
    close(r.fd);
    return text;
}

static void expect(struct helper_pool *p, enum helper_job_kind kind, int fd, const char *want)
{
    char *text = metadata_text(p, kind, fd);

    if (!strstr(text, want))
        fail_msg("no %s in %s", want, text);
    free(text);
}

#define V(vr, values) "{\"vr\":\"" vr "\",\"Value\":[" values "]}"

static const struct {
    const char *syntax;
    struct data data;
    const char *json, *xml; /* null: nothing of its own */
} cases[] = {
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\x10\0PN\x12\0A^B=C^D=E\\^^^^\\=F "),
     "\"00100010\":" V(
         "PN",
         "{\"Alphabetic\":\"A^B\",\"Ideographic\":\"C^D\",\"Phonetic\":\"E\"},{\"Alphabetic\":\"^^^^\"},"
         "{\"Ideographic\":\"F\"}"),
     "<PersonName number=\"1\"><Alphabetic><FamilyName>A</FamilyName><GivenName>B</GivenName></Alphabetic><Ideographic>"
     "<FamilyName>C</FamilyName><GivenName>D</GivenName></Ideographic><Phonetic><FamilyName>E</FamilyName></Phonetic>"
     "</PersonName><PersonName number=\"2\">"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\x10\0PN\0\0"), "\"00100010\":{\"vr\":\"PN\"}",
     "<DicomAttribute keyword=\"PatientName\" tag=\"00100010\" vr=\"PN\"/>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\x20\0LO\x06\0a\\\\b  "),
     "\"00100020\":" V("LO", "\"a\",null,\"b\""),
     "<Value number=\"1\">a</Value><Value number=\"2\"></Value><Value number=\"3\">b</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\x20\0LO\x08\0<&\"\1\x80>  "),
     "\"00100020\":" V("LO", "\"<&\\\"?\?>\""),
     "<Value number=\"1\">&lt;&amp;&quot;?\?&gt;</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\0\x40LT\x08\0a\\b\r\n\t\fc"),
     "\"00104000\":" V("LT", "\"a\\\\b\\r\\n\\t\\fc\""), "a\\b&#13;\n\t c</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA("\x10\0\x20\x10"
          "DS\x2a\0+01.50\\-.5\\7.\\1E5\\x\\\\1e999\\ 2 \\12345678901"),
     "\"00101020\":" V("DS", "1.50,-0.5,7,1e+5,\"x\",null,\"1e999\",2,12345678901"),
     "<Value number=\"1\">+01.50</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x18\0\x50\x11IS\x1a\0-007\\+3\\99999999999999999 "),
     "\"00181150\":" V("IS", "-7,3,\"99999999999999999\""),
     "<Value number=\"3\">99999999999999999</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA("\x18\0\x02\x60"
          "FL\x10\0\0\0\xc0\x3f\0\0\xc0\x7f\0\0\x80\xff\xcd\xcc\xcc\x3d"),
     "\"00186002\":" V("FL", "1.5,\"NaN\",\"-Infinity\",0.10000000149011612"),
     "<Value number=\"1\">1.5</Value><Value number=\"2\">NaN</Value><Value number=\"3\">-Infinity</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA("\x18\0\x08\x40"
          "US\6\0\0\0\1\0\xff\xff"),
     "\"00184008\":" V("US", "0,1,65535"), NULL},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x18\0\x08\x40SS\2\0\xfe\xff"),
     "\"00184008\":" V("SS", "-2"), NULL},
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA("\x18\0\x08\x40SV\0\0\x10\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x80"),
     "\"00184008\":" V("SV", "-1,\"-9223372036854775808\""),
     "<Value number=\"2\">-9223372036854775808</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA("\x18\0\x08\x40UV\0\0\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"),
     "\"00184008\":" V("UV", "\"18446744073709551615\""), NULL},
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA("\x18\0\x08\x40"
          "AT\x04\0\xe0\x7f\x0a\0"),
     "\"00184008\":" V("AT", "\"7FE0000A\""), NULL},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x18\0\x08\x40OB\0\0\4\0\0\0\0\1\2\xff"),
     "\"00184008\":{\"vr\":\"OB\",\"InlineBinary\":\"AAEC/w==\"}",
     "<InlineBinary>AAEC/w==</InlineBinary>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x18\0\x08\x40UN\0\0\0\0\0\0"),
     "\"00184008\":{\"vr\":\"UN\"}", NULL},
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA("\x09\0\x10\0LO\4\0acme\x09\0\x01\x10LO\2\0hi\x09\0\x02\x11LO\2\0ho"),
     "\"00090010\":" V("LO", "\"acme\"") ",\"00091001\":" V("LO", "\"hi\"") ",\"00091102\":" V(
         "LO", "\"ho\""),
     "<DicomAttribute tag=\"00090001\" vr=\"LO\" privateCreator=\"acme\"><Value number=\"1\">hi</Value></DicomAttribute>"
     "<DicomAttribute tag=\"00091102\" vr=\"LO\"><Value number=\"1\">ho</Value>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\0\0UL\4\0\xff\0\0\0\x10\0\x20\0LO\2\0id"),
     ",\"00100020\":" V("LO", "\"id\""), NULL},
    /* An item has a character set of its own, or that around it. */
    {TRANSFER_SYNTAX_EXPLICIT_LE,
     DATA(
         "\x10\0\x02\x10SQ\0\0\x3e\0\0\0\xfe\xff\0\xe0\x1c\0\0\0\x08\0\x05\0CS\x0a\0ISO_IR 100\x10\0\x20\0LO\2\0\xe9 "
         "\xfe\xff\0\xe0\x0a\0\0\0\x10\0\x20\0LO\2\0\xe9 \xfe\xff\0\xe0\0\0\0\0"),
     "\"00101002\":" V("SQ", "{\"00080005\":" V("CS", "\"ISO_IR 192\"") ",\"00100020\":" V(
                                 "LO", "\"\xc3\xa9\"") "},"
                                                       "{\"00100020\":" V("LO", "\"?\"") "},{}"),
     "<Item number=\"2\"><DicomAttribute keyword=\"PatientID\" tag=\"00100020\" vr=\"LO\"><Value number=\"1\">?</Value>"
     "</DicomAttribute></Item><Item number=\"3\"/></DicomAttribute>"},
    {TRANSFER_SYNTAX_EXPLICIT_LE, DATA("\x10\0\x02\x10SQ\0\0\0\0\0\0"),
     "\"00101002\":{\"vr\":\"SQ\"}", NULL},
    {TRANSFER_SYNTAX_IMPLICIT_LE, DATA("\x10\0\x20\0\2\0\0\0id\x11\0\x01\x10\2\0\0\0xy"),
     "\"00100020\":" V("LO", "\"id\"") ",\"00111001\":{\"vr\":\"UN\",\"InlineBinary\":\"eHk=\"}",
     NULL},
};

static void test_values(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(p, HELPER_METADATA_JSON, file_of(cases[i].syntax, cases[i].data, DATA("")),
               cases[i].json);
        if (cases[i].xml)
            expect(p, HELPER_METADATA_XML, file_of(cases[i].syntax, cases[i].data, DATA("")),
                   cases[i].xml);
    }
    helper_pool_close(p);
}

/* Every VR, under tags of Explicit VR that say nothing of them, against what
 * must not change. */
static void test_golden(void **state)
{
    static const struct {
        enum helper_job_kind kind;
        const char *path;
    } golden[] = {{HELPER_METADATA_JSON, "tests/golden/metadata.json"},
                  {HELPER_METADATA_XML, "tests/golden/metadata.xml"}};
    static const char every[] =
        "\x09\0\x10\0LO\4\0"
        "all \x09\0\1\x10"
        "AE\6\0 AET  \x09\0\2\x10"
        "AS\4\0"
        "042Y\x09\0\3\x10"
        "AT\x08\0\x10\0\x20\0"
        "\xe0\x7f\x10\0\x09\0\4\x10"
        "CS\4\0A\\\\B\x09\0\5\x10"
        "DA\x08\0"
        "20240229\x09\0\6\x10"
        "DS\6\0+1.50 \x09\0\7\x10"
        "DT\x12\0"
        "20240229123456.789\x09\0\x08\x10"
        "FD\x10\0\x9a\x99\x99\x99\x99\x99\xb9\x3f\0\0\0\0\0\0\xf0\x7f"
        "\x09\0\x09\x10"
        "FL\4\0\0\0\xc0\xbf\x09\0\x0a\x10IS\4\0-12 \x09\0\x0b\x10LO\6\0long  \x09\0\x0c\x10LT\4\0a\nb "
        "\x09\0\x0d\x10OB\0\0\2\0\0\0\1\2\x09\0\x0e\x10OD\0\0\x08\0\0\0"
        "abcdefgh\x09\0\x0f\x10OF\0\0\4\0\0\0"
        "abcd"
        "\x09\0\x10\x10OL\0\0\4\0\0\0"
        "abcd\x09\0\x11\x10OV\0\0\x08\0\0\0"
        "abcdefgh\x09\0\x12\x10OW\0\0\2\0\0\0"
        "ab"
        "\x09\0\x13\x10PN\x0c\0"
        "A^B^C^D^E=F \x09\0\x14\x10SH\4\0x\\y \x09\0\x15\x10SL\4\0\xff\xff\xff\xff\x09\0\x16\x10SQ"
        "\0\0\x12\0\0\0\xfe\xff\0\xe0\x0a\0\0\0\x10\0\x20\0LO\2\0id\x09\0\x17\x10SS\2\0\xfe\xff\x09\0\x18\x10ST\2\0s "
        "\x09\0\x19\x10SV\0\0\x08\0\0\0\xfd\xff\xff\xff\xff\xff\xff\xff\x09\0\x1a\x10TM\6\0"
        "123456\x09\0\x1b\x10UC\0\0\4\0"
        "\0\0u\\c \x09\0\x1c\x10UI\4\0"
        "1.2\0\x09\0\x1d\x10UL\4\0\xff\xff\xff\xff\x09\0\x1e\x10UN\0\0\2\0\0\0?!\x09\0\x1f\x10"
        "UR\0\0\6\0\0\0http: \x09\0\x20\x10US\4\0\1\0\xff\xff\x09\0\x21\x10UT\0\0\4\0\0\0t\\u \x09\0\x22\x10UV\0\0\x08\0\0\0"
        "\7\0\0\0\0\0\0\0";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char *text =
            metadata_text(p, golden[i].kind, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(every), DATA("")));
        char want[16384] = "";
        int fd = open(golden[i].path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            fail_msg("cannot open %s, from where tests are run: %s", golden[i].path, text);
        assert_true(io_pread(fd, want, sizeof want - 1, 0) > 0);
        close(fd);
        assert_string_equal(text, want);
        free(text);
    }
    helper_pool_close(p);
}

/* Pixel data always, other binary values from 1 KiB on, have addresses; what is
 * empty has nothing. */
static void test_bulk_data(void **state)
{
    static char waveform[40 + 1100] =
        "\0\x54\0\1SQ\0\0\x60\4\0\0\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\x50\4\0\0\0\x54\x10\x10OW\0\0\x44\4\0";
    static const char pixels[] =
        "\x28\0\3\1US\2\0\1\0\x28\0\6\1US\2\0\0\0\xe0\x7f\x10\0OW\0\0\2\0\0\0ab";
    static const char fragments[] =
        "\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\4\0\0\0abcd"
        "\xfe\xff\xdd\xe0\0\0\0\0";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    expect(p, HELPER_METADATA_JSON, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), DATA(pixels)),
           "\"7FE00010\":{\"vr\":\"OW\",\"BulkDataURI\":\"" ADDRESS "7FE00010\"}}");
    expect(p, HELPER_METADATA_XML, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), DATA(pixels)),
           "vr=\"OW\"><BulkData uri=\"" ADDRESS "7FE00010\"/></DicomAttribute></NativeDicomModel>");
    expect(p, HELPER_METADATA_JSON, file_of(TRANSFER_SYNTAX_RLE, DATA(""), DATA(fragments)),
           "\"7FE00010\":{\"vr\":\"OB\",\"BulkDataURI\":\"" ADDRESS "7FE00010\"}}");
    expect(p, HELPER_METADATA_JSON,
           file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), DATA("\xe0\x7f\x10\0OW\0\0\0\0\0\0")),
           "\"7FE00010\":{\"vr\":\"OW\"}}");
    expect(p, HELPER_METADATA_JSON,
           file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), (struct data){40 + 1092, waveform}),
           "\"54000100\":" V("SQ", "{},{\"54001010\":{\"vr\":\"OW\",\"BulkDataURI\":\"" ADDRESS
                                   "54000100/2/54001010\"}}"));
    helper_pool_close(p);
}

/* What Implicit VR leaves open is settled by Pixel Representation, which may
 * stand around the item. */
static void test_ambiguous(void **state)
{
    static const char elements[] =
        "\x28\0\3\1\2\0\0\0\1\0\x28\0\6\1\2\0\0\0\xff\xff\xe0\x7f\x10\0\2\0\0\0ab";
    static const char positive[] = "\x28\0\3\1\2\0\0\0\0\0\x28\0\6\1\2\0\0\0\xff\xff";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    expect(p, HELPER_METADATA_JSON, file_of(TRANSFER_SYNTAX_IMPLICIT_LE, DATA(""), DATA(elements)),
           "\"00280106\":" V("SS", "-1") ",\"7FE00010\":{\"vr\":\"OW\",\"BulkDataURI\"");
    expect(p, HELPER_METADATA_JSON, file_of(TRANSFER_SYNTAX_IMPLICIT_LE, DATA(""), DATA(positive)),
           "\"00280106\":" V("US", "65535"));
    helper_pool_close(p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_bulk_data),
        cmocka_unit_test(test_ambiguous),
    };

    return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
