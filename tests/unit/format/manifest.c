/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/rows.h"

#include "format/manifest.h"

#define HEADER \
    "path,study_uid,series_uid,sop_uid,sop_class_uid,stored_transfer_syntax_uid,transfer_syntax_uid,size,crc32,conflicts\r\n"
#define CT "1.2.840.10008.5.1.4.1.1.2"
#define EXPLICIT "1.2.840.10008.1.2.1"
#define JPEG "1.2.840.10008.1.2.4.50"

static int send_range(struct fixture *f, const struct manifest *l, uint64_t first, uint64_t last)
{
    struct sink s;
    int result;

    f->out_len = 0;
    assert_ok(sink_open(&s, fixture_flush, f, &f->e), &f->e);
    result = manifest_send_range(l, &f->progress, first, last + 1, &s, &f->e);
    if (result == 0)
        result = sink_flush(&s, &f->e);
    sink_close(&s);
    return result;
}

static void expect(struct fixture *f, struct manifest *l, const char *text)
{
    assert_true(f->progress.length_known);
    assert_ok(send_range(f, l, 0, f->progress.length - 1), &f->e);
    assert_int_equal(f->out_len, f->progress.length);
    assert_int_equal(f->out_len, strlen(text));
    assert_memory_equal(f->out, text, f->out_len);
}

/* Three instances of two series: as stored, converted before, never converted
 * (the last two made up in the plan). */
static void list(struct fixture *f, struct manifest *l, enum manifest_format format)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(12);

    fixture_open(f, &o);
    manifest_init(l, &f->plan, format);
    assert_ok(manifest_add(l, f->store, &i, &f->e), &f->e);
    i.sop_uid = "1.2.1.2";
    i.number = 13;
    i.transfer_syntax = JPEG;
    i.conflicts = 2;
    assert_ok(manifest_add(l, f->store, &i, &f->e), &f->e);
    i.series_uid = "1.2.2";
    i.sop_uid = "1.2.2.1";
    i.sop_class = "";
    assert_ok(manifest_add(l, f->store, &i, &f->e), &f->e);
    f->plan.members[1].syntax = f->plan.members[2].syntax = f->plan.members[0].syntax;
    f->plan.members[1].stored_size = UINT64_C(5000000000);
    f->plan.members[1].crc = 0xab;
    f->plan.members[2].known = false;
    assert_ok(finish_table(l, &f->progress, &f->e), &f->e);
}

static void close_all(struct fixture *f, struct manifest *l)
{
    manifest_release(l);
    fixture_close(f);
}

static void csv_is_a_row_a_member(void **state)
{
    struct fixture f;
    struct manifest l;

    (void)state;
    list(&f, &l, MANIFEST_CSV);
    expect(&f, &l,
           HEADER "0003-MR-T1_MPRAGE/000012.dcm,1.2,1.2.1,1.2.1.1," CT "," EXPLICIT "," EXPLICIT
                  ",1000,12345678,0\r\n"
                  "0003-MR-T1_MPRAGE/000013.dcm,1.2,1.2.1,1.2.1.2," CT "," JPEG "," EXPLICIT
                  ",5000000000,000000ab,2\r\n"
                  "0003-MR-T1_MPRAGE-2/000013.dcm,1.2,1.2.2,1.2.2.1,," JPEG "," EXPLICIT
                  ",,,2\r\n");
    close_all(&f, &l);
}

static void json_is_an_object_a_member(void **state)
{
    struct fixture f;
    struct manifest l;

    (void)state;
    list(&f, &l, MANIFEST_JSON);
    expect(
        &f, &l,
        "[\n"
        "{\"path\":\"0003-MR-T1_MPRAGE/000012.dcm\",\"study_uid\":\"1.2\",\"series_uid\":\"1.2.1\",\"sop_uid\":"
        "\"1.2.1.1\",\"sop_class_uid\":\"" CT "\",\"stored_transfer_syntax_uid\":\"" EXPLICIT
        "\",\"transfer_syntax_uid\":\"" EXPLICIT
        "\",\"size\":1000,\"crc32\":\"12345678\",\"conflicts\":0},\n"
        "{\"path\":\"0003-MR-T1_MPRAGE/000013.dcm\",\"study_uid\":\"1.2\",\"series_uid\":\"1.2.1\",\"sop_uid\":"
        "\"1.2.1.2\",\"sop_class_uid\":\"" CT "\",\"stored_transfer_syntax_uid\":\"" JPEG
        "\",\"transfer_syntax_uid\":\"" EXPLICIT
        "\",\"size\":5000000000,\"crc32\":\"000000ab\",\"conflicts\":2},\n"
        "{\"path\":\"0003-MR-T1_MPRAGE-2/000013.dcm\",\"study_uid\":\"1.2\",\"series_uid\":\"1.2.2\",\"sop_uid\":"
        "\"1.2.2.1\",\"sop_class_uid\":\"\",\"stored_transfer_syntax_uid\":\"" JPEG
        "\",\"transfer_syntax_uid\":\"" EXPLICIT
        "\",\"size\":null,\"crc32\":null,\"conflicts\":2}\n"
        "]\n");
    close_all(&f, &l);
}

