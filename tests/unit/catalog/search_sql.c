/* SPDX-License-Identifier: MIT */
#include "catalog/search_sql.h"

#include "tests/unit/unit.h"

#define ARENA_MAX ((size_t)1 << 20)

/* The statement of a query at a level, with its parameters after it, each in
 * brackets. */
static void expect(enum search_level level, const char *raw, const char *path_study,
                   const char *wanted)
{
    const char *values[SEARCH_SQL_VALUES];
    struct err e = ERR_INIT;
    struct search_query q;
    struct search_sql b;
    struct buf got;
    struct mem m;

    mem_init(&m, ARENA_MAX);
    search_sql_init(&b);
    buf_init(&got, ARENA_MAX);
    assert_ok(search_query_parse(raw, &(const struct search_target){level, path_study, "", false},
                                 &m, &q, &e),
              &e);
    search_sql_from(&b, &q);
    assert_ok(search_sql_end(&b, values, &e), &e);
    buf_str(&got, strstr(b.sql.data, "WHERE true") + strlen("WHERE true"));
    for (size_t i = 0; i < b.count; i++)
        buf_printf(&got, "[%s]", values[i]);
    assert_string_equal(got.data, wanted);
    buf_release(&got);
    search_sql_release(&b);
    mem_reset(&m);
}

static void test_rules(void **state)
{
    /* Values that a group must match by itself, and their patterns. */
    static const char *const groups[][2] = {
        {"a*", "a%"}, {"*a", "%a"}, {"*a*b*", "%a%b%"}, {"*a?b*", "%a_b%"}, {"a", "a"}};

    (void)state;
    expect(SEARCH_STUDIES, "", "", "");
    expect(SEARCH_STUDIES, "PatientID=a", "", " AND st.patient_id = $1[a]");
    expect(SEARCH_STUDIES, "PatientID=a*%25_b?\\", "",
           " AND st.patient_id LIKE $1[a%\\%\\_b_\\\\]");
    expect(SEARCH_STUDIES, "StudyInstanceUID=1.2,1.3", "",
           " AND st.uid = ANY ($1::text[])[{1.2,1.3}]");
    expect(SEARCH_STUDIES, "StudyDate=20240101-", "",
           " AND (st.study_date <> '' AND st.study_date >= $1)[20240101]");
    expect(
        SEARCH_STUDIES, "StudyDate=20240101", "",
        " AND (st.study_date <> '' AND st.study_date >= $1 AND st.study_date <= $2)[20240101][20240101]");
    expect(
        SEARCH_SERIES, "Modality=CT,M?&SeriesNumber=-3", "1.2",
        " AND st.uid = $1 AND (se.modality = $2 OR se.modality LIKE $3) AND se.number = $4::int[1.2][CT][M_][-3]");
    expect(SEARCH_STUDIES, "ModalitiesInStudy=CT", "",
           " AND EXISTS (SELECT FROM series m WHERE m.study_id = st.id AND (m.modality = $1))[CT]");
    expect(SEARCH_STUDIES, "PatientName=a%3Db", "", " AND st.folded_name LIKE fold($1)[a=b]");
    expect(SEARCH_STUDIES, "ReferringPhysicianName=*a*", "",
           " AND st.folded_referring LIKE fold($1)[%a%]");
    expect(SEARCH_STUDIES, "PatientName=*a*", "", " AND st.folded_name LIKE fold($1)[%a%]");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        char raw[64], wanted[512];

        snprintf(raw, sizeof raw, "PatientName=%s", groups[i][0]);
        snprintf(wanted, sizeof wanted,
                 " AND (st.folded_name LIKE '%%' || fold($1) || '%%' AND CASE WHEN position('=' IN"
                 " st.folded_name) = 0 THEN st.folded_name LIKE fold($1) ELSE EXISTS (SELECT FROM"
                 " unnest(string_to_array(st.folded_name, '=')) g WHERE g LIKE fold($1)) END)[%s]",
                 groups[i][1]);
        expect(SEARCH_STUDIES, raw, "", wanted);
    }
    expect(
        SEARCH_STUDIES, "PatientName=x+y&fuzzymatching=true", "",
        " AND (st.folded_name LIKE '%' || fold($1) || '%' AND ' ' || translate(st.folded_name, '^=,', '   ') LIKE '% ' ||"
        " fold($1) || '%' AND st.folded_name LIKE '%' || fold($2) || '%' AND ' ' || translate(st.folded_name, '^=,', '   ')"
        " LIKE '% ' || fold($2) || '%')[x][y]");
    expect(SEARCH_STUDIES, "StudyDescription=*c%25*&fuzzymatching=true", "",
           " AND fold(st.description) LIKE fold($1)[%c\\%%]");
    expect(SEARCH_STUDIES, "PatientID=p&fuzzymatching=true", "", " AND st.patient_id = $1[p]");
}

