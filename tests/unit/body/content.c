/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/response.h"
#include "tests/unit/body/pool.h"

struct learned {
    int times, conversions;
    int64_t old_ns, new_ns;
    uint64_t size;
    uint32_t crc;
};

static void learn_time(void *ctx, const struct plan *p, const struct plan_member *m,
                       int64_t mtime_ns)
{
    struct learned *l = ctx;

    assert_ptr_not_equal(p, NULL);
    l->times++;
    l->old_ns = m->mtime_ns;
    l->new_ns = mtime_ns;
}

static void learn_conversion(void *ctx, const struct plan *p, const struct plan_member *m,
                             uint64_t size, uint32_t crc, uint64_t deflated)
{
    struct learned *l = deflated == 0 ? ctx : NULL;

    assert_string_equal(plan_text(p, p->series[0].uid), "1.2.3.1");
    assert_true(m->source == PLAN_CONVERTED);
    l->conversions++;
    l->size = size;
    l->crc = crc;
}

static void touch(const struct fixture *f, const char *name)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = 1234567890, .tv_nsec = 987654321}};

    assert_int_equal(utimensat(AT_FDCWD, fixture_path(f, name), times, 0), 0);
}

static void files_as_recorded_are_good(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;
    uint64_t bad = 7;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 100, 1000);
    assert_ok(content_check(&f.content, &bad, &f.e), &f.e);
    assert_int_equal(bad, 0);
    fixture_close(&f);
}

/* Another time, the same content: learned, and then sent without complaint. */
static void a_new_time_is_learned_when_the_content_is_right(void **state)
{
    struct plan_options o = fixture_options();
    struct learned l = {0};
    struct fixture f;
    uint64_t bad;
    int64_t recorded;

    (void)state;
    fixture_open(&f, &o);
    f.learn = (struct content_learn){.mtime = learn_time, .ctx = &l};
    fixture_study(&f, 10, 600000);
    recorded = f.plan.members[3].mtime_ns;
    touch(&f, "f3");
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_ok(content_check(&f.content, &bad, &f.e), &f.e);
    assert_int_equal(l.times, 1);
    assert_int_equal(l.old_ns, recorded);
    assert_int_equal(l.new_ns, 1234567890987654321);
    assert_int_equal(f.plan.members[3].mtime_ns, recorded); /* the plan is const */
    assert_int_equal(plan_progress_mtime(&f.progress, &f.plan.members[3]), l.new_ns);
    assert_ok(fixture_send(&f), &f.e);
    assert_ok(content_check(&f.content, &bad, &f.e), &f.e);
    assert_int_equal(l.times, 1);
    fixture_close(&f);
}

static void every_bad_file_is_counted_and_the_first_is_named(void **state)
{
    struct plan_options o = fixture_options();
    struct learned l = {0};
    struct fixture f;
    uint64_t bad;

    (void)state;
    fixture_open(&f, &o);
    f.learn = (struct content_learn){.mtime = learn_time, .ctx = &l};
    fixture_study(&f, 10, 1000);
    fixture_write(&f, "f2", "other", 5);
    assert_int_equal(unlink(fixture_path(&f, "f4")), 0);
    assert_int_equal(f.plan.members[7].stored_size, 434);
    fixture_write(&f, "f7", f.root, 8);
    assert_int_equal(truncate(fixture_path(&f, "f7"), 434), 0);
    assert_int_equal(content_check(&f.content, &bad, &f.e), -1);
    assert_int_equal(bad, 3);
    assert_int_equal(l.times, 0);
    assert_int_equal(f.e.kind, ERR_DATA);
    assert_non_null(strstr(f.e.text, "main:f2"));
    fixture_close(&f);
}

static void a_root_that_is_away_is_no_fault_of_the_files(void **state)
{
    struct plan_options o = fixture_options();
    char elsewhere[sizeof((struct fixture *)0)->root + 8];
    struct fixture f;
    uint64_t bad;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 10, 1000);
    snprintf(elsewhere, sizeof elsewhere, "%s-away", f.root);
    assert_int_equal(rename(f.root, elsewhere), 0);
    assert_err(content_check(&f.content, &bad, &f.e), ERR_AWAY, &f.e);
    assert_int_equal(rename(elsewhere, f.root), 0);
    assert_ok(content_check(&f.content, &bad, &f.e), &f.e);
    fixture_close(&f);
}

/* Every second member is to be converted; sizes are unknown, or known as
 * `known` says. */
