/* SPDX-License-Identifier: MIT */
/* The catalogue as the responder uses it. What needs a database runs when
 * tests/system/test_catalog.py has made one with known content and names it in
 * WADOZIP_TEST_DATABASE. */
#include "tests/unit/unit.h"

#include "base/io.h"
#include "catalog/catalog_learn.h"
#include "db/db.h"

#define STUDY "1.2.3"
#define INSTANCES 5000 /* of STUDY, in two series */

static const char *database;

struct seen {
    size_t count, stop_at;
    char last[UID_MAX + 1], series[UID_MAX + 1], path[64];
    bool out_of_order;
    int32_t number, series_number;
};

static int see(void *ctx, const struct instance *i, struct err *e)
{
    struct seen *s = ctx;

    s->out_of_order |=
        s->count && (i->series_number < s->series_number ||
                     (i->series_number == s->series_number && i->number < s->number));
    s->number = i->number;
    s->series_number = i->series_number;
    snprintf(s->last, sizeof s->last, "%s", i->sop_uid);
    snprintf(s->series, sizeof s->series, "%s", i->series_uid);
    snprintf(s->path, sizeof s->path, "%s", i->path);
    assert_string_equal(i->study_uid, STUDY);
    return ++s->count == s->stop_at ? err_set(e, ERR_PEER, "enough") : 0;
}

static struct catalog *open_catalog(void)
{
    struct catalog *c = NULL;
    struct err e = ERR_INIT;

    assert_ok(catalog_open(database, &c, &e), &e);
    return c;
}

static int find(struct catalog *c, const char *study, const char *series, const char *instance,
                uint64_t most, struct seen *s, struct err *e)
{
    const struct catalog_query q = {
        study, series, instance, "1.2.840.10008.1.2.1", 0, NULL, true, false, most, false, false};

    return catalog_find(c, &q, see, s, e);
}

static void a_database_that_is_away(void **state)
{
    static const char *const cases[] = {"host=/nowhere", "host=127.0.0.1 port=1 connect_timeout=2",
                                        "no such = syntax", "service=nothing-of-this-name"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct catalog *c = NULL;
        struct err e = ERR_INIT;

        assert_ok(catalog_open(cases[i], &c, &e), &e);
        assert_err(catalog_check(c, &e), ERR_AWAY, &e);
        assert_err(find(c, STUDY, NULL, NULL, 1, &(struct seen){0}, &e), ERR_AWAY, &e);
        catalog_close(c);
    }
    catalog_close(NULL);
}

static void every_level_in_order(void **state)
{
    struct catalog *c = open_catalog();
    struct seen study = {0}, series = {0}, instance = {0};
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(catalog_check(c, &e), &e);
    assert_ok(find(c, STUDY, NULL, NULL, 1000000, &study, &e), &e);
    assert_int_equal(study.count, INSTANCES);
    assert_false(study.out_of_order);
    assert_ok(find(c, STUDY, study.series, "", 1000000, &series, &e), &e);
    assert_int_equal(series.count, INSTANCES / 2);
    assert_string_equal(series.last, study.last);
    assert_ok(find(c, STUDY, study.series, study.last, 1, &instance, &e), &e);
    assert_int_equal(instance.count, 1);
    assert_string_equal(instance.path, "caf\xe9/5000");
    catalog_close(c);
}

static void limits_and_absence(void **state)
{
    static const struct {
        const char *study, *series, *instance;
        uint64_t most;
        enum err_kind kind;
    } cases[] = {
        {STUDY, NULL, NULL, INSTANCES, ERR_NONE},
        {STUDY, NULL, NULL, INSTANCES - 1, ERR_TOO_LARGE},
        {STUDY, NULL, NULL, 1, ERR_TOO_LARGE},
        {"9.9", NULL, NULL, 10, ERR_NOT_FOUND},
        {STUDY, "9.9", NULL, 10, ERR_NOT_FOUND},
        {STUDY, "1.2.3.1", "9.9", 10, ERR_NOT_FOUND},
        {"4.4", NULL, NULL, 10, ERR_GONE},
        {"4.4", "4.4.1", NULL, 10, ERR_GONE},
        {"4.4", "4.4.1", "4.4.1.1", 10, ERR_GONE},
        {"4.4", "9.9", NULL, 10, ERR_NOT_FOUND},
        {STUDY, "1.2.3.1", "4.4.1.1", 10, ERR_NOT_FOUND},
    };
    struct catalog *c = open_catalog();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        int rc = find(c, cases[i].study, cases[i].series, cases[i].instance, cases[i].most,
                      &(struct seen){0}, &e);

        assert_int_equal(rc, cases[i].kind ? -1 : 0);
        assert_string_equal(err_kind_name(e.kind), err_kind_name(cases[i].kind));
    }
    catalog_close(c);
}

