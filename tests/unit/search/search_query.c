/* SPDX-License-Identifier: MIT */
#include "search/search_query.h"

#include "tests/unit/table.h"
#include "tests/unit/unit.h"

#define ARENA_CAP ((size_t)1 << 20)
#define PARAMETERS_MAX 256 /* search_query.c */

static void describe_keys(const struct search_query *q, char *out, size_t room)
{
    size_t n = 0;

    *out = '\0';
    for (size_t i = 0; i < q->count; i++) {
        n += (size_t)snprintf(out + n, room - n,
                              "%s=", search_definition(q->keys[i].attribute)->keyword);
        for (size_t j = 0; j < q->keys[i].count; j++)
            n += (size_t)snprintf(out + n, room - n, "%s%s", j ? "|" : "", q->keys[i].values[j]);
        n += (size_t)snprintf(out + n, room - n, " ");
    }
    if (q->limit != SEARCH_OFFSET_MAX)
        n += (size_t)snprintf(out + n, room - n, "limit=%llu ", (unsigned long long)q->limit);
    if (q->offset)
        n += (size_t)snprintf(out + n, room - n, "offset=%llu ", (unsigned long long)q->offset);
    if (q->fuzzy)
        n += (size_t)snprintf(out + n, room - n, "fuzzy ");
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        if (q->wanted[i] && !search_definition((enum search_attribute)i)->always)
            n += (size_t)snprintf(out + n, room - n, "+%08X ",
                                  search_definition((enum search_attribute)i)->tag);
    if (n)
        out[n - 1] = '\0';
}

static void test_row(void **state)
{
    const struct table_row *row = *state;
    static const char *const levels[] = {"studies", "series", "instances"};
    enum search_level level = SEARCH_STUDIES;
    struct search_query q;
    struct err e = ERR_INIT;
    struct mem m;
    char text[4096];

    while (strcmp(levels[level], row->cells[1]) != 0)
        level++;
    mem_init(&m, ARENA_CAP);
    if (search_query_parse(row->cells[2] ? row->cells[2] : "",
                           &(const struct search_target){level, "", "", false}, &m, &q, &e) == 0) {
        describe_keys(&q, text, sizeof text);
    } else {
        assert_int_equal(e.kind, ERR_REQUEST);
        snprintf(text, sizeof text, "400");
    }
    assert_string_equal(text, row->cells[3] ? row->cells[3] : "");
    mem_reset(&m);
}

/* What the path decides is not repeated, but the UIDs, which clients go on
 * with. */
static void test_path(void **state)
{
    struct search_query q;
    struct err e = ERR_INIT;
    struct mem m;

    (void)state;
    mem_init(&m, ARENA_CAP);
    assert_int_equal(
        search_query_parse("", &(const struct search_target){SEARCH_INSTANCES, "1.2", "", false},
                           &m, &q, &e),
        0);
    assert_true(q.wanted[SEARCH_SOP_UID] && q.wanted[SEARCH_MODALITY] &&
                q.wanted[SEARCH_STUDY_UID]);
    assert_false(q.wanted[SEARCH_PATIENT_NAME]);
    assert_int_equal(
        search_query_parse("", &(const struct search_target){SEARCH_SERIES, "1.2", "", false}, &m,
                           &q, &e),
        0);
    assert_true(q.wanted[SEARCH_SERIES_UID] && !q.wanted[SEARCH_SOP_UID]);
    assert_int_equal(
        search_query_parse("", &(const struct search_target){SEARCH_STUDIES, "", "", false}, &m, &q,
                           &e),
        0);
    assert_true(q.wanted[SEARCH_STUDY_UID] && !q.wanted[SEARCH_SERIES_UID]);
    assert_int_equal(
        search_query_parse("", &(const struct search_target){SEARCH_INSTANCES, "1.2", "1.3", false},
                           &m, &q, &e),
        0);
    assert_true(q.wanted[SEARCH_SERIES_UID] && q.wanted[SEARCH_RETRIEVE_URL]);
    assert_false(q.wanted[SEARCH_MODALITY]);
    assert_false(q.wanted[SEARCH_SPS_ID] || q.wanted[SEARCH_REQUESTED_ID]);
    assert_int_equal(
        search_query_parse("includefield=RequestAttributesSequence",
                           &(const struct search_target){SEARCH_INSTANCES, "1.2", "1.3", false}, &m,
                           &q, &e),
        0);
    assert_true(q.wanted[SEARCH_SPS_ID] && q.wanted[SEARCH_REQUESTED_ID]);
    mem_reset(&m);
}

/* Parse a query of `first` and `count` times `more`. */
static int parse_repeated(const char *first, const char *more, size_t count, struct err *e)
{
    static char query[8192];
    struct search_query q;
    struct mem m;
    size_t n = (size_t)snprintf(query, sizeof query, "%s", first);
    int rc;

    for (size_t i = 0; i < count; i++)
        n += (size_t)snprintf(query + n, sizeof query - n, "%s", more);
    assert_true(n < sizeof query);
    mem_init(&m, ARENA_CAP);
    rc = search_query_parse(query, &(const struct search_target){SEARCH_STUDIES, "", "", false}, &m,
                            &q, e);
    mem_reset(&m);
    return rc;
}

/* Work and memory are bounded whatever the query holds. */
static void test_bounds(void **state)
{
    static const struct {
        const char *first, *more;
        size_t most;
    } cases[] = {
        {"ModalitiesInStudy=", "A,", SEARCH_VALUES_MAX},
        {"", "a=b&", PARAMETERS_MAX},
    };
    struct err e = ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(parse_repeated(cases[i].first, cases[i].more, cases[i].most, &e), &e);
        assert_err(parse_repeated(cases[i].first, cases[i].more, cases[i].most + 1, &e),
                   ERR_REQUEST, &e);
    }
}

/* The order of the attributes is that of their tags, those of the sequence by
 * the sequence's. */
static void test_order(void **state)
{
    uint32_t before = 0;

    (void)state;
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        const struct search_definition *d = search_definition((enum search_attribute)i);

        assert_non_null(d->keyword);
        assert_true((d->sequence ? d->sequence : d->tag) >= before);
        before = d->sequence ? d->sequence : d->tag;
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path), cmocka_unit_test(test_bounds), cmocka_unit_test(test_order)};
    int failed = cmocka_run_group_tests_name("search_query", tests, NULL, NULL);

    return failed + table_run("search.tsv", 4, test_row) ? 1 : 0;
}
