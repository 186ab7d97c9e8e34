/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <json-c/json.h>

#include "catalog/writer_json.h"
#include "dicom/instance.h"

static struct helper_description good(void)
{
    return (struct helper_description){.study_uid = "1.2",
                                       .series_uid = "1.3",
                                       .sop_uid = "1.4",
                                       .sop_class = "1.5",
                                       .series_number = INSTANCE_NO_NUMBER,
                                       .number = -7,
                                       .frames = 3,
                                       .acquired = 20200102030405};
}

static struct json_object *first(const struct writer_file *f, bool full, struct buf *b)
{
    struct err e = ERR_INIT;
    struct json_object *all;

    buf_init(b, 1 << 20);
    assert_ok(writer_json_write(&(const struct writer_batch){"root", f, 1}, full, b, &e), &e);
    all = json_tokener_parse(b->data);
    assert_non_null(all);
    assert_int_equal(json_object_array_length(all), 1);
    return all;
}

static const char *text_of(struct json_object *all, const char *key)
{
    struct json_object *value = NULL;

    (void)json_object_object_get_ex(json_object_array_get_idx(all, 0), key, &value);
    return value ? json_object_get_string(value) : NULL;
}

static void an_instance_in_full(void **state)
{
    const struct helper_description d = good();
    const struct writer_file f = {
        .path = "a\xff/b", .size = 5, .mtime_ns = -1, .crc = UINT32_MAX, .description = &d};
    struct json_object *all;
    struct buf b;

    (void)state;
    all = first(&f, true, &b);
    assert_string_equal(text_of(all, "path"), "\\x61ff2f62");
    assert_string_equal(text_of(all, "root"), "root");
    assert_string_equal(text_of(all, "mtime_ns"), "-1");
    assert_string_equal(text_of(all, "crc32"), "4294967295");
    assert_string_equal(text_of(all, "class"), "instance");
    assert_string_equal(text_of(all, "sop_uid"), "1.4");
    assert_string_equal(text_of(all, "series_number"), "2147483647");
    assert_string_equal(text_of(all, "number"), "-7");
    assert_string_equal(text_of(all, "part10"), "false");
    json_object_put(all);
    buf_release(&b);
}

/* Data that does not become smaller has its own size. */
static void deflated_sizes(void **state)
{
    static const struct {
        bool measured;
        uint64_t deflated;
        const char *text;
    } cases[] = {{false, 60, NULL}, {true, 60, "60"}, {true, 0, "100"}, {true, 101, "100"}};

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct helper_description d = good();
        const struct writer_file f = {.path = "a",
                                      .size = 500,
                                      .description = &d,
                                      .compressor = "zlib-1",
                                      .deflated = 300,
                                      .pixels_deflated = cases[k].measured};
        struct json_object *all;
        struct buf b;

        d.pixel_offset = 400;
        d.pixel_length = 100;
        d.pixel_deflated = cases[k].deflated;
        all = first(&f, true, &b);
        assert_string_equal(text_of(all, "deflated_size"), "300");
        if (cases[k].text)
            assert_string_equal(text_of(all, "pixel_deflated_size"), cases[k].text);
        else
            assert_null(text_of(all, "pixel_deflated_size"));
        json_object_put(all);
        buf_release(&b);
    }
}

static void what_is_looked_up_is_short(void **state)
{
    const struct writer_file f = {.path = "a", .size = 5, .mtime_ns = 1};
    struct json_object *all;
    struct buf b;

    (void)state;
    all = first(&f, false, &b);
    assert_int_equal(json_object_object_length(json_object_array_get_idx(all, 0)), 4);
    json_object_put(all);
    buf_release(&b);
}

