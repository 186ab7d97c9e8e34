/* SPDX-License-Identifier: MIT */
/* Plans of bulk data: what wadozip-dicom takes out of the one file is the
 * answer. */
#include "tests/unit/body/response.h"
#include "tests/unit/body/pool.h"

#define SIZE 1000

static void learn_nothing(void *ctx, const struct plan *p, const struct plan_member *m,
                          uint64_t size, uint32_t crc, uint64_t deflated)
{
    (void)ctx, (void)p, (void)m, (void)size, (void)crc, (void)deflated;
    fail_msg("values are no forms of instances");
}

static void open_bulkdata(struct fixture *f, struct helper_pool *pool, enum plan_framing framing)
{
    struct plan_options o = fixture_options();
    static uint8_t data[SIZE];
    struct instance i;

    o.content = PLAN_BULKDATA;
    o.element = "7FE00010";
    o.framing = framing;
    o.location = framing == PLAN_MULTIPART ? "/wado/studies/1.2.3" : NULL;
    fixture_open(f, &o);
    f->learn = (struct content_learn){.conversion = learn_nothing};
    f->pool = pool;
    fixture_fill(data, SIZE, 1);
    fixture_write(f, "one", data, SIZE);
    i = fixture_row(f, "one", 1);
    i.conversion_known = true; /* of the converted instance, which has nothing to do with it */
    i.converted_size = 77;
    i.transfer_syntax = "1.2.840.10008.1.2.4.102";
    assert_ok(plan_add(&f->plan, f->store, &i, &f->e), &f->e);
    content_init(&f->content, &f->progress, f->store, f->pool, &f->learn);
    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
}

/* The length is known when it has been made, the tag before; whatever parts are
 * sent, it is made once. */
static void is_made_once(void **state)
{
    static const enum plan_framing framings[] = {PLAN_SINGLE, PLAN_MULTIPART};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct helper_pool pool = {.room = 4};
        char etag[PLAN_ETAG_MAX];
        uint8_t whole[SIZE + 1000];
        struct fixture f;

        open_bulkdata(&f, &pool, framings[i]);
        assert_false(f.progress.length_known);
        memcpy(etag, f.progress.etag, sizeof etag);
        assert_int_equal(etag[0], '"');
        assert_ok(content_begin(&f.content, 0, 0, &f.e), &f.e);
        assert_ok(finish_measure(&f.progress, &f.e), &f.e);
        assert_true(f.progress.length_known && f.progress.length >= SIZE + 5);
        assert_string_equal(f.progress.etag, etag);
        assert_ok(fixture_send(&f), &f.e);
        assert_int_equal(f.out_len, f.progress.length);
        memcpy(whole, f.out, f.out_len);
        for (uint64_t first = 0; first < f.progress.length; first += 333) {
            assert_ok(fixture_send_range(&f, first, f.progress.length - 1), &f.e);
            assert_memory_equal(f.out, whole + first, f.progress.length - first);
        }
        assert_int_equal(pool.submitted, 1);
        fixture_close(&f);
    }
}

static void a_part_says_where_it_lies(void **state)
{
    static const char want[] =
        "\r\nContent-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.102"
        "\r\nContent-Location: /wado/studies/1.2.3"
        "/series/1.2.3.1/instances/1.2.3.1.1/bulkdata/7FE00010\r\n"
        "Content-Length: 1005\r\n\r\nconv:";
    struct helper_pool pool = {.room = 4};
    struct fixture f;

    (void)state;
    open_bulkdata(&f, &pool, PLAN_MULTIPART);
    assert_ok(content_begin(&f.content, 0, 0, &f.e), &f.e);
    assert_ok(fixture_send(&f), &f.e);
    assert_non_null(memmem(f.out, f.out_len, want, sizeof want - 1));
    fixture_close(&f);
}

/* What is the requester's business has words for him; the rest names the file,
 * for the log. */
static void failures_are_distinguished(void **state)
{
    static const struct {
        enum helper_class class;
        enum err_kind kind;
        const char *words;
        bool file;
    } cases[] = {
        {HELPER_ABSENT, ERR_NOT_FOUND, "no value at 7FE00010", false},
        {HELPER_UNDECODABLE, ERR_NOT_ACCEPTABLE, "1.2.840.10008.1.2.4.102 cannot be decoded",
         false},
        {HELPER_REFUSED, ERR_HELPER, "cannot extract 7FE00010 of main:one: Doe^John", true},
        {HELPER_FAILED, ERR_HELPER, "cannot extract 7FE00010 of main:one: Doe^John", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct helper_pool pool = {.room = 4, .refuse = "Doe^John", .class = cases[i].class};
        struct fixture f;

        open_bulkdata(&f, &pool, PLAN_SINGLE);
        assert_int_equal(content_begin(&f.content, 0, 0, &f.e), -1);
        assert_int_equal(f.e.kind, cases[i].kind);
        assert_non_null(strstr(f.e.text, cases[i].words));
        assert_int_equal(strstr(f.e.text, "one") != NULL, cases[i].file);
        err_clear(&f.e);
        fixture_close(&f);
    }
}

static void tag_of(const char *element, uint32_t codec_version, uint32_t crc,
                   char out[PLAN_ETAG_MAX])
{
    struct plan_options o = fixture_options();
    struct fixture f;
    struct instance i;

    o.content = PLAN_BULKDATA;
    o.element = element;
    o.framing = PLAN_SINGLE;
    o.codec_version = codec_version;
    fixture_open(&f, &o);
    fixture_write(&f, "one", "x", 1);
    i = fixture_row(&f, "one", 1);
    i.crc = crc;
    assert_ok(plan_add(&f.plan, f.store, &i, &f.e), &f.e);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    memcpy(out, f.progress.etag, PLAN_ETAG_MAX);
    fixture_close(&f);
}

static void the_tag_stands_for_all_that_matters(void **state)
{
    char first[PLAN_ETAG_MAX], other[PLAN_ETAG_MAX];

    (void)state;
    tag_of("7FE00010", 1, 1, first);
    tag_of("7FE00010", 1, 1, other);
    assert_string_equal(first, other);
    tag_of("7FE00011", 1, 1, other);
    assert_string_not_equal(first, other);
    tag_of("7FE00010", 2, 1, other);
    assert_string_not_equal(first, other);
    tag_of("7FE00010", 1, 2, other);
    assert_string_not_equal(first, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_once),
        cmocka_unit_test(a_part_says_where_it_lies),
        cmocka_unit_test(failures_are_distinguished),
        cmocka_unit_test(the_tag_stands_for_all_that_matters),
    };

    return cmocka_run_group_tests_name("bulkdata", tests, NULL, NULL);
}
