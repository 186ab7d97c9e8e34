/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/rows.h"
#include "tests/unit/body/pool.h"

static void expect_path(const struct fixture *f, size_t i, const char *path)
{
    char got[PLAN_PATH_BUFFER];

    assert_int_equal(plan_path(&f->plan, &f->plan.members[i], got), strlen(path));
    assert_string_equal(got, path);
}

static void names_have_series_and_number(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(12);
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    add(&f, &i);
    add(&f, &i);
    i.number = INSTANCE_NO_NUMBER;
    add(&f, &i);
    i.series_uid = "1.2.2";
    i.number = 1;
    add(&f, &i);
    i.series_uid = "1.2.3";
    i.series_description = "t1 mprage";
    add(&f, &i);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    expect_path(&f, 0, "0003-MR-T1_MPRAGE/000012.dcm");
    expect_path(&f, 1, "0003-MR-T1_MPRAGE/000012-2.dcm");
    expect_path(&f, 2, "0003-MR-T1_MPRAGE/none.dcm");
    expect_path(&f, 3, "0003-MR-T1_MPRAGE-2/000001.dcm");
    expect_path(&f, 4, "0003-MR-t1_mprage-3/000001.dcm");
    fixture_close(&f);
}

static void names_by_uid_are_uids(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(12);
    struct fixture f;

    (void)state;
    o.names = PLAN_NAMES_UID;
    fixture_open(&f, &o);
    add(&f, &i);
    i.sop_uid = "1.2.1.2";
    add(&f, &i);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    expect_path(&f, 0, "1.2.1/1.2.1.1.dcm");
    expect_path(&f, 1, "1.2.1/1.2.1.2.dcm");
    fixture_close(&f);
}

static void add_of(struct fixture *f, struct instance *i, const char *study, const char *series)
{
    i->study_uid = study;
    i->series_uid = series;
    add(f, i);
}

/* Of a search: studies have folders before those of their series, and a series'
 * UID may occur in two of them. */
static void studies_have_folders(void **state)
{
    static const char *const paths[] = {"0001-20240131-CT_Chest/0003-MR-T1_MPRAGE/000012.dcm",
                                        "0001-20240131-CT_Chest/0003-MR-T1_MPRAGE-2/000012.dcm",
                                        "0002-CT_Chest/0003-MR-T1_MPRAGE/000012.dcm"};
    struct plan_options o = fixture_options();
    struct instance i = made_up(12);
    struct fixture f;

    (void)state;
    for (int uids = 0; uids < 2; uids++) {
        o.study_folders = true;
        o.names = uids ? PLAN_NAMES_UID : PLAN_NAMES_SERIES;
        fixture_open(&f, &o);
        i.study_date = "20240131";
        i.study_description = "CT Chest";
        add_of(&f, &i, "1.2", "1.2.1");
        add_of(&f, &i, "1.2", "1.2.2");
        i.study_date = "-";
        add_of(&f, &i, "1.3", "1.2.2");
        assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
        assert_int_equal(f.plan.study_count, 2);
        for (size_t n = 0; n < 3 && !uids; n++)
            expect_path(&f, n, paths[n]);
        if (uids)
            expect_path(&f, 2, "1.3/1.2.2/1.2.1.1.dcm");
        fixture_close(&f);
    }
}

static void the_longest_path_has_100_characters(void **state)
{
    static char longest[301];
    struct plan_options o = fixture_options();
    struct instance i = made_up(INT32_MIN);
    char path[PLAN_PATH_BUFFER];
    struct fixture f;

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    i.series_number = INT32_MIN;
    i.modality = i.series_description = longest;
    fixture_open(&f, &o);
    for (int n = 0; n < 12; n++) {
        char uid[16];

        snprintf(uid, sizeof uid, "1.2.%d", n);
        i.series_uid = uid;
        add(&f, &i);
        add(&f, &i);
    }
    f.plan.members[23].same_number = (1 << 21) - 1;
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    /* The folder's suffix is -12 here, and may have five digits more. */
    assert_true(plan_path(&f.plan, &f.plan.members[23], path) + 5 <= 100);
    fixture_close(&f);
}