static void convert_some(struct fixture *f, bool known)
{
    f->plan.conversions = calloc(f->plan.count, sizeof *f->plan.conversions);
    for (size_t i = 0; i < f->plan.count; i += 2) {
        struct plan_member *m = &f->plan.members[i];
        char name[24];
        struct instance row;

        snprintf(name, sizeof name, "f%zu", i);
        row = fixture_row(f, name, 0);
        m->source = PLAN_CONVERTED;
        m->known = known;
        m->stored_size = f->plan.conversions[i].size = known ? m->file_size + 5 : 0;
        m->crc = 0;
        if (known) {
            uint8_t data[2000] = "conv:";
            int fd = open(fixture_path(f, name), O_RDONLY);

            assert_int_equal(read(fd, data + 5, sizeof data - 5), row.size);
            m->crc = crc_update(0, data, row.size + 5);
            close(fd);
        }
    }
}

static void open_with_pool(struct fixture *f, struct helper_pool *pool, struct learned *l,
                           int count)
{
    struct plan_options o = fixture_options();

    o.compression = PLAN_COMPRESS_NONE;
    fixture_open(f, &o);
    f->learn = (struct content_learn){.conversion = learn_conversion, .ctx = l};
    f->pool = pool;
    fixture_study(f, count, 1000);
}

/* Unknown sizes are learned on the way, and a second answer that knows them is
 * the same bytes. */
static void conversions_come_in_order_and_are_learned(void **state)
{
    struct helper_pool pool = {.room = 5};
    struct learned l = {0};
    struct fixture f, g;

    (void)state;
    open_with_pool(&f, &pool, &l, 101);
    convert_some(&f, false);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_false(f.progress.length_known);
    assert_true(f.progress.etag[0] == '"');
    assert_ok(fixture_send(&f), &f.e);
    assert_int_equal(l.conversions, 51);
    assert_int_equal(pool.submitted, 51);
    assert_int_equal(pool.count, 0);

    open_with_pool(&g, &pool, &l, 101);
    convert_some(&g, true);
    for (size_t i = 0; i < 101; i++)
        assert_int_equal(g.plan.members[i].crc,
                         plan_progress_fact(&f.progress, &f.plan.members[i]).crc);
    assert_ok(finish_plan(&g.plan, &g.progress, &g.e), &g.e);
    assert_true(g.progress.length_known);
    assert_ok(fixture_send(&g), &g.e);
    assert_int_equal(l.conversions, 51);
    assert_int_equal(g.out_len, f.out_len);
    assert_memory_equal(g.out, f.out, f.out_len);
    fixture_close(&f);
    fixture_close(&g);
}

/* Ranges of converted members, forth and back; only what a range touches is
 * converted. */
static void ranges_convert_what_they_touch(void **state)
{
    struct helper_pool pool = {.room = 64};
    struct learned l = {0};
    struct fixture f;
    uint8_t *whole;
    uint64_t length;

    (void)state;
    open_with_pool(&f, &pool, &l, 60);
    convert_some(&f, true);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_ok(fixture_send(&f), &f.e);
    length = f.progress.length;
    whole = malloc(length);
    memcpy(whole, f.out, length);
    pool.submitted = 0;
    for (uint64_t first = length - 9000; first > 9000; first -= 7001) {
        assert_ok(fixture_send_range(&f, first, first + 2000), &f.e);
        assert_memory_equal(f.out, whole + first, 2001);
    }
    assert_ok(fixture_send_range(&f, 100, 200), &f.e);
    assert_memory_equal(f.out, whole + 100, 101);
    assert_true(pool.submitted < 20);
    assert_ok(fixture_send_range(&f, 0, length - 1), &f.e);
    assert_memory_equal(f.out, whole, length);
    free(whole);
    fixture_close(&f);
}

static void a_conversion_that_fails_or_differs_ends_the_answer(void **state)
{
    struct helper_pool pool = {.room = 4, .refuse = "it died"};
    struct plan_fact *fact;
    struct learned l = {0};
    struct fixture f;

    (void)state;
    open_with_pool(&f, &pool, &l, 20);
    convert_some(&f, true);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_int_equal(fixture_send(&f), -1);
    assert_int_equal(f.e.kind, ERR_HELPER);
    assert_non_null(strstr(f.e.text, "main:f0"));
    assert_non_null(strstr(f.e.text, "it died"));
    err_clear(&f.e);
    content_release(&f.content);
    content_init(&f.content, &f.progress, f.store, &pool, &f.learn);
    pool.refuse = NULL;
    assert_ok(fixture_send(&f), &f.e); /* answers to the former feed's jobs are known as such */
    fact = plan_progress_edit(&f.progress, &f.plan.members[4], &f.e);
    fact->crc ^= 1;
    assert_err(fixture_send(&f), ERR_DATA, &f.e);
    assert_int_equal(l.conversions, 1); /* what it is instead */
    assert_int_equal(l.crc, fact->crc ^ 1);
    fixture_close(&f);
}

