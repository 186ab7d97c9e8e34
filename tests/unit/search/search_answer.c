/* SPDX-License-Identifier: MIT */
#include "search/search_answer.h"

#include <json.h>

#include "tests/unit/unit.h"

#define ROOM ((size_t)1 << 16)

/* A series whose texts hold what the formats have to escape. */
static void fill(const char *values[SEARCH_ATTRIBUTES])
{
    memset(values, 0, SEARCH_ATTRIBUTES * sizeof *values);
    values[SEARCH_STUDY_UID] = "1.2";
    values[SEARCH_SERIES_UID] = "1.2.3";
    values[SEARCH_MODALITIES] = "CT\\MR";
    values[SEARCH_SERIES_NUMBER] = "2147483647";
    values[SEARCH_SERIES_INSTANCES] = "7";
    values[SEARCH_PATIENT_NAME] = "A^B=<&>";
    values[SEARCH_PATIENT_ID] = "=cmd";
    values[SEARCH_REFERRING] = "X^Y\\Z==P";
    values[SEARCH_SERIES_DESCRIPTION] = "say \"hi\"\t\\";
    values[SEARCH_SPS_ID] = "S1";
    values[SEARCH_REQUESTED_ID] = "R1";
}

static void answer(enum search_format format, unsigned results, struct buf *out)
{
    static struct search_query q;
    const char *values[SEARCH_ATTRIBUTES];
    struct search_answer a = {
        .query = &q, .service = "https://h/x&y", .format = format, .out = out};

    q = (struct search_query){.level = SEARCH_SERIES};
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        q.wanted[i] = search_definition((enum search_attribute)i)->level <= SEARCH_SERIES;
    fill(values);
    buf_init(out, ROOM);
    search_answer_begin(&a);
    for (unsigned i = 0; i < results; i++)
        search_answer_add(&a, values);
    search_answer_end(&a);
    assert_false(out->failed);
    assert_int_equal(a.count, results);
}

static void expect(const struct buf *b, const char *text)
{
    if (!strstr(b->data, text))
        print_error("%s\nhas no %s\n", b->data, text);
    assert_non_null(strstr(b->data, text));
}

static void test_json(void **state)
{
    struct buf b;
    json_object *o;

    (void)state;
    answer(SEARCH_JSON, 2, &b);
    o = json_tokener_parse(b.data);
    assert_non_null(o);
    assert_int_equal(json_object_array_length(o), 2);
    json_object_put(o);
    expect(&b, "\"00080061\":{\"vr\":\"CS\",\"Value\":[\"CT\",\"MR\"]}");
    expect(
        &b,
        "\"00080090\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"X^Y\"},{\"Alphabetic\":\"Z\",\"Phonetic\":\"P\"}]}");
    expect(
        &b,
        "\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"A^B\",\"Ideographic\":\"<&>\"}]}");
    expect(&b, "\"0008103E\":{\"vr\":\"LO\",\"Value\":[\"say \\\"hi\\\"\\u0009\"]}");
    expect(&b, "\"00200011\":{\"vr\":\"IS\"}");
    expect(&b, "\"00201209\":{\"vr\":\"IS\",\"Value\":[7]}");
    expect(&b,
           "\"00081190\":{\"vr\":\"UR\",\"Value\":[\"https://h/x&y/studies/1.2/series/1.2.3\"]}");
    expect(
        &b,
        "\"00400275\":{\"vr\":\"SQ\",\"Value\":[{\"00400009\":{\"vr\":\"SH\",\"Value\":[\"S1\"]},\"00401001\"");
    buf_release(&b);
    answer(SEARCH_JSON, 0, &b);
    assert_string_equal(b.data, "[]");
    buf_release(&b);
}

static void test_csv(void **state)
{
    struct buf b;

    (void)state;
    answer(SEARCH_CSV, 1, &b);
    assert_memory_equal(b.data, "StudyDate,SeriesDate,", 21);
    expect(&b, ",\"'=cmd\",");
    expect(&b, ",\"say \"\"hi\"\"\t\\\",");
    assert_string_equal(b.data + b.len - 2, "\r\n");
    buf_release(&b);
}

static void test_xml(void **state)
{
    struct buf b;
    const char *document;
    size_t length;

    (void)state;
    answer(SEARCH_XML, 2, &b);
    assert_memory_equal(b.data, "--" SEARCH_ANSWER_BOUNDARY "\r\n",
                        strlen(SEARCH_ANSWER_BOUNDARY) + 4);
    length = strtoul(strstr(b.data, "Content-Length: ") + 16, NULL, 10);
    document = strstr(b.data, "<?xml");
    assert_memory_equal(document + length, "\r\n--" SEARCH_ANSWER_BOUNDARY "\r\n",
                        strlen(SEARCH_ANSWER_BOUNDARY) + 6);
    expect(&b, "<Value number=\"1\">CT</Value><Value number=\"2\">MR</Value>");
    expect(
        &b,
        "<PersonName number=\"2\"><Alphabetic><FamilyName>Z</FamilyName></Alphabetic><Phonetic>");
    expect(&b, "<Ideographic><FamilyName>&lt;&amp;&gt;</FamilyName></Ideographic>");
    expect(&b, "say &quot;hi&quot;\xEF\xBF\xBD</Value>");
    expect(&b, "https://h/x&amp;y/studies/1.2/series/1.2.3");
    expect(&b,
           "<DicomAttribute tag=\"00200011\" vr=\"IS\" keyword=\"SeriesNumber\"></DicomAttribute>");
    expect(
        &b,
        "vr=\"SQ\" keyword=\"RequestAttributesSequence\"><Item number=\"1\"><DicomAttribute tag=\"00400009\"");
    expect(&b,
           "</Item></DicomAttribute></NativeDicomModel>\n\r\n--" SEARCH_ANSWER_BOUNDARY "--\r\n");
    buf_release(&b);
}

/* A boundary in the data cannot begin a line. */
static void test_xml_boundary(void **state)
{
    static struct search_query q;
    const char *values[SEARCH_ATTRIBUTES] = {NULL};
    struct buf b;
    struct search_answer a = {.query = &q, .service = "", .format = SEARCH_XML, .out = &b};

    (void)state;
    q = (struct search_query){.wanted[SEARCH_PATIENT_ID] = true};
    q.wanted[SEARCH_PATIENT_NAME] = true;
    values[SEARCH_PATIENT_NAME] = "A^^C^D^E^F";
    values[SEARCH_PATIENT_ID] = "x\r\n--" SEARCH_ANSWER_BOUNDARY "--\r\n";
    buf_init(&b, ROOM);
    search_answer_add(&a, values);
    assert_null(strstr(b.data, "\n--" SEARCH_ANSWER_BOUNDARY));
    expect(
        &b,
        "<FamilyName>A</FamilyName><MiddleName>C</MiddleName><NamePrefix>D</NamePrefix><NameSuffix>E^F</NameSuffix>");
    buf_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json), cmocka_unit_test(test_csv), cmocka_unit_test(test_xml),
        cmocka_unit_test(test_xml_boundary)};

    return cmocka_run_group_tests_name("search_answer", tests, NULL, NULL);
}
