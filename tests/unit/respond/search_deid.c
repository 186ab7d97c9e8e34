/* SPDX-License-Identifier: MIT */
/* Keys and results of searches of links with a profile. New UIDs stand for the
 * originals that begin with 1.20 instead of 2.25. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "respond/search_deid.h"
#include "retrieve/deid_original.h"

#define ARENA_CAP ((size_t)1 << 20)
/* of 64 characters, as UIDs may have */
#define DIGITS "12345678901234567890123456789012345678901234567890123456"
#define STUDY "1.20.77." DIGITS
#define SERIES "1.20.88." DIGITS
#define LONGEST "." DIGITS "123" /* after 2.25 or 1.20 */

static struct {
    char asked[512]; /* the levels of each call: of studies or not, and the UIDs */
    bool away;
} world;

static void replace(char *uid)
{
    if (strncmp(uid, "2.25.", 5) == 0)
        memcpy(uid, "1.20.", 5);
}

int deid_original_find(const struct deid_finder *f, bool studies, const struct deid_original *uids,
                       struct err *e)
{
    size_t len = strlen(world.asked);

    assert_non_null(f->memory);
    assert_non_null(f->profile);
    snprintf(world.asked + len, sizeof world.asked - len, "%d %s/%s/%s;", studies, uids->study,
             uids->series, uids->instance);
    if (world.away)
        return err_set(e, ERR_AWAY, "away");
    if (studies)
        replace(uids->study);
    replace(uids->series);
    replace(uids->instance);
    return 0;
}

struct asking {
    struct serve serve;
    struct response response;
    struct search_query query;
};

static void begin(struct asking *t)
{
    memset(t, 0, sizeof *t);
    memset(&world, 0, sizeof world);
    mem_init(&t->serve.mem, ARENA_CAP);
    t->response.s = &t->serve;
    t->response.profile = &t->response.loaded;
    t->response.request.search = &t->query;
    snprintf(t->response.request.study, sizeof t->response.request.study, STUDY);
    snprintf(t->response.request.series, sizeof t->response.request.series, SERIES);
}

static void add_key(struct asking *t, enum search_attribute which, const char *const *values,
                    size_t count)
{
    t->query.keys[t->query.count++] = (struct search_key){which, values, count};
}

static const char *asked_for(enum search_attribute which)
{
    static char got[256];
    const struct search_query *q;
    struct err e = ERR_INIT;
    struct asking t;

    begin(&t);
    add_key(&t, which, (const char *const[]){"2.25" LONGEST, "1.20.2"}, 2);
    assert_ok(search_deid_keys(&t.response, &e), &e);
    q = t.response.request.search;
    assert_ptr_not_equal(q, &t.query);
    assert_int_equal(q->count, 1);
    assert_int_equal(q->keys[0].attribute, which);
    assert_int_equal(q->keys[0].count, 2);
    snprintf(got, sizeof got, "%s %s", q->keys[0].values[0], q->keys[0].values[1]);
    assert_string_equal(t.query.keys[0].values[0], "2.25" LONGEST);
    mem_reset(&t.serve.mem);
    return got;
}

static void uids_of_keys_are_replaced(void **state)
{
    (void)state;
    assert_string_equal(asked_for(SEARCH_STUDY_UID), "1.20" LONGEST " 1.20.2");
    assert_string_equal(world.asked, "1 2.25" LONGEST "//;1 1.20.2//;");
    assert_string_equal(asked_for(SEARCH_SERIES_UID), "1.20" LONGEST " 1.20.2");
    assert_string_equal(world.asked, "0 " STUDY "/2.25" LONGEST "/;0 " STUDY "/1.20.2/;");
    assert_string_equal(asked_for(SEARCH_SOP_UID), "1.20" LONGEST " 1.20.2");
    assert_string_equal(world.asked,
                        "0 " STUDY "/" SERIES "/2.25" LONGEST ";0 " STUDY "/" SERIES "/1.20.2;");
}

