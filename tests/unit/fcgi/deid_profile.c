/* SPDX-License-Identifier: MIT */
/* Which requests are answered de-identified, and by which profile. The catalogue
 * and the key files are played. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "catalog/collection.h"
#include "fcgi/deid_profile.h"
#include "http/offer.h"
#include "respond/search_deid.h"
#include "retrieve/deid_original.h"

static struct {
    const char *bound;     /* the profile of the collection */
    enum err_kind key;     /* of the error of loading the key */
    enum err_kind catalog; /* of an error of the catalogue */
    bool studies;          /* deid_original_find() looks for studies, too */
    bool found, searched;
} world;

static struct conf conf;
static struct serve serve;
static struct response a;
static struct search_query query;
static char path[] = "/key";

int collection_profile(struct catalog *c, const char *id, char out[CONF_DEID_NAME_MAX + 1],
                       struct err *e)
{
    assert_null(c);
    assert_string_equal(id, "abc");
    snprintf(out, CONF_DEID_NAME_MAX + 1, "%s", world.bound);
    return world.catalog ? err_set(e, world.catalog, "catalogue") : 0;
}

int deid_key_load(const struct conf_deid *c, struct deid_profile *out, struct err *e)
{
    snprintf(out->name, sizeof out->name, "%s", c->name);
    return world.key ? err_set(e, world.key, "key") : 0;
}

int deid_original_find(const struct deid_finder *f, bool studies, const struct deid_original *uids,
                       struct err *e)
{
    assert_ptr_equal(f->profile, &a.loaded);
    assert_ptr_equal(f->memory, &serve.tools.deid_memory);
    assert_ptr_equal(uids->study, a.request.study);
    assert_ptr_equal(uids->series, a.request.series);
    assert_ptr_equal(uids->instance, a.request.instance);
    world.found = true;
    world.studies = studies;
    return world.catalog ? err_set(e, world.catalog, "catalogue") : 0;
}

int search_deid_keys(struct response *r, struct err *e)
{
    (void)e;
    assert_ptr_equal(r, &a);
    world.searched = true;
    return 0;
}

/* A study whose archive, metadata and list of addresses are acceptable. */
static int begin(void **state)
{
    static const enum accept_media all[] = {ACCEPT_ZIP, ACCEPT_URI_LIST, ACCEPT_METADATA_JSON};

    (void)state;
    memset(&world, 0, sizeof world);
    memset(&a, 0, sizeof a);
    world.bound = "";
    conf.deid.count = 2;
    snprintf(conf.deid.of[0].name, sizeof conf.deid.of[0].name, "basic");
    snprintf(conf.deid.of[1].name, sizeof conf.deid.of[1].name, "other");
    conf.deid.of[0].key = conf.deid.of[1].key = path;
    serve.conf = &conf;
    a.s = &serve;
    a.request.deidentify = "basic";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        a.request.accept.items[a.request.accept.count++].media = all[i];
    return 0;
}

static void assert_begins(const char *profile, size_t accepted)
{
    struct err e = ERR_INIT;

    assert_ok(deid_profile_begin(&a, &e), &e);
    if (profile)
        assert_string_equal(a.profile->name, profile);
    else
        assert_null(a.profile);
    assert_int_equal(a.request.accept.count, accepted);
}

static void assert_refused(enum err_kind kind, const char *words)
{
    struct err e = ERR_INIT;

    assert_int_equal(deid_profile_begin(&a, &e), -1);
    assert_string_equal(err_kind_name(e.kind), err_kind_name(kind));
    assert_null(a.profile);
    if (!strstr(e.text, words))
        fail_msg("%s", e.text);
}

static void a_profile_that_is_named(void **state)
{
    (void)state;
    assert_begins("basic", 2); /* without the list of addresses */
    assert_int_equal(a.request.accept.items[0].media, ACCEPT_ZIP);
    assert_int_equal(a.request.accept.items[1].media, ACCEPT_METADATA_JSON);
    begin(state);
    a.request.deidentify = "other";
    assert_begins("other", 2);
    begin(state);
    a.request.deidentify = NULL;
    assert_begins(NULL, 3);
    begin(state);
    a.request.pixels = REQUEST_FRAMES; /* types of their own */
    assert_begins("basic", 3);
}

