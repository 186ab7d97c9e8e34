/* SPDX-License-Identifier: MIT */
#include "store/s3_page.h"

#include "base/buf.h"
#include "tests/unit/store/object_root.h"

#define OBJECT(key, size, etag) \
    "<Contents><Key>" key "</Key><Size>" size "</Size><ETag>" etag "</ETag>" \
    "<LastModified>2026-11-29T10:00:00.123Z</LastModified></Contents>"
#define LIST(content, end) "<ListBucketResult>" content end "</ListBucketResult>"
#define LAST "<IsTruncated>false</IsTruncated>"
#define MORE(token) \
    "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"
#define SECONDS 1795946400

/* What a page contains, as text. */
static int note(void *ctx, const char *path, const struct s3_meta *meta, struct err *e)
{
    struct buf *seen = ctx;

    (void)e;
    buf_printf(seen, "%s %llu %s %d\n", path, (unsigned long long)meta->size, meta->etag,
               meta->mtime_ns == s3_stamp(SECONDS, meta->etag));
    return strcmp(path, "stop") == 0 ? err_set(e, ERR_DATA, "stopped") : 0;
}

struct fixture {
    struct object_root root;
    struct s3_page page;
    struct buf seen;
};

static void begin(struct fixture *t, const char *url)
{
    assert_ok(object_root_open(&t->root, url, OBJECT_ROOT_KEYS), &t->root.e);
    buf_init(&t->seen, 4096);
    t->page = (struct s3_page){.s3 = t->root.s3, .each = note, .ctx = &t->seen};
}

static void end(struct fixture *t)
{
    buf_release(&t->seen);
    object_root_close(&t->root);
}

static int parse(struct fixture *t, const char *text)
{
    return s3_page_parse(&t->page, text, strlen(text), &t->root.e);
}

static void objects_are_those_beneath_the_root(void **state)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {LIST(OBJECT("p/a", "7", "&quot;e&quot;"), LAST), "a 7 e 1\n"},
        {LIST(OBJECT("p/a", "7", "W/&quot;e&quot;"), LAST), "a 7 e 1\n"},
        {LIST(OBJECT("p/a", "7", "e"), LAST), "a 7 e 1\n"},
        {LIST(OBJECT("p/a", "0", ""), LAST), "a 0  1\n"},
        {LIST(OBJECT("p/x y&amp;&lt;\xc3\xbc", "9223372036854775807", "e"), LAST),
         "x y&<\xc3\xbc 9223372036854775807 e 1\n"},
        {LIST(OBJECT("p/a/", "0", "e") OBJECT("p/a/b", "1", "f"), LAST), "a/b 1 f 1\n"},
        {LIST(OBJECT("p", "1", "e") OBJECT("p-a", "1", "e") OBJECT("p/b", "1", "e"), LAST),
         "b 1 e 1\n"},
        {"<?xml version=\"1.0\"?><s:ListBucketResult xmlns:s=\"http://s3\"><s:Contents><s:Size>3"
         "</s:Size><s:Key>p/a</s:Key><s:LastModified>2026-11-29T10:00:00Z</s:LastModified>"
         "<Owner><ID>x</ID></Owner></s:Contents><s:IsTruncated>false</s:IsTruncated>"
         "</s:ListBucketResult>",
         "a 3  1\n"},
        {LIST("<KeyCount>0</KeyCount>", LAST), ""},
        {LIST(OBJECT("p%2Fa+b%2Bc%20%01%C3%bc", "1", "e") OBJECT("p%2fb", "1", "e"),
              LAST "<EncodingType>url</EncodingType>"),
         "a b+c \1\xc3\xbc 1 e 1\nb 1 e 1\n"},
        {LIST("<EncodingType>url</EncodingType>" OBJECT("p/%25", "1", "e"), LAST),
         "% 1 e 1\n"},
        {LIST(OBJECT("p/%41+b", "1", "e"), LAST), "%41+b 1 e 1\n"},
        {LIST(OBJECT("p/EncodingType&gt;url&lt;/+", "1", "e"), LAST),
         "EncodingType>url</+ 1 e 1\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture t;

        begin(&t, "s3://b/p");
        assert_ok(parse(&t, cases[i].text), &t.root.e);
        assert_string_equal(t.seen.data ? t.seen.data : "", cases[i].seen);
        assert_false(t.page.truncated);
        end(&t);
    }
}

