/* SPDX-License-Identifier: MIT */
/* Which way a length is determined: the ways themselves are recorded in order
 * and do nothing. */
#include "tests/unit/unit.h"

#include "body/ahead.h"
#include "body/splice.h"
#include "body/splice_table.h"
#include "format/finish.h"
#include "retrieve/retrieve.h"

static struct {
    char calls[128];
    const char *fails;       /* the call that fails; null: none does */
    size_t missing;          /* converted members of unknown size */
    bool kept;               /* the body is in the cache */
    uint64_t largest, all;   /* last asked of the cache */
    uint64_t room;           /* bytes that fit there */
    bool headers_due, headers_kept; /* sizes are missing; they are in the cache */
    double deadline;         /* of the content during the last call */
} world;

static int call(const char *name, const struct content *f)
{
    size_t len = strlen(world.calls);

    snprintf(world.calls + len, sizeof world.calls - len, "%s%s", len ? " " : "", name);
    if (f)
        world.deadline = f->deadline;
    return world.fails && strcmp(world.fails, name) == 0 ? -1 : 0;
}

int ahead_measure(struct content *f, struct err *e)
{
    (void)e;
    return call("measure", f);
}

int ahead_deflate(struct content *f, struct err *e)
{
    (void)e;
    return call("deflate", f);
}

size_t ahead_missing(const struct plan_progress *g, size_t end, bool crcs)
{
    assert_false(crcs);
    assert_int_equal(end, g->plan->count);
    return world.missing;
}

int ahead_make(struct content *f, size_t end, bool crcs, struct err *e)
{
    (void)e;
    assert_false(crcs);
    assert_int_equal(end, f->plan->count);
    return call("make", f);
}

int finish_measure(struct plan_progress *g, struct err *e)
{
    (void)g, (void)e;
    return call("length", NULL);
}

bool cache_holds(const struct cache *k, uint64_t largest, uint64_t all)
{
    (void)k;
    world.largest = largest;
    world.all = all;
    return all <= world.room;
}

int spooled_make(struct spooled *b, struct content *f, const char *spool, struct err *e)
{
    (void)e;
    assert_string_equal(spool, "/spool");
    b->length = 1000;
    return call("spool", f);
}

int spooled_compress(struct spooled *b, const char *spool, struct err *e)
{
    (void)e;
    assert_string_equal(spool, "/spool");
    b->length = 100;
    return call("compress", NULL);
}

bool spooled_get(struct spooled *b, struct cache *k, const char *etag)
{
    (void)k;
    assert_string_equal(etag, "\"tag\"");
    b->length = 77;
    return world.kept;
}

void spooled_put(const struct spooled *b, struct cache *k, const char *etag)
{
    (void)b, (void)k;
    assert_string_equal(etag, "\"tag\"");
    (void)!call("keep", NULL);
}

bool splice_due(const struct content *f)
{
    (void)f;
    return world.headers_due;
}

bool splice_table_get(struct content *f, struct cache *k, const char *spool)
{
    (void)f, (void)k, (void)spool;
    return world.headers_kept;
}

int splice_make(struct content *f, const char *spool, struct err *e)
{
    (void)e;
    assert_string_equal(spool, "/spool");
    return call("headers", f);
}

void splice_table_put(const struct content *f, struct cache *k, const char *spool)
{
    (void)f, (void)k, (void)spool;
    (void)!call("table", NULL);
}

#define MEMBERS 3

static struct plan_member members[MEMBERS] = {{.file_size = 10, .source = PLAN_CONVERTED},
                                              {.file_size = 1000},
                                              {.file_size = 30, .source = PLAN_CONVERTED}};

/* Return the result; the calls are in world.calls. The length is that of the
 * body; 0 while it is not known. */
static int determine(enum plan_content content, bool gzip, uint64_t *length)
{
    struct conf conf = {.spool = (char[]){"/spool"}};
    struct retrieve_tools tools = {.conf = &conf};
    struct retrieval r = {.tools = &tools, .progress.etag = "\"tag\""};
    struct err e = ERR_INIT;
    int rc;

    r.plan = (struct plan){.members = members, .count = MEMBERS, .options.content = content};
    r.progress.plan = r.content.plan = &r.plan;
    world.calls[0] = '\0';
    world.deadline = -1;
    rc = retrieve_length(&r, 12.5, gzip, &e);
    assert_true(r.content.deadline == 0);
    assert_true(r.progress.length_known || !world.kept);
    if (length)
        *length = r.progress.length;
    return rc;
}