static void only_digests_of_the_files_are_known(void **state)
{
    static const uint8_t digest[SHA256_BYTES] = {1};
    struct instance_digest fresh[3];
    size_t at = 0;
    struct plan_options o = fixture_options();
    struct instance i = made_up(1);
    struct fixture f;
    struct manifest l;

    (void)state;
    fixture_open(&f, &o);
    manifest_init(&l, &f.plan, MANIFEST_CSV);
    assert_ok(manifest_add(&l, f.store, &i, &f.e), &f.e);
    assert_int_equal(l.missing, 1);
    i.sop_uid = "1.2.1.2";
    i.sha256 = digest;
    assert_ok(manifest_add(&l, f.store, &i, &f.e), &f.e);
    assert_int_equal(l.missing, 1);
    i.sop_uid = "1.2.1.3";
    i.sha256 = NULL;
    assert_ok(manifest_add(&l, f.store, &i, &f.e), &f.e);
    assert_int_equal(l.missing, 2);

    /* Recorded for the file: the first, which has been computed. The third is converted. */
    f.plan.members[2].source = PLAN_CONVERTED;
    manifest_set_digest(&l, 0, digest);
    manifest_set_digest(&l, 2, digest);
    assert_int_equal(l.missing, 0);
    assert_int_equal(manifest_fresh(&l, &at, fresh, 3), 1);
    assert_int_equal(at, 3);
    assert_string_equal(fresh[0].sop_uid, "1.2.1.1");
    assert_int_equal(fresh[0].crc, f.plan.members[0].file_crc);
    assert_memory_equal(fresh[0].sha256, digest, sizeof digest);
    assert_int_equal(manifest_fresh(&l, &at, fresh, 3), 0);
    close_all(&f, &l);
}

static void every_range_is_a_part_of_the_whole(void **state)
{
    struct fixture f;
    struct manifest l;
    uint8_t *whole;
    size_t len;

    (void)state;
    list(&f, &l, MANIFEST_JSON);
    assert_ok(send_range(&f, &l, 0, f.progress.length - 1), &f.e);
    len = f.out_len;
    whole = malloc(len);
    memcpy(whole, f.out, len);
    for (size_t first = 0; first < len; first += 13)
        for (size_t last = first; last < len; last += 29) {
            assert_ok(send_range(&f, &l, first, last), &f.e);
            assert_int_equal(f.out_len, last - first + 1);
            assert_memory_equal(f.out, whole + first, f.out_len);
        }
    assert_err(send_range(&f, &l, 0, len), ERR_RANGE, &f.e);
    assert_err(send_range(&f, &l, 2, 1), ERR_RANGE, &f.e);
    free(whole);
    close_all(&f, &l);
}

static void the_tag_stands_for_the_text(void **state)
{
    struct fixture f[3];
    struct manifest l[3];

    (void)state;
    list(&f[0], &l[0], MANIFEST_CSV);
    list(&f[1], &l[1], MANIFEST_CSV);
    list(&f[2], &l[2], MANIFEST_JSON);
    assert_int_equal(strlen(f[0].progress.etag), 42);
    assert_string_equal(f[0].progress.etag, f[1].progress.etag);
    assert_string_not_equal(f[0].progress.etag, f[2].progress.etag);
    f[1].plan.members[0].crc++;
    assert_ok(finish_table(&l[1], &f[1].progress, &f[1].e), &f[1].e);
    assert_string_not_equal(f[0].progress.etag, f[1].progress.etag);
    for (int i = 0; i < 3; i++)
        close_all(&f[i], &l[i]);
}

/* Its size as received is known even where its size in the archive is not. */
static void deflated_for_the_first_time(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(1);
    struct fixture f;
    struct manifest l;

    (void)state;
    o.compression = PLAN_COMPRESS_DEFLATE;
    fixture_open(&f, &o);
    manifest_init(&l, &f.plan, MANIFEST_CSV);
    assert_ok(manifest_add(&l, f.store, &i, &f.e), &f.e);
    assert_ok(finish_table(&l, &f.progress, &f.e), &f.e);
    expect(&f, &l,
           HEADER "0003-MR-T1_MPRAGE/000001.dcm,1.2,1.2.1,1.2.1.1," CT "," EXPLICIT "," EXPLICIT
                  ",1000,12345678,0\r\n");
    close_all(&f, &l);
}

static void what_cannot_be_had_is_refused(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(1);
    struct fixture f;
    struct manifest l;

    (void)state;
    i.rows = i.columns = i.frames = i.samples = 1;
    i.bits_allocated = 8;
    o.wish.rule = WISH_NAMED;
    snprintf(o.wish.uid, sizeof o.wish.uid, "1.2.840.10008.1.2.4.51");
    fixture_open(&f, &o);
    manifest_init(&l, &f.plan, MANIFEST_CSV);
    assert_ok(manifest_add(&l, f.store, &i, &f.e), &f.e);
    assert_err(finish_table(&l, &f.progress, &f.e), ERR_NOT_ACCEPTABLE, &f.e);
    close_all(&f, &l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_is_a_row_a_member),
        cmocka_unit_test(json_is_an_object_a_member),
        cmocka_unit_test(only_digests_of_the_files_are_known),
        cmocka_unit_test(every_range_is_a_part_of_the_whole),
        cmocka_unit_test(the_tag_stands_for_the_text),
        cmocka_unit_test(deflated_for_the_first_time),
        cmocka_unit_test(what_cannot_be_had_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
