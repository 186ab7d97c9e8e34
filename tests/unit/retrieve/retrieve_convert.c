/* SPDX-License-Identifier: MIT */
/* Which members are converted in advance, and which errors end it. */
#include "tests/unit/unit.h"

#include "retrieve/retrieve_convert.h"

#define MEMBERS 6

static struct {
    char opened[64], failed[64];
    size_t fails;          /* member + 1 that cannot be opened; 0: none */
    enum err_kind kind;
    unsigned done, asked;  /* calls of content_done() and go_on() */
    unsigned limit;        /* go_on() returns false after that many */
} world;

int content_open(struct content *f, size_t i, size_t last, struct content_data *c, struct err *e)
{
    size_t len = strlen(world.opened);

    assert_true(f->only_unknown);
    assert_int_equal(last, MEMBERS - 1);
    assert_int_equal(c->fd, -1);
    snprintf(world.opened + len, sizeof world.opened - len, "%zu ", i);
    return i + 1 == world.fails ? err_set(e, world.kind, "because") : 0;
}

void content_done(struct content *f, struct content_data *c)
{
    (void)f, (void)c;
    world.done++;
}

const char *store_label(struct store *s, uint32_t folder, const char *file)
{
    static char label[32];

    (void)s;
    snprintf(label, sizeof label, "root%u:%s", folder, file);
    return label;
}

static void note_failed(void *ctx, const char *label, const char *reason)
{
    assert_ptr_equal(ctx, &world);
    snprintf(world.failed, sizeof world.failed, "%s, %s", label, reason);
}

static bool go_on(void *ctx)
{
    assert_ptr_equal(ctx, &world);
    return world.asked++ < world.limit;
}

/* 0, 2, 4 and 5 are converted, and of these 2 was before. */
static int convert(const struct retrieve_convert_watch *watch, struct err *e)
{
    static struct plan_conversion conversions[MEMBERS];
    struct plan_member members[MEMBERS] = {[4] = {.folder = 7, .file = 1}};
    char text[] = "\0file";
    struct retrieve_tools tools = {.cache = (struct cache *)&world,
                                   .spool_cache = (struct cache *)&conversions};
    struct retrieval r = {.tools = &tools};
    int rc;

    for (size_t i = 0; i < MEMBERS; i++) {
        members[i].source = i % 2 == 0 || i == 5 ? PLAN_CONVERTED : PLAN_FILE;
        members[i].known = i == 2;
    }
    r.plan = (struct plan){
        .members = members, .count = MEMBERS, .conversions = conversions, .text = text};
    r.progress.plan = &r.plan;
    world.opened[0] = world.failed[0] = '\0';
    world.done = world.asked = 0;
    rc = retrieve_convert(&r, watch, e);
    assert_ptr_equal(r.content.cache, tools.cache);
    tools.cache = NULL;
    if (rc == 0 && !watch->go_on) {
        assert_int_equal(retrieve_convert(&r, watch, e), 0);
        assert_ptr_equal(r.content.cache, tools.spool_cache);
    }
    return rc;
}

static void unknown_conversions_are_made(void **state)
{
    const struct retrieve_convert_watch nobody = {0};
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(convert(&nobody, &e), &e);
    assert_string_equal(world.opened, "0 4 5 0 4 5 ");
    assert_int_equal(world.done, 6);
}

static void a_file_that_cannot_be_converted_is_reported(void **state)
{
    static const enum err_kind kinds[] = {ERR_HELPER, ERR_DATA};
    const struct retrieve_convert_watch watch = {.failed = note_failed, .ctx = &world},
                                        nobody = {0};
    struct err e = ERR_INIT;

    (void)state;
    world.fails = 5;
    for (size_t i = 0; i < 2; i++) {
        world.kind = kinds[i];
        assert_ok(convert(&watch, &e), &e);
        assert_string_equal(world.failed, "root7:file, because");
        assert_ok(convert(&nobody, &e), &e);
    }
    world.kind = ERR_SYSTEM;
    assert_err(convert(&watch, &e), ERR_SYSTEM, &e);
    assert_string_equal(world.opened, "0 4 ");
    assert_string_equal(world.failed, "");
    assert_int_equal(world.done, 2);
    world.fails = 0;
}

static void the_program_can_end_it(void **state)
{
    const struct retrieve_convert_watch watch = {.go_on = go_on, .ctx = &world};
    struct err e = ERR_INIT;

    (void)state;
    for (world.limit = 0; world.limit <= 4; world.limit++) {
        static const char *const opened[] = {"", "0 ", "0 4 ", "0 4 5 ", "0 4 5 "};

        assert_ok(convert(&watch, &e), &e);
        assert_string_equal(world.opened, opened[world.limit]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_conversions_are_made),
        cmocka_unit_test(a_file_that_cannot_be_converted_is_reported),
        cmocka_unit_test(the_program_can_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