static void a_known_length_costs_nothing(void **state)
{
    struct retrieval r = {.progress.length_known = true};
    struct err e = ERR_INIT;

    (void)state;
    world.calls[0] = '\0';
    assert_int_equal(retrieve_length(&r, 1, true, &e), 0);
    assert_string_equal(world.calls, "");
}

static void conversions_are_made_where_they_stay(void **state)
{
    static const struct {
        size_t missing;
        uint64_t room;
        const char *calls;
    } cases[] = {
        {0, 0, "deflate measure length"},
        {3, 40, "deflate measure make length"},  /* 10 and 30 fit */
        {3, 39, "deflate measure spool"},        /* nothing would stay: the body itself is made */
        {2, 0, "deflate measure make length"},   /* some were made before */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world.missing = cases[i].missing;
        world.room = cases[i].room;
        assert_int_equal(determine(PLAN_INSTANCES, true, NULL), 0);
        assert_string_equal(world.calls, cases[i].calls);
        assert_true(world.deadline == 12.5);
        if (cases[i].missing == MEMBERS)
            assert_true(world.largest == 30 && world.all == 40);
    }
    world.missing = 0;
}

static void metadata_is_made_whole_and_kept(void **state)
{
    uint64_t length;

    (void)state;
    assert_int_equal(determine(PLAN_METADATA_JSON, false, &length), 0);
    assert_string_equal(world.calls, "spool keep");
    assert_int_equal(length, 1000);
    assert_true(world.deadline == 0); /* a client waits for it as long as it takes */
    assert_int_equal(determine(PLAN_METADATA_XML, true, &length), 0);
    assert_string_equal(world.calls, "spool compress keep");
    assert_int_equal(length, 100);
    world.kept = true;
    assert_int_equal(determine(PLAN_METADATA_JSON, true, &length), 0);
    assert_string_equal(world.calls, "");
    assert_int_equal(length, 77);
    world.kept = false;
}

static void the_first_error_ends_it(void **state)
{
    static const struct {
        enum plan_content content;
        size_t missing;
        const char *fails, *calls;
    } cases[] = {
        {PLAN_INSTANCES, 0, "deflate", "deflate"},
        {PLAN_INSTANCES, 0, "measure", "deflate measure"},
        {PLAN_INSTANCES, 2, "make", "deflate measure make"},
        {PLAN_INSTANCES, 2, "length", "deflate measure make length"},
        {PLAN_INSTANCES, 3, "spool", "deflate measure spool"},
        {PLAN_METADATA_JSON, 0, "spool", "spool"},
        {PLAN_METADATA_JSON, 0, "compress", "spool compress"},
    };

    (void)state;
    world.room = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world.missing = cases[i].missing;
        world.fails = cases[i].fails;
        assert_int_equal(determine(cases[i].content, true, NULL), -1);
        assert_string_equal(world.calls, cases[i].calls);
    }
    world.fails = NULL;
}

static void headers_are_made_unless_their_sizes_are_kept(void **state)
{
    (void)state;
    world.headers_due = true;
    assert_int_equal(determine(PLAN_INSTANCES, false, NULL), 0);
    assert_string_equal(world.calls, "deflate headers table measure length");
    world.headers_kept = true;
    assert_int_equal(determine(PLAN_INSTANCES, false, NULL), 0);
    assert_string_equal(world.calls, "deflate measure length");
    world.headers_kept = false;
    world.fails = "headers";
    assert_int_equal(determine(PLAN_INSTANCES, false, NULL), -1);
    assert_string_equal(world.calls, "deflate headers");
    world.headers_due = false;
    world.fails = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_made_unless_their_sizes_are_kept),
        cmocka_unit_test(a_known_length_costs_nothing),
        cmocka_unit_test(conversions_are_made_where_they_stay),
        cmocka_unit_test(metadata_is_made_whole_and_kept),
        cmocka_unit_test(the_first_error_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