/* Their matches would show what the original has. */
static void other_keys_are_refused(void **state)
{
    static const enum search_attribute kept[] = {SEARCH_CHARACTER_SET,
                                                 SEARCH_SOP_CLASS,
                                                 SEARCH_AVAILABILITY,
                                                 SEARCH_MODALITY,
                                                 SEARCH_MODALITIES,
                                                 SEARCH_RETRIEVE_URL,
                                                 SEARCH_SERIES_NUMBER,
                                                 SEARCH_NUMBER,
                                                 SEARCH_STUDY_SERIES,
                                                 SEARCH_STUDY_INSTANCES,
                                                 SEARCH_SERIES_INSTANCES,
                                                 SEARCH_FRAMES,
                                                 SEARCH_ROWS,
                                                 SEARCH_COLUMNS,
                                                 SEARCH_BITS,
                                                 SEARCH_STUDY_UID,
                                                 SEARCH_SERIES_UID,
                                                 SEARCH_SOP_UID};
    size_t allowed = 0;

    (void)state;
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++) {
        struct err e = ERR_INIT;
        struct asking t;
        bool expected = false;

        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
            expected = expected || kept[k] == (enum search_attribute)i;
        begin(&t);
        add_key(&t, (enum search_attribute)i, (const char *const[]){"x"}, 1);
        if (!expected) {
            assert_int_equal(search_deid_keys(&t.response, &e), -1);
            assert_non_null(strstr(e.text, search_definition((enum search_attribute)i)->keyword));
            assert_int_equal(e.kind, ERR_REQUEST);
        } else {
            assert_ok(search_deid_keys(&t.response, &e), &e);
            assert_string_equal(t.response.request.search->keys[0].values[0], "x");
            allowed++;
        }
        mem_reset(&t.serve.mem);
    }
    assert_int_equal(allowed, sizeof kept / sizeof *kept);
}

static void every_key_is_looked_at(void **state)
{
    struct err e = ERR_INIT;
    struct asking t;

    (void)state;
    begin(&t);
    add_key(&t, SEARCH_MODALITY, (const char *const[]){"CT"}, 1);
    add_key(&t, SEARCH_STUDY_UID, (const char *const[]){"2.25.1"}, 1);
    add_key(&t, SEARCH_PATIENT_NAME, (const char *const[]){"*"}, 1);
    assert_err(search_deid_keys(&t.response, &e), ERR_REQUEST, &e);
    t.query.count = 2;
    assert_ok(search_deid_keys(&t.response, &e), &e);
    assert_string_equal(t.response.request.search->keys[0].values[0], "CT");
    assert_string_equal(t.response.request.search->keys[1].values[0], "1.20.1");
    world.away = true;
    assert_err(search_deid_keys(&t.response, &e), ERR_AWAY, &e);
    mem_reset(&t.serve.mem);
}

static void results_have_new_uids_and_little_else(void **state)
{
    const struct deid_profile p = {.options = 0}, keeps = {.options = DEID_UIDS};
    const char *values[SEARCH_ATTRIBUTES], *shown[SEARCH_ATTRIBUTES];
    struct search_deid uids;
    struct err e = ERR_INIT;
    char expected[UID_MAX + 1];
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        values[i] = "1.2.3";
    values[SEARCH_SERIES_UID] = "1.2.4";
    values[SEARCH_SOP_UID] = NULL;
    values[SEARCH_MODALITY] = "CT";
    assert_ok(search_deid_values(&p, values, &uids, shown, &e), &e);
    assert_ok(deid_key_uid(&p, "1.2.3", expected, &e), &e);
    assert_string_equal(shown[SEARCH_STUDY_UID], expected);
    assert_ok(deid_key_uid(&p, "1.2.4", expected, &e), &e);
    assert_string_equal(shown[SEARCH_SERIES_UID], expected);
    assert_null(shown[SEARCH_SOP_UID]);
    assert_string_equal(shown[SEARCH_MODALITY], "CT");
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        count += shown[i] != NULL;
    assert_int_equal(count, 15 + 2);
    assert_null(shown[SEARCH_PATIENT_NAME]);
    values[SEARCH_SOP_UID] = "1.2.5";
    assert_ok(search_deid_values(&keeps, values, &uids, shown, &e), &e);
    assert_string_equal(shown[SEARCH_SOP_UID], "1.2.5");
    assert_string_equal(shown[SEARCH_STUDY_UID], "1.2.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(uids_of_keys_are_replaced),
                                       cmocka_unit_test(other_keys_are_refused),
                                       cmocka_unit_test(every_key_is_looked_at),
                                       cmocka_unit_test(results_have_new_uids_and_little_else)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