static void a_failing_row_ends_the_query_and_the_next_one_works(void **state)
{
    struct catalog *c = open_catalog();
    struct seen s = {.stop_at = 3}, again = {0};
    struct err e = ERR_INIT;

    (void)state;
    assert_err(find(c, STUDY, NULL, NULL, 1000000, &s, &e), ERR_PEER, &e);
    assert_int_equal(s.count, 3);
    assert_ok(find(c, STUDY, NULL, NULL, 1000000, &again, &e), &e);
    assert_int_equal(again.count, INSTANCES);
    catalog_close(c);
}

static void run_sql(const char *sql)
{
    const struct db_setup setup = {.conninfo = database};
    struct err e = ERR_INIT;
    struct db *db = NULL;

    assert_ok(db_open(&setup, &db, &e), &e);
    assert_ok(db_script(db, sql, NULL, NULL, &e), &e);
    db_close(db);
}

static void a_broken_connection_is_mended_once(void **state)
{
    struct catalog *c = open_catalog();
    struct err e = ERR_INIT;

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct seen s = {0};

        assert_ok(find(c, STUDY, NULL, NULL, 1000000, &s, &e), &e);
        assert_int_equal(s.count, INSTANCES);
        run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }
    catalog_close(c);
}

/* A connection that ends between two rows is not mended: rows would come twice.
 */
static int break_off(void *ctx, const struct instance *i, struct err *e)
{
    size_t *count = ctx;

    (void)i, (void)e;
    if (++*count == 1)
        run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    return 0;
}

static void rows_never_come_twice(void **state)
{
    struct catalog *c = open_catalog();
    const struct catalog_query q = {STUDY, NULL,  NULL,    "1.2", 0,    NULL,
                                    true,  false, 1000000, false, false};
    struct err e = ERR_INIT;
    size_t count = 0;
    int rc;

    (void)state;
    rc = catalog_find(c, &q, break_off, &count, &e);
    if (rc == 0)
        assert_int_equal(count, INSTANCES); /* all had been sent before the connection ended */
    else
        assert_int_equal(e.kind, ERR_AWAY);
    assert_true(count <= INSTANCES);
    catalog_close(c);
}

static int take_conversion(void *ctx, const struct instance *i, struct err *e)
{
    (void)e;
    *(struct instance *)ctx = *i;
    return 0;
}

static void what_is_learned_comes_back(void **state)
{
    struct catalog *c = open_catalog();
    const char *target = "1.2.840.10008.1.2.4.70";
    struct catalog_query q = {STUDY, "1.2.3.1", "1.2.3.1.1", target, INT32_MAX, NULL,
                              true,  false,     1,           false,  false};
    const struct catalog_conversion conversions[] = {
        {target, q.codec_version, 5, 4, 6},
        {target, q.codec_version, UINT32_MAX, 0, 7},
        {target, q.codec_version, 9000000000, 0, UINT32_MAX},
        {target, 5, 6, 0, 7}};
    struct catalog_conversion again = conversions[2];
    struct err e = ERR_INIT;
    struct instance i;

    (void)state;
    assert_ok(catalog_find(c, &q, take_conversion, &i, &e), &e);
    assert_false(i.conversion_known);
    for (size_t n = 0; n < sizeof conversions / sizeof *conversions;
         n++) /* the first is of another file: void */
        assert_ok(catalog_learn_conversion(c, q.instance, i.crc + (n == 0), &conversions[n], &e),
                  &e);
    assert_ok(catalog_find(c, &q, take_conversion, &i, &e), &e);
    assert_true(i.conversion_known);
    assert_int_equal(i.converted_size, 9000000000);
    assert_int_equal(i.converted_crc, UINT32_MAX);
    assert_int_equal(i.converted_deflated, 0);
    for (again.deflated = 8000000000; again.deflated != UINT64_MAX;
         again.deflated = again.deflated ? 0 : UINT64_MAX)
        assert_ok(catalog_learn_conversion(c, q.instance, i.crc, &again, &e), &e);
    assert_ok(catalog_find(c, &q, take_conversion, &i, &e), &e);
    assert_int_equal(i.converted_deflated, 8000000000); /* not to know it does not void it */
    for (q.codec_version = 0; q.codec_version < 2;
         q.codec_version++) { /* of other libraries, or not known of which: void */
        assert_ok(catalog_find(c, &q, take_conversion, &i, &e), &e);
        assert_false(i.conversion_known);
    }
    q.codec_version = INT32_MAX;

    /* not what is recorded */
    assert_ok(catalog_learn_mtime(c, "r", "caf\xe9/5000", i.mtime_ns + 1, 5, &e), &e);
    assert_ok(catalog_learn_mtime(c, "r", "caf\xe9/5000", i.mtime_ns, INT64_MIN, &e), &e);
    assert_ok(catalog_find(c, &q, take_conversion, &i, &e), &e);
    assert_true(i.mtime_ns == INT64_MIN);
    catalog_close(c);
}