static void hostile_text_is_still_json_and_utf8(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"a\"b\\c", "a\"b\\c"},
        {"J\xc3\xbcrgen \xe6\xbc\xa2 \xf0\x9f\x98\x80",
         "J\xc3\xbcrgen \xe6\xbc\xa2 \xf0\x9f\x98\x80"},
        {"line\nbreak\x7f", "line?break?"},
        {"\xff\xfe", "??"},
        {"\xc3", "?"},
        {"\xe6\xbc", "??"},
        {"\xed\xa0\x80", "???"},
        {"\xc0\x80", "??"},
        {"\\u0000\",\"x\":1", "\\u0000\",\"x\":1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct helper_description d = good();
        const struct writer_file f = {.path = "a", .description = &d};
        struct json_object *all;
        struct buf b;

        snprintf(d.patient_name, sizeof d.patient_name, "%s", cases[i].in);
        all = first(&f, true, &b);
        assert_string_equal(text_of(all, "patient_name"), cases[i].out);
        json_object_put(all);
        buf_release(&b);
    }
}

static void what_the_schema_would_refuse_is_not_sent(void **state)
{
    struct helper_description d = good();
    const struct writer_file f = {.path = "a", .size = UINT64_MAX, .description = &d};
    struct json_object *all;
    struct buf b;

    (void)state;
    snprintf(d.sop_class, sizeof d.sop_class, "1.02");
    d.frames = UINT32_MAX;
    d.acquired = INT64_MAX;
    all = first(&f, true, &b);
    assert_string_equal(text_of(all, "sop_class"), "");
    assert_string_equal(text_of(all, "frames"), "0");
    assert_string_equal(text_of(all, "acquired"), "0");
    assert_string_equal(text_of(all, "size"), "0");
    json_object_put(all);
    buf_release(&b);
}

static void classes(void **state)
{
    static const struct {
        enum helper_class class;
        const char *uid, *word;
    } cases[] = {
        {HELPER_INSTANCE, "1.4", "instance"}, {HELPER_INSTANCE, "1..4", "refused"},
        {HELPER_INSTANCE, "", "refused"},     {HELPER_NOT_DICOM, "", "not-dicom"},
        {HELPER_DICOMDIR, "", "dicomdir"},    {HELPER_REFUSED, "", "refused"},
        {HELPER_FAILED, "", "refused"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct helper_description d = good();
        const struct writer_file f = {
            .path = "a", .class = cases[i].class, .reason = "why", .description = &d};
        struct json_object *all;
        struct buf b;

        snprintf(d.sop_uid, sizeof d.sop_uid, "%s", cases[i].uid);
        all = first(&f, true, &b);
        assert_string_equal(text_of(all, "class"), cases[i].word);
        assert_int_equal(text_of(all, "sop_uid") != NULL, strcmp(cases[i].word, "instance") == 0);
        json_object_put(all);
        buf_release(&b);
    }
}

/* '' is known, NULL is not. */
static void keys_are_a_bytea_or_left_out(void **state)
{
    static const struct {
        const char *keys;
        size_t count;
        const char *text;
    } cases[] = {{"\x00\xff\\\"", 4, "\\x00ff5c22"}, {"", 0, "\\x"}, {NULL, 0, NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct helper_description d = good();
        const struct writer_file f = {
            .path = "a", .description = &d, .keys = cases[i].keys, .key_bytes = cases[i].count};
        struct json_object *all;
        struct buf b;

        all = first(&f, true, &b);
        if (cases[i].text)
            assert_string_equal(text_of(all, "record_keys"), cases[i].text);
        else
            assert_null(text_of(all, "record_keys"));
        json_object_put(all);
        buf_release(&b);
    }
}

static void a_batch_has_a_cap(void **state)
{
    const struct writer_file f = {.path = "a"};
    struct err e = ERR_INIT;
    struct buf b;

    (void)state;
    buf_init(&b, 40);
    assert_err(writer_json_write(&(const struct writer_batch){"root", &f, 1}, false, &b, &e),
               ERR_MEMORY, &e);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_in_full),
        cmocka_unit_test(deflated_sizes),
        cmocka_unit_test(what_is_looked_up_is_short),
        cmocka_unit_test(hostile_text_is_still_json_and_utf8),
        cmocka_unit_test(what_the_schema_would_refuse_is_not_sent),
        cmocka_unit_test(classes),
        cmocka_unit_test(keys_are_a_bytea_or_left_out),
        cmocka_unit_test(a_batch_has_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