/* Whatever the values are, none of them comes into the statement. */
static void test_values_are_parameters(void **state)
{
    static const char evil[] = "x'; DROP TABLE study; -- $1 \" \\";
    struct err e = ERR_INIT;
    struct search_query q;
    struct mem m;

    (void)state;
    mem_init(&m, ARENA_MAX);
    for (enum search_level level = SEARCH_STUDIES; level < SEARCH_NOTHING; level++)
        for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
            const struct search_definition *d = search_definition((enum search_attribute)i);
            const char *const values[] = {evil};
            struct search_sql b;

            if (d->rule == SEARCH_RETURNED || d->rule == SEARCH_DATES || d->rule == SEARCH_TIMES ||
                d->level > level)
                continue;
            assert_ok(search_query_parse(
                          "", &(const struct search_target){level, evil, evil, false}, &m, &q, &e),
                      &e);
            q.keys[0] = (struct search_key){(enum search_attribute)i, values, 1};
            q.count = 1;
            search_sql_init(&b);
            search_sql_ids(&b, &q);
            search_sql_page(&b, &q, 5);
            assert_null(strstr(b.sql.data, "DROP"));
            assert_int_equal(b.count, 3);
            search_sql_release(&b);
        }
    mem_reset(&m);
}

/* The order ends with what is unique, so that pages neither overlap nor leave
 * out. */
static void test_pages(void **state)
{
    static const char *const ends[] = {"st.id DESC LIMIT 7 OFFSET 40",
                                       "se.number, se.uid LIMIT 7 OFFSET 40",
                                       "i.number, i.uid LIMIT 7 OFFSET 40"};

    (void)state;
    for (enum search_level level = SEARCH_STUDIES; level < SEARCH_NOTHING; level++) {
        const struct search_query q = {.level = level, .study = "", .series = "", .offset = 40};
        struct search_sql b;

        search_sql_init(&b);
        search_sql_page(&b, &q, 7);
        assert_non_null(strstr(b.sql.data, ends[level]));
        search_sql_release(&b);
    }
}

static void test_too_many_values(void **state)
{
    const char *values[SEARCH_SQL_VALUES];
    struct err e = ERR_INIT;
    struct search_sql b;

    (void)state;
    search_sql_init(&b);
    buf_str(&b.sql, "SELECT");
    for (size_t i = 0; i < SEARCH_SQL_VALUES; i++)
        search_sql_parameter(&b, "x");
    assert_ok(search_sql_end(&b, values, &e), &e);
    assert_string_equal(values[SEARCH_SQL_VALUES - 1], "x");
    search_sql_parameter(&b, "x");
    assert_err(search_sql_end(&b, values, &e), ERR_REQUEST, &e);
    search_sql_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules), cmocka_unit_test(test_values_are_parameters),
        cmocka_unit_test(test_pages), cmocka_unit_test(test_too_many_values)};

    return cmocka_run_group_tests_name("search_sql", tests, NULL, NULL);
}
