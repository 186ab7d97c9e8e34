/* SPDX-License-Identifier: MIT */
/* Metadata of data sets that are deep, large, broken or made to do harm:
 * well-formed, or refused. */
#include "tests/unit/helper/metadata.h"

#include <json.h>

/* json-c 0.18 takes every byte above 7F for a control character if it is
 * strict. */
static int parser_flags(void)
{
    bool usable = json_c_version_num() >> 8 != 18;

    return JSON_TOKENER_VALIDATE_UTF8 | (usable ? JSON_TOKENER_STRICT : 0);
}

/* Fails unless what was reported, if anything was, is one JSON object in UTF-8. */
static void expect_json(struct helper_pool *p, int fd, const char *name)
{
    struct helper_result r = ask(p, HELPER_METADATA_JSON, fd);
    struct json_tokener *parser = json_tokener_new_ex(4 * 64 + 8);
    json_object *object;
    char *text;

    assert_non_null(parser);
    json_tokener_set_flags(parser, parser_flags());
    if (r.class == HELPER_INSTANCE) {
        text = malloc(r.size);
        assert_non_null(text);
        assert_int_equal(io_pread(r.fd, text, r.size, 0), (ssize_t)r.size);
        object = json_tokener_parse_ex(parser, text, (int)r.size);
        if (!object || json_tokener_get_parse_end(parser) != r.size)
            fail_msg("%s: %s in %.*s", name,
                     json_tokener_error_desc(json_tokener_get_error(parser)), (int)r.size, text);
        json_object_put(object);
        free(text);
        close(r.fd);
    } else if (r.class != HELPER_REFUSED) {
        fail_msg("%s: %d: %s", name, (int)r.class, r.reason);
    }
    json_tokener_free(parser);
}

/* Data sets that go deep end as a refusal, or with the child; the next one is
 * reported. */
static void test_deep(void **state)
{
    enum { LEVELS = 70, STEP = 20 };
    static const char open_item[] =
        "\x88\0\0\2SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
    static const char close_item[] = "\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    char data[LEVELS * 2 * STEP], *to = data;
    struct helper_result r;

    (void)state;
    for (int i = 0; i < LEVELS; i++)
        to = mempcpy(to, open_item, sizeof open_item - 1);
    for (int i = 0; i < LEVELS; i++)
        to = mempcpy(to, close_item, sizeof close_item - 1);
    r = ask(
        p, HELPER_METADATA_JSON,
        file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), (struct data){(size_t)(to - data), data}));
    assert_int_equal(r.class, HELPER_REFUSED);
    assert_non_null(strstr(r.reason, "deep"));
    r = ask(p, HELPER_METADATA_XML,
            file_of(TRANSFER_SYNTAX_EXPLICIT_LE,
                    DATA("\x08\0\x18\0UI\6\0"
                         "1..2.5"),
                    DATA("")));
    assert_int_equal(r.class, HELPER_INSTANCE); /* of two elements with one tag the first counts */
    close(r.fd);
    expect_json(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), DATA("")), "the next one");
    helper_pool_close(p);
}

/* 10 MB of short elements: more than a message holds, within the child's
 * memory. */
static void test_many(void **state)
{
    static const char item[] = "\xfe\xff\0\xe0\x0a\0\0\0\x08\0\0\1SH\2\0ab";
    enum { ITEMS = 10000000 / (sizeof item - 1) };
    struct helper_pool *p = pool_open(1, (uint64_t)1 << 30, POOL_SECONDS);
    const size_t size = 12 + ITEMS * (sizeof item - 1);
    char *data = malloc(size), *to = data;
    struct helper_result r;
    char end[4];

    (void)state;
    assert_non_null(data);
    to = mempcpy(to, "\x40\0\x30\xa7SQ\0\0", 8);
    for (int i = 0; i < 4; i++)
        *to++ = (char)((size - 12) >> 8 * i);
    for (size_t i = 0; i < ITEMS; i++)
        to = mempcpy(to, item, sizeof item - 1);
    r = ask(p, HELPER_METADATA_JSON,
            file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), (struct data){size, data}));
    free(data);
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    assert_true(r.size > 20000000);
    assert_int_equal(io_pread(r.fd, end, 4, r.size - 4), 4);
    assert_memory_equal(end, "}]}}", 4);
    close(r.fd);
    helper_pool_close(p);
}