static void names_without_a_profile(void **state)
{
    (void)state;
    a.request.deidentify = "nobody";
    assert_refused(ERR_REQUEST, "\"nobody\", but: basic, other");
    begin(state);
    for (conf.deid.count = 2; conf.deid.count < CONF_DEID_MAX; conf.deid.count++)
        memset(conf.deid.of[conf.deid.count].name, 'x', CONF_DEID_NAME_MAX);
    a.request.deidentify = "nobody";
    assert_refused(ERR_REQUEST, "but: basic, other, xxx"); /* as many as fit */
}

static void a_collection_with_a_profile(void **state)
{
    (void)state;
    a.request.collection = "abc";
    a.request.deidentify = NULL;
    world.bound = "other";
    assert_begins("other", 3); /* its addresses lead to nothing else */
    begin(state);
    a.request.collection = "abc";
    world.bound = "basic";
    assert_begins("basic", 3);
    begin(state);
    a.request.collection = "abc";
    world.bound = "other";
    assert_refused(ERR_REQUEST, "leave deidentify out");
    begin(state);
    a.request.collection = "abc";
    assert_begins("basic", 2);
    begin(state);
    a.request.collection = "abc";
    a.request.deidentify = NULL;
    assert_begins(NULL, 3);
    world.catalog = ERR_AWAY;
    assert_refused(ERR_AWAY, "catalogue");
}

static void searches(void **state)
{
    (void)state;
    a.request.search = &query;
    assert_begins("basic", 1); /* only the archive of what is found */
    assert_int_equal(a.request.accept.items[0].media, ACCEPT_ZIP);
    begin(state);
    a.request.search = &query;
    a.request.accept.items[0].media = ACCEPT_METADATA_JSON;
    assert_refused(ERR_REQUEST, "add accept=application/zip");
    begin(state);
    a.request.search = &query;
    a.link.active = true; /* results have new UIDs (search_deid.h) */
    assert_begins("basic", 3);
}

static void what_is_not_retrieved(void **state)
{
    (void)state;
    a.request.method = REQUEST_POST;
    assert_refused(ERR_REQUEST, "leave it out");
    begin(state);
    a.request.link = "7";
    assert_refused(ERR_REQUEST, "leave it out");
}

static void keys_that_cannot_be_read(void **state)
{
    (void)state;
    world.key = ERR_NOT_FOUND;
    assert_refused(ERR_REQUEST, "profile basic has no key yet");
    begin(state);
    world.key = ERR_CONFIG;
    assert_refused(ERR_CONFIG, "key");
}

static void uids_are_looked_up(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(deid_profile_find(&a, &e), &e);
    assert_false(world.found); /* without a profile */
    a.profile = &a.loaded;
    assert_ok(deid_profile_find(&a, &e), &e);
    assert_true(world.found && !world.studies && !world.searched);
    a.request.search = &query;
    assert_ok(deid_profile_find(&a, &e), &e);
    assert_false(world.searched);
    a.link.active = true;
    assert_ok(deid_profile_find(&a, &e), &e);
    assert_true(world.studies && world.searched);
    a.request.search = NULL;
    world.searched = false;
    assert_ok(deid_profile_find(&a, &e), &e);
    assert_false(world.searched);
    world.catalog = ERR_AWAY;
    assert_err(deid_profile_find(&a, &e), ERR_AWAY, &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(a_profile_that_is_named, begin),
                                       cmocka_unit_test_setup(names_without_a_profile, begin),
                                       cmocka_unit_test_setup(a_collection_with_a_profile, begin),
                                       cmocka_unit_test_setup(searches, begin),
                                       cmocka_unit_test_setup(what_is_not_retrieved, begin),
                                       cmocka_unit_test_setup(keys_that_cannot_be_read, begin),
                                       cmocka_unit_test_setup(uids_are_looked_up, begin)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