static void open_unknown(struct fixture *f, struct helper_pool *pool, struct learned *l)
{
    open_with_pool(f, pool, l, 41);
    convert_some(f, false);
    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
}

/* Before the status line the first conversion is waited for, and whatever else
 * has failed by then is reported. */
static void a_failure_is_reported_before_the_first_byte(void **state)
{
    const size_t failing[] = {2, 12, 40};
    struct learned l = {0};

    (void)state;
    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
        struct helper_pool pool = {.room = 64, .refuse = "it hung", .only = failing[i]};
        bool near = failing[i] < CONTENT_JOBS_MAX * 2;
        struct fixture f;

        open_unknown(&f, &pool, &l);
        assert_int_equal(body_begin(&f.content, 0, UINT64_MAX, &f.e), near ? -1 : 0);
        if (near) {
            assert_int_equal(f.e.kind, ERR_HELPER);
            assert_non_null(strstr(f.e.text, "it hung"));
        } else {
            assert_int_equal(pool.submitted, CONTENT_JOBS_MAX);
            assert_err(fixture_send(&f), ERR_HELPER, &f.e);
        }
        fixture_close(&f);
    }
}

/* What was made before the status line is sent; of a range only what it touches
 * is waited for. */
static void what_was_begun_is_not_made_twice(void **state)
{
    struct helper_pool pool = {.room = 64, .refuse = "it hung", .only = 40};
    struct learned l = {0};
    struct fixture f;
    uint64_t length;

    (void)state;
    open_with_pool(&f, &pool, &l, 41);
    convert_some(&f, true);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    length = f.progress.length;
    assert_ok(body_begin(&f.content, 0, 30, &f.e), &f.e); /* the first member's head */
    assert_ok(body_begin(&f.content, length - 30, length, &f.e), &f.e); /* the directory's end */
    assert_int_equal(pool.submitted, 0);
    assert_err(body_begin(&f.content, length - 6000, UINT64_MAX, &f.e), ERR_HELPER, &f.e);
    assert_true(pool.submitted < 10);
    pool.refuse = NULL;
    pool.submitted = 0;
    assert_ok(body_begin(&f.content, 0, UINT64_MAX, &f.e), &f.e);
    assert_ok(fixture_send(&f), &f.e);
    assert_int_equal(pool.submitted, 21);
    fixture_close(&f);
}

/* A pool may still hold answers to a request that ended early: they are not
 * taken for this request's. */
static void answers_to_another_request_are_thrown_away(void **state)
{
    struct helper_pool pool = {.room = 64, .in_order = true};
    struct learned l = {0};
    struct content_data c;
    struct fixture f, g;

    (void)state;
    open_with_pool(&f, &pool, &l, 40);
    convert_some(&f, false);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_ok(content_open(&f.content, 0, 39, &c, &f.e), &f.e);
    content_done(&f.content, &c);
    assert_int_equal(pool.count, CONTENT_JOBS_MAX - 1);
    for (unsigned i = 0; i < pool.count; i++)
        pool.done[i].crc ^= 1;
    fixture_close(&f);

    open_with_pool(&g, &pool, &l, 40);
    convert_some(&g, true);
    assert_ok(finish_plan(&g.plan, &g.progress, &g.e), &g.e);
    assert_ok(fixture_send(&g), &g.e);
    for (unsigned i = 0; i < pool.count; i++)
        close(pool.done[i].fd);
    fixture_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_as_recorded_are_good),
        cmocka_unit_test(a_new_time_is_learned_when_the_content_is_right),
        cmocka_unit_test(every_bad_file_is_counted_and_the_first_is_named),
        cmocka_unit_test(a_root_that_is_away_is_no_fault_of_the_files),
        cmocka_unit_test(conversions_come_in_order_and_are_learned),
        cmocka_unit_test(ranges_convert_what_they_touch),
        cmocka_unit_test(a_conversion_that_fails_or_differs_ends_the_answer),
        cmocka_unit_test(a_failure_is_reported_before_the_first_byte),
        cmocka_unit_test(what_was_begun_is_not_made_twice),
        cmocka_unit_test(answers_to_another_request_are_thrown_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