/* 32 MB of values that are sent in base64 go to the disk, not to memory that
 * nobody counts. */
static void test_base64(void **state)
{
    enum { VALUE = 1024, ITEMS = 32000000 / VALUE, ITEM = 8 + 12 + VALUE };
    static const char head[] = "\xfe\xff\0\xe0\x0c\4\0\0\x42\0\x11\0OB\0\0\0\4\0\0";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    const size_t size = 12 + (size_t)ITEMS * ITEM;
    char *data = calloc(1, size), *to = data;
    struct helper_result r;

    (void)state;
    assert_non_null(data);
    to = mempcpy(to, "\x40\0\x30\xa7SQ\0\0", 8);
    for (int i = 0; i < 4; i++)
        *to++ = (char)((size - 12) >> 8 * i);
    for (int i = 0; i < ITEMS; i++, to += ITEM)
        memcpy(to, head, sizeof head - 1);
    r = ask(p, HELPER_METADATA_JSON,
            file_of(TRANSFER_SYNTAX_EXPLICIT_LE, DATA(""), (struct data){size, data}));
    free(data);
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    assert_true(r.size > 40000000);
    assert_int_equal(fcntl(r.fd, F_GET_SEALS), -1);
    close(r.fd);
    helper_pool_close(p);
}

/* Something of each shape: names, numbers as text, reals, tags, binary,
 * sequences, private elements. */
static const struct data sets[] = {
    DATA("\x08\0\x05\0CS\x0a\0ISO_IR 192\x10\0\x10\0PN\x0a\0A^B=C^D=E "),
    DATA("\x08\0\x05\0CS\x10\0\\ISO 2022 IR 87 \x10\0\x20\0LO\x08\0\x1b$B;3\x1b(B"),
    DATA("\x10\0\x20\x10" "DS\x10\0" "1.5\\-2e3\\+04\\.5 \x18\0\x50\x11IS\6\0-12\\3 "),
    DATA("\x18\0\x02\x60" "FD\x10\0abcdefghijklmnop\x18\0\x04\x60" "FL\4\0abcd"),
    DATA("\x18\0\x08\x40" "AT\4\0abcd\x18\0\x0a\x40UN\0\0\4\0\0\0abcd"),
    DATA("\x09\0\x10\0LO\4\0acme\x09\0\x01\x10LO\2\0hi\x09\0\x02\x10UT\0\0\4\0\0\0a\\b "),
    DATA("\x10\0\x02\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\x0a\0\0\0\x10\0\x20\0LO\2\0ab"
         "\xfe\xff\xdd\xe0\0\0\0\0"),
};

#define SETS (sizeof sets / sizeof *sets)

/* Files of nonsense, always the same: what is reported of them is well-formed. */
static void test_nonsense(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < 200 * SETS; i++) {
        const struct data *d = &sets[i % SETS];
        char bytes[256], name[32];

        assert_true(d->len <= sizeof bytes);
        memcpy(bytes, d->bytes, d->len);
        for (int n = 0; n < 4; n++) {
            random = random * 1664525 + 1013904223;
            bytes[8 + (random >> 16) % (d->len > 8 ? d->len - 8 : 1)] = (char)(random >> 8);
        }
        snprintf(name, sizeof name, "nonsense %zu", i);
        expect_json(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, (struct data){d->len, bytes}, DATA("")),
                    name);
    }
    helper_pool_close(p);
}

