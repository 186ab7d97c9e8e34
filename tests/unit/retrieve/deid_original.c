/* SPDX-License-Identifier: MIT */
/* From new UIDs back to those of the catalogue, which is a table here. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "catalog/level_uids.h"
#include "retrieve/deid_original.h"

#define STANDARD "1.2.840.10008.9"

static const struct row {
    const char *study, *series, *uid;
} rows[] = {
    {"", "", "1.1"},         {"", "", "1.2"},         {"", "", STANDARD},
    {"1.1", "", "1.1.1"},    {"1.1", "", "1.1.2"},    {"1.2", "", "1.2.1"},
    {"1.1", "1.1.1", "9.1"}, {"1.1", "1.1.1", "9.2"}, {"1.1", "1.1.2", "9.3"},
};

static struct {
    unsigned scans, checks; /* of the catalogue */
    const char *hidden;     /* from the session */
    bool away;
} world;

static bool is_of(const struct row *r, const char *study, const char *series)
{
    return strcmp(r->study, study) == 0 && strcmp(r->series, series) == 0 &&
           !(world.hidden && strcmp(world.hidden, r->uid) == 0);
}

int level_uids(struct catalog *c, const char *study, const char *series, level_uids_each *each,
               void *ctx, struct err *e)
{
    assert_null(c);
    world.scans++;
    if (world.away)
        return err_set(e, ERR_AWAY, "away");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_of(&rows[i], study, series) && each(ctx, rows[i].uid, e))
            return -1;
    return 0;
}

int level_uids_has(struct catalog *c, const char *study, const char *series, const char *uid,
                   bool *has, struct err *e)
{
    assert_null(c);
    world.checks++;
    *has = false;
    if (world.away)
        return err_set(e, ERR_AWAY, "away");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        *has = *has || (is_of(&rows[i], study, series) && strcmp(rows[i].uid, uid) == 0);
    return 0;
}

struct names {
    char study[UID_MAX + 1], series[UID_MAX + 1], instance[UID_MAX + 1];
};

static void put(char uid[UID_MAX + 1], const char *original, const struct deid_profile *p)
{
    struct err e = ERR_INIT;

    assert_ok(deid_key_uid(p, original, uid, &e), &e);
}

static struct names new_names(const struct deid_profile *p, const char *study, const char *series,
                              const char *instance)
{
    struct names n = {"", "", ""};

    put(n.study, study, p);
    if (*series)
        put(n.series, series, p);
    if (*instance)
        put(n.instance, instance, p);
    return n;
}

static struct deid_memory memory;

static int find(const struct deid_profile *p, bool studies, struct names *n, struct err *e)
{
    const struct deid_finder f = {NULL, p, &memory};

    world.scans = world.checks = 0;
    return deid_original_find(&f, studies,
                              &(const struct deid_original){n->study, n->series, n->instance}, e);
}

static void assert_names(const struct names *n, const char *study, const char *series,
                         const char *instance)
{
    assert_string_equal(n->study, study);
    assert_string_equal(n->series, series);
    assert_string_equal(n->instance, instance);
}

static int forget(void **state)
{
    (void)state;
    deid_memory_release(&memory);
    memset(&world, 0, sizeof world);
    return 0;
}

static void every_level_is_found(void **state)
{
    const struct deid_profile p = {.options = 0};
    struct names n = new_names(&p, "1.1", "1.1.1", "9.2"), again = n;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(find(&p, true, &n, &e), &e);
    assert_names(&n, "1.1", "1.1.1", "9.2");
    assert_int_equal(world.scans, 3);
    assert_int_equal(world.checks, 0);
    assert_ok(find(&p, true, &again, &e), &e);
    assert_names(&again, "1.1", "1.1.1", "9.2");
    assert_int_equal(world.scans, 0);
    assert_int_equal(world.checks, 3);
}

/* The whole level is computed at once, for what a viewer asks for next. */
static void the_next_instance_needs_no_list(void **state)
{
    const struct deid_profile p = {.options = 0};
    struct names n = new_names(&p, "1.1", "1.1.1", "9.1"),
                 next = new_names(&p, "1.1", "1.1.1", "9.2");
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(find(&p, true, &n, &e), &e);
    assert_ok(find(&p, true, &next, &e), &e);
    assert_names(&next, "1.1", "1.1.1", "9.2");
    assert_int_equal(world.scans, 0);
}

static void studies_only_if_they_are_asked_for(void **state)
{
    const struct deid_profile p = {.options = 0};
    struct names n = new_names(&p, "1.1", "1.1.1", ""), same = n;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(find(&p, false, &n, &e), &e);
    assert_names(&n, same.study, same.series, "");
    snprintf(n.study, sizeof n.study, "1.1");
    assert_ok(find(&p, false, &n, &e), &e);
    assert_names(&n, "1.1", "1.1.1", "");
}