static void what_cannot_be_had_refuses_the_whole(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(1);
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    add(&f, &i);
    i.number = 2;
    i.part10 = false;
    i.transfer_syntax = "";
    add(&f, &i);
    assert_int_equal(f.plan.count + f.plan.refused, 2);
    if (f.plan.refused) {
        assert_int_equal(finish_plan(&f.plan, &f.progress, &f.e), -1);
        assert_int_equal(f.e.kind, ERR_NOT_ACCEPTABLE);
        assert_non_null(strstr(f.e.text, "1 of 2"));
        assert_string_equal(f.progress.etag, "");
    }
    fixture_close(&f);
}

static void limits_hold(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(1);
    struct fixture f;

    (void)state;
    o.max_instances = 2;
    o.max_bytes = 2500;
    fixture_open(&f, &o);
    assert_err(finish_plan(&f.plan, &f.progress, &f.e), ERR_NOT_FOUND, &f.e);
    add(&f, &i);
    i.size = 1501;
    assert_err(plan_add(&f.plan, f.store, &i, &f.e), ERR_TOO_LARGE, &f.e);
    i.size = 1500;
    add(&f, &i);
    i.size = 0;
    assert_err(plan_add(&f.plan, f.store, &i, &f.e), ERR_TOO_LARGE, &f.e);
    assert_int_equal(f.plan.data_size, 2500);
    fixture_close(&f);

    o.max_instances = 10;
    o.max_bytes = UINT64_MAX;
    fixture_open(&f, &o);
    i.size = (uint64_t)1 << 62;
    add(&f, &i);
    assert_err(plan_add(&f.plan, f.store, &i, &f.e), ERR_TOO_LARGE, &f.e);
    i.size = UINT64_MAX;
    assert_err(plan_add(&f.plan, f.store, &i, &f.e), ERR_TOO_LARGE, &f.e);
    fixture_close(&f);
}

static void rows_out_of_order_and_bad_paths_are_refused(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(5);
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    add(&f, &i);
    i.number = 4;
    assert_err(plan_add(&f.plan, f.store, &i, &f.e), ERR_SYSTEM, &f.e);
    i.number = 6;
    i.path = "../secret";
    assert_err(plan_add(&f.plan, f.store, &i, &f.e), ERR_DATA, &f.e);
    i.path = "a";
    i.root = "unknown";
    assert_err(plan_add(&f.plan, f.store, &i, &f.e), ERR_CONFIG, &f.e);
    fixture_close(&f);
}

static void only_one_instance_is_a_file_of_its_own(void **state)
{
    struct plan_options o = fixture_options();
    struct instance i = made_up(5);
    struct fixture f;

    (void)state;
    o.framing = PLAN_SINGLE;
    fixture_open(&f, &o);
    add(&f, &i);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_int_equal(f.progress.length, i.size);
    add(&f, &i);
    assert_err(finish_plan(&f.plan, &f.progress, &f.e), ERR_SYSTEM, &f.e);
    fixture_close(&f);
}

static void a_location_is_fit_for_a_header_field(void **state)
{
    static char longest[PLAN_LOCATION_MAX + 2];
    struct plan_options o = fixture_options();
    struct instance i = made_up(5);
    struct fixture f;

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    o.framing = PLAN_MULTIPART;
    o.location = longest;
    fixture_open(&f, &o);
    add(&f, &i);
    assert_err(finish_plan(&f.plan, &f.progress, &f.e), ERR_URI_TOO_LONG, &f.e);
    f.plan.options.location = "/a\r\nX: y";
    assert_err(finish_plan(&f.plan, &f.progress, &f.e), ERR_REQUEST, &f.e);
    f.plan.options.location = longest + 1;
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    fixture_close(&f);
}

/* Entity tag of a plan of two instances, the second of which `change` may
 * change. */