/* Files made to do harm: described or refused, by a child that goes on. */
static void test_malformed(void **state)
{
    char folder[4096], name[512];
    struct dirent **files;
    struct helper_pool *p;
    int n;

    (void)state;
    if (!pool_dicom())
        skip_because("no ../shared/dicom and no WADOZIP_TEST_DICOM");
    snprintf(folder, sizeof folder, "%s/derived-malformed", pool_dicom());
    n = scandir(folder, &files, NULL, alphasort);
    p = pool_open(1, MEMORY, POOL_SECONDS);
    assert_true(n > 20);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "derived-malformed/%s", files[i]->d_name);
        if (strstr(name, ".dcm"))
            expect_json(p, pool_file(pool_dicom(), name), name);
        free(files[i]);
    }
    free(files);
    helper_pool_close(p);
}

/* DCMTK throws an exception that nothing catches in it, of a Directory Record
 * Type that is too long. */
static void test_exception(void **state)
{
    static const struct data set =
        DATA("\x04\0\x20\x12SQ\0\0\x28\0\0\0\xfe\xff\0\xe0\x20\0\0\0\x04\0\x30\x14"
             "CS\x18\0"
             "ABCDEFGHIJKLMNOPQRSTUVWX");
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result r;

    (void)state;
    pool_describe(p, file_of(TRANSFER_SYNTAX_EXPLICIT_LE, set, DATA("")), 0);
    r = pool_result(p);
    if (r.class != HELPER_REFUSED && r.class != HELPER_DICOMDIR)
        fail_msg("%d: %s", (int)r.class, r.reason);
    helper_pool_close(p);
}

/* More frames than 32 bits of offsets, whose table would have 4 bytes modulo
 * 2^32: refused by the same child. */
static void test_products_of_header_values(void **state)
{
    static const char *const frames[] = {"1073741825", "1073741824", "2147483647"};
    static const char *const targets[] = {TRANSFER_SYNTAX_EXPLICIT_LE, TRANSFER_SYNTAX_RLE,
                                          "1.2.840.10008.1.2.4.90"};
    static const char head[] =
        "\x28\0\2\0US\2\0\1\0\x28\0\4\0CS\x0c\0MONOCHROME2 \x28\0\x08\0IS\x0a\0";
    static const char rest[] = "\x28\0\x10\0US\2\0\1\0\x28\0\x11\0US\2\0\1\0\x28\0\0\1US\2\0\x10\0"
                               "\x28\0\1\1US\2\0\x10\0\x28\0\2\1US\2\0\x0f\0\x28\0\3\1US\2\0\0\0"
                               "\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\4\0\0\0\0\0\0\0"
                               "\xfe\xff\0\xe0\x44\0\0\0";
    static const char frame[68] = "\2\0\0\0\x40\0\0\0\x42";
    static const char end[] = "\xfe\xff\xdd\xe0\0\0\0\0";
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    pid_t child = 0;

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        char set[sizeof head + 10 + sizeof rest + sizeof frame + sizeof end],
            *to = mempcpy(set, head, sizeof head - 1);
        struct err e = ERR_INIT;
        struct helper_result r;
        int fd;

        to = mempcpy(mempcpy(to, frames[i / 3], 10), rest, sizeof rest - 1);
        to = mempcpy(mempcpy(to, frame, sizeof frame), end, sizeof end - 1);
        fd = file_of(TRANSFER_SYNTAX_RLE, DATA(""), (struct data){(size_t)(to - set), set});
        assert_ok(helper_pool_submit(p, i % 3 == 1 ? HELPER_DESCRIBE : HELPER_CONVERT, fd,
                                     i % 3 == 1 ? NULL : targets[i % 3], i, &e), &e);
        r = pool_result(p);
        if (i % 3 == 1 ? r.class != HELPER_INSTANCE : r.class != HELPER_REFUSED)
            fail_msg("%s frames: %d: %s", frames[i / 3], (int)r.class, r.reason);
        assert_true(child == 0 || child == pool_child());
        child = pool_child();
    }
    helper_pool_close(p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_many), cmocka_unit_test(test_base64),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_exception),
        cmocka_unit_test(test_products_of_header_values),
    };

    return cmocka_run_group_tests_name("nonsense", tests, NULL, NULL);
}