static void others_stay(void **state)
{
    const struct deid_profile p = {.options = 0};
    struct names originals = {"1.1", "1.1.1", "9.1"}, other = new_names(&p, "1.1", "1.2.1", "9.1"),
                 version4 = {"2.25.329800735698586855969233156254476430326", "", ""},
                 standard = new_names(&p, STANDARD, "", ""), same = other;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(find(&p, true, &originals, &e), &e);
    assert_names(&originals, "1.1", "1.1.1", "9.1");
    assert_int_equal(world.scans + world.checks, 0);
    assert_ok(find(&p, true, &version4, &e), &e); /* no UID of ours: nothing is looked up */
    assert_int_equal(world.scans + world.checks, 0);
    assert_ok(find(&p, true, &other, &e), &e); /* a series of another study */
    assert_names(&other, "1.1", same.series, same.instance);
    assert_ok(find(&p, true, &standard, &e), &e);
    assert_names(&standard, STANDARD, "", "");
}

/* A new UID of a UID of the standard is never sent. */
static void uids_of_the_standard_have_no_new_one(void **state)
{
    const struct deid_profile p = {.options = 0};
    struct names n = {"", "", ""};
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(deid_key_new_uid(p.key, STANDARD, strlen(STANDARD), n.study, &e), &e);
    assert_ok(find(&p, true, &n, &e), &e);
    assert_memory_equal(n.study, "2.25.", 5);
}

static void kept_uids_are_not_looked_up(void **state)
{
    const struct deid_profile p = {.options = 0}, keeps = {.options = DEID_UIDS};
    struct names n = new_names(&p, "1.1", "1.1.1", "9.1"), same = n;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(find(&keeps, true, &n, &e), &e);
    assert_names(&n, same.study, same.series, same.instance);
    assert_int_equal(world.scans, 0);
}

/* A UID that the memory knows of another key. */
static void keys_are_apart(void **state)
{
    const struct deid_profile a = {.options = 0}, b = {.key = {1}};
    struct names n = new_names(&a, "1.1", "", ""), other = n, own = new_names(&b, "1.1", "", "");
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(find(&a, true, &n, &e), &e);
    assert_string_equal(n.study, "1.1");
    assert_ok(find(&b, true, &other, &e), &e);
    assert_memory_equal(other.study, "2.25.", 5);
    assert_int_equal(world.scans, 1);
    assert_ok(find(&b, true, &own, &e), &e);
    assert_string_equal(own.study, "1.1");
}

/* An error would name the original that this session must not see. */
static void what_is_not_seen_is_not_found(void **state)
{
    const struct deid_profile p = {.options = 0};
    struct names n = new_names(&p, "1.1", "", ""), hidden = n, shown = n;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(find(&p, true, &n, &e), &e);
    world.hidden = "1.1";
    assert_ok(find(&p, true, &hidden, &e), &e);
    assert_memory_equal(hidden.study, "2.25.", 5);
    assert_int_equal(world.checks, 1);
    assert_int_equal(world.scans, 1);
    world.hidden = NULL;
    assert_ok(find(&p, true, &shown, &e), &e);
    assert_string_equal(shown.study, "1.1");
}

static void errors_are_passed_on(void **state)
{
    const struct deid_profile p = {.options = 0};
    struct names n = new_names(&p, "1.1", "", ""), same = n;
    struct err e = ERR_INIT;

    (void)state;
    world.away = true;
    assert_err(find(&p, true, &n, &e), ERR_AWAY, &e);
    assert_string_equal(n.study, same.study);
    world.away = false;
    assert_ok(find(&p, true, &n, &e), &e);
    world.away = true;
    assert_err(find(&p, true, &same, &e), ERR_AWAY, &e);
    assert_int_equal(world.checks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_level_is_found, forget),
        cmocka_unit_test_teardown(the_next_instance_needs_no_list, forget),
        cmocka_unit_test_teardown(studies_only_if_they_are_asked_for, forget),
        cmocka_unit_test_teardown(others_stay, forget),
        cmocka_unit_test_teardown(uids_of_the_standard_have_no_new_one, forget),
        cmocka_unit_test_teardown(kept_uids_are_not_looked_up, forget),
        cmocka_unit_test_teardown(keys_are_apart, forget),
        cmocka_unit_test_teardown(what_is_not_seen_is_not_found, forget),
        cmocka_unit_test_teardown(errors_are_passed_on, forget)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