static void tag_of(const struct plan_options *o, const struct instance *second,
                   char etag[PLAN_ETAG_MAX])
{
    struct instance i = made_up(1);
    struct fixture f;

    fixture_open(&f, o);
    add(&f, &i);
    add(&f, second);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    memcpy(etag, f.progress.etag, PLAN_ETAG_MAX);
    assert_int_equal(strlen(etag), 42);
    assert_int_equal(etag[0], '"');
    assert_int_equal(etag[41], '"');
    assert_true(strlen(f.progress.boundary) <= 70);
    assert_true(f.plan.modified == 1700000000);
    fixture_close(&f);
}

static void a_removal_is_a_change(void **state)
{
    const struct plan_options o = fixture_options();
    struct instance i = made_up(1);
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    add(&f, &i);
    i.removed = i.updated + 1;
    add(&f, &i);
    i.removed = 0;
    add(&f, &i);
    assert_true(f.plan.modified == i.updated + 1);
    fixture_close(&f);
}

static void tags_differ_where_bytes_may_differ(void **state)
{
    char tags[16][PLAN_ETAG_MAX], again[PLAN_ETAG_MAX];
    const struct plan_options standard = fixture_options();
    struct plan_options o = standard;
    struct instance i = made_up(2);
    size_t n = 0;

    (void)state;
    tag_of(&o, &i, tags[n++]);
    o.framing = PLAN_MULTIPART;
    tag_of(&o, &i, tags[n++]);
    o.location = "/studies/1.2";
    tag_of(&o, &i, tags[n++]);
    o.location = "/other/studies/1.2";
    tag_of(&o, &i, tags[n++]);
    o = standard;
    o.names = PLAN_NAMES_UID;
    tag_of(&o, &i, tags[n++]);
    o = standard;
    o.wish.rule = WISH_ANY;
    tag_of(&o, &i, tags[n++]);
    o = standard;
    o.entry_time = false;
    tag_of(&o, &i, tags[n++]);
    o = standard;
    i.size++;
    tag_of(&o, &i, tags[n++]);
    i.crc++;
    tag_of(&o, &i, tags[n++]);
    i.number++;
    tag_of(&o, &i, tags[n++]);
    i.acquired += 100;
    tag_of(&o, &i, tags[n++]);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < a; b++)
            assert_string_not_equal(tags[a], tags[b]);
    i = made_up(2);
    i.mtime_ns = 77; /* a copy of the same file elsewhere */
    i.path = "x";
    tag_of(&standard, &i, again);
    assert_string_equal(again, tags[0]);
}

/* Libraries that make other bytes void the tags of what they convert, and of
 * nothing else. */
static void a_tag_depends_on_the_codec_version_of_conversions(void **state)
{
    struct plan_options o = fixture_options();
    char stored[2][PLAN_ETAG_MAX], converted[2][PLAN_ETAG_MAX];
    struct instance i = made_up(2), implicit = i;

    (void)state;
    implicit.transfer_syntax = TRANSFER_SYNTAX_IMPLICIT_LE;
    implicit.conversion_known = true;
    implicit.converted_size = implicit.converted_deflated = 1000;
    for (o.codec_version = 0; o.codec_version < 2; o.codec_version++) {
        tag_of(&o, &i, stored[o.codec_version]);
        tag_of(&o, &implicit, converted[o.codec_version]);
    }
    assert_string_equal(stored[0], stored[1]);
    assert_string_not_equal(converted[0], converted[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_series_and_number),
        cmocka_unit_test(names_by_uid_are_uids),
        cmocka_unit_test(studies_have_folders),
        cmocka_unit_test(the_longest_path_has_100_characters),
        cmocka_unit_test(what_cannot_be_had_refuses_the_whole),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(rows_out_of_order_and_bad_paths_are_refused),
        cmocka_unit_test(only_one_instance_is_a_file_of_its_own),
        cmocka_unit_test(a_location_is_fit_for_a_header_field),
        cmocka_unit_test(a_removal_is_a_change),
        cmocka_unit_test(tags_differ_where_bytes_may_differ),
        cmocka_unit_test(a_tag_depends_on_the_codec_version_of_conversions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