struct record_keys {
    size_t known, longest, missing;
};

static int see_keys(void *ctx, const struct instance *i, struct err *e)
{
    struct record_keys *k = ctx;

    (void)e;
    if (!i->keys) {
        k->missing++;
        return 0;
    }
    k->known++;
    if (i->key_bytes > k->longest)
        k->longest = i->key_bytes;
    for (size_t n = 0; n < i->key_bytes; n++)
        assert_int_equal(i->keys[n], 0x5c);
    return 0;
}

/* Only where they are asked for. */
static void keys_of_directory_records(void **state)
{
    struct catalog *c = open_catalog();
    struct err e = ERR_INIT;

    (void)state;
    for (int level = 0; level < 3; level++) {
        const size_t all[] = {INSTANCES, INSTANCES / 2, 1};
        struct catalog_query q = {STUDY,
                                  level > 0 ? "1.2.3.1" : NULL,
                                  level > 1 ? "1.2.3.1.2500" : NULL,
                                  "1.2",
                                  0,
                                  NULL,
                                  true,
                                  true,
                                  1000000,
                                  false,
                                  false};
        struct record_keys k = {0};

        assert_ok(catalog_find(c, &q, see_keys, &k, &e), &e);
        assert_int_equal(k.known + k.missing, all[level]);
        assert_int_equal(k.missing, level == 0 ? 2 : level == 1); /* those of number 2500 */
        assert_int_equal(k.longest, DICOMDIR_KEYS_MAX);
        q.keys = false;
        k = (struct record_keys){0};
        assert_ok(catalog_find(c, &q, see_keys, &k, &e), &e);
        assert_int_equal(k.known, 0);
    }
    catalog_close(c);
}

static void what_a_directory_says_of_a_study(void **state)
{
    struct catalog *c = open_catalog();
    char issuer[HELPER_TEXT_MAX + 1];
    struct dicomdir_study s;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(catalog_dicomdir_study(c, STUDY, &s, issuer, &e), &e);
    assert_string_equal(s.study_uid, STUDY);
    assert_string_equal(s.patient_id, "P");
    assert_string_equal(s.patient_name, "M\xc3\xbcller");
    assert_string_equal(s.patient_birth_date, "19700102");
    assert_string_equal(s.patient_sex, "O");
    assert_string_equal(s.study_date, "20200102");
    assert_string_equal(s.study_time, "03");
    assert_string_equal(s.study_id, "I");
    assert_string_equal(s.accession, "A");
    assert_string_equal(s.study_description, "D");
    assert_string_equal(issuer, "");
    assert_ok(catalog_dicomdir_study(c, "1.2.4", &s, issuer, &e), &e);
    assert_string_equal(s.study_uid, "");
    catalog_close(c);
}

static void five_thousand_rows_take_milliseconds(void **state)
{
    struct catalog *c = open_catalog();
    struct err e = ERR_INIT;
    double best = 1;

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct seen s = {0};
        double begun = io_now(), took;

        assert_ok(find(c, STUDY, NULL, NULL, 1000000, &s, &e), &e);
        took = io_now() - begun;
        best = took < best ? took : best;
    }
    print_message("# %d rows in %.1f ms\n", INSTANCES, best * 1000);
    catalog_close(c);
}

int main(void)
{
    const struct CMUnitTest alone[] = {cmocka_unit_test(a_database_that_is_away)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_in_order),
        cmocka_unit_test(limits_and_absence),
        cmocka_unit_test(a_failing_row_ends_the_query_and_the_next_one_works),
        cmocka_unit_test(a_broken_connection_is_mended_once),
        cmocka_unit_test(rows_never_come_twice),
        cmocka_unit_test(what_is_learned_comes_back),
        cmocka_unit_test(keys_of_directory_records),
        cmocka_unit_test(what_a_directory_says_of_a_study),
        cmocka_unit_test(five_thousand_rows_take_milliseconds),
    };

    database = getenv("WADOZIP_TEST_DATABASE");
    if (database)
        return cmocka_run_group_tests(tests, NULL, NULL);
    return cmocka_run_group_tests(alone, NULL, NULL);
}