static void other_texts_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
        enum err_kind kind;
    } cases[] = {
        {"", "no ListBucketResult", ERR_AWAY},
        {"<html/>", "no ListBucketResult", ERR_AWAY},
        {"<ListBucketResult>" LAST, "no ListBucketResult", ERR_AWAY},
        {LIST(OBJECT("p/a", "7", "e"), ""), "no ListBucketResult", ERR_AWAY},
        {"<!DOCTYPE x>" LIST(OBJECT("p/a", "7", "e"), LAST), "no ListBucketResult", ERR_AWAY},
        {LIST(OBJECT("p/b", "7", "e") OBJECT("p/a", "7", "e"), LAST), "lists p/a after p/b",
         ERR_AWAY},
        {LIST(OBJECT("p/b", "7", "e") OBJECT("p/b", "7", "e"), LAST), "lists p/b after p/b",
         ERR_AWAY},
        {LIST(OBJECT("p/b", "", "e"), LAST), "p/b without a size", ERR_AWAY},
        {LIST(OBJECT("p/b", "-1", "e"), LAST), "p/b without a size", ERR_AWAY},
        {LIST(OBJECT("p/%4", "7", "e"), LAST "<EncodingType>url</EncodingType>"), "broken escape",
         ERR_AWAY},
        {LIST(OBJECT("p/t%00", "7", "e"), LAST "<EncodingType>url</EncodingType>"), "broken escape",
         ERR_AWAY},
        {LIST("<Contents><Size>1</Size></Contents>", LAST), "lists  after", ERR_AWAY},
        {LIST("", "<IsTruncated>true</IsTruncated>"), "repeats a page of its list after its",
         ERR_AWAY},
        {LIST(OBJECT("p/stop", "7", "e") OBJECT("p/t", "7", "e"), LAST), "stopped", ERR_DATA}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture t;

        begin(&t, "s3://b/p");
        assert_int_equal(parse(&t, cases[i].text), -1);
        if (!strstr(t.root.e.text, cases[i].says))
            fail_msg("%s: %s", cases[i].says, t.root.e.text);
        assert_err(-1, cases[i].kind, &t.root.e);
        assert_null(t.seen.data ? strstr(t.seen.data, "t 7") : NULL);
        end(&t);
    }
}

static void pages_go_on(void **state)
{
    struct fixture t;

    (void)state;
    begin(&t, "s3://b");
    assert_ok(parse(&t, LIST(OBJECT("a", "1", "e"), MORE("one"))), &t.root.e);
    assert_true(t.page.truncated);
    assert_string_equal(t.page.token, "one");
    assert_string_equal(t.page.last, "a");
    /* The same token with further objects, a page without objects with another. */
    assert_ok(parse(&t, LIST(OBJECT("b", "1", "e"), MORE("one"))), &t.root.e);
    assert_ok(parse(&t, LIST("", MORE("two"))), &t.root.e);
    assert_err(parse(&t, LIST("", MORE("two"))), ERR_AWAY, &t.root.e);
    assert_err(parse(&t, LIST(OBJECT("b", "1", "e"), MORE("three"))), ERR_AWAY, &t.root.e);
    assert_string_equal(t.seen.data, "a 1 e 1\nb 1 e 1\n");
    end(&t);
}

static void addresses_name_the_page(void **state)
{
    static const char *const cases[][4] = {
        {"", "", "", "http://e/b?encoding-type=url&list-type=2&max-keys=1000&prefix="},
        {"p/", "", "p/a+", "http://e/b?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F&start-after=p%2Fa%2B"},
        {"p/", "t=&", "p/a",
         "http://e/b?continuation-token=t%3D%26&encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F"}};
    struct fixture t;

    (void)state;
    begin(&t, "s3://b/p");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *url = s3_page_url(t.root.s3, cases[i][0], cases[i][1], cases[i][2]);

        assert_string_equal(url, cases[i][3]);
        free(url);
    }
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(objects_are_those_beneath_the_root),
                                       cmocka_unit_test(other_texts_are_refused),
                                       cmocka_unit_test(pages_go_on),
                                       cmocka_unit_test(addresses_name_the_page)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
