/* SPDX-License-Identifier: MIT */
/* Converted members that are deflated, from rows as the catalogue gives them.
 */
#include "tests/unit/body/response.h"
#include "tests/unit/body/pool.h"

#include "format/finish.h"

#define MEMBERS 30

struct learned {
    struct {
        uint64_t size, deflated;
        uint32_t crc;
    } conversions[MEMBERS];
    bool failed[MEMBERS];
    int count;
};

static void learn(void *ctx, const struct plan *p, const struct plan_member *m, uint64_t size,
                  uint32_t crc, uint64_t deflated)
{
    struct learned *l = ctx;
    size_t i = (size_t)(m - p->members);

    l->conversions[i].size = size;
    l->conversions[i].crc = crc;
    l->conversions[i].deflated = deflated;
    l->failed[i] = size == 0;
    l->count++;
}

/* Members of 105 to 3005 bytes, every third of them stored as it is; known as
 * `known` says, unless null. */
static void open_study(struct fixture *f, struct helper_pool *pool, const struct plan_options *o,
                       const struct learned *known, struct learned *l)
{
    fixture_open(f, o);
    f->learn = (struct content_learn){.conversion = learn, .ctx = l};
    for (int n = 0; n < MEMBERS; n++) {
        uint8_t data[100 * MEMBERS];
        struct instance i;
        char name[16], sop[32];

        fixture_fill(data, sizeof data, (uint32_t)n);
        snprintf(name, sizeof name, "f%d", n);
        fixture_write(f, name, data, (size_t)(n + 1) * 100);
        i = fixture_row(f, name, n);
        snprintf(sop, sizeof sop, "1.2.3.1.%d", n + 1);
        i.sop_uid = sop;
        i.transfer_syntax = n % 3 ? TRANSFER_SYNTAX_IMPLICIT_LE : TRANSFER_SYNTAX_JPEG_BASELINE;
        i.conversion_failed = known && n % 3 && known->failed[n];
        i.conversion_known = known && n % 3 && !i.conversion_failed;
        i.converted_size = i.conversion_known ? known->conversions[n].size : 0;
        i.converted_crc = i.conversion_known ? known->conversions[n].crc : 0;
        i.converted_deflated = i.conversion_known ? known->conversions[n].deflated : 0;
        assert_ok(plan_add(&f->plan, f->store, &i, &f->e), &f->e);
    }
    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
    content_init(&f->content, &f->progress, f->store, pool, &f->learn);
}

/* What a plan of which more has been learned gives to a client that has the
 * beginning of an earlier answer. */
static void resume_earlier(struct fixture *later, const struct fixture *first)
{
    char etag[PLAN_ETAG_MAX];

    assert_string_not_equal(later->progress.etag, first->progress.etag);
    assert_ok(finish_etag(&later->progress, PLAN_LAYOUT_CONVERTED_STORED, etag, &later->e),
              &later->e);
    assert_string_equal(etag, first->progress.etag);
    assert_ok(finish_relayout(&later->progress, PLAN_LAYOUT_CONVERTED_STORED, &later->e),
              &later->e);
    assert_string_equal(later->progress.etag, first->progress.etag);
    assert_int_equal(later->progress.length, first->out_len);
    assert_ok(fixture_send_range(later, 100, first->out_len - 1), &later->e);
    assert_memory_equal(later->out, first->out + 100, first->out_len - 100);
}

static void check_ranges(struct fixture *g)
{
    size_t len = g->out_len;
    uint8_t *whole = malloc(len);

    assert_non_null(whole);
    memcpy(whole, g->out, len);
    for (uint64_t first = 0; first + 700 < len; first += 389) {
        assert_ok(fixture_send_range(g, first, first + 650), &g->e);
        assert_memory_equal(g->out, whole + first, 651);
    }
    free(whole);
}

/* The first answer stores what is converted; the second deflates what pays. */
static void first_and_second(const struct plan_options *o, uint64_t shrinks, int deflated)
{
    struct helper_pool pool = {.room = 64, .shrinks = shrinks};
    struct learned l = {.count = 0}, none = {.count = 0};
    struct fixture f, g;
    int count = 0;

    open_study(&f, &pool, o, NULL, &l);
    assert_false(f.progress.length_known);
    assert_ok(fixture_send(&f), &f.e);
    assert_int_equal(l.count, MEMBERS * 2 / 3);
    for (size_t i = 0; i < f.plan.count; i++)
        count += f.plan.members[i].deflated;
    assert_int_equal(count, 0);

    open_study(&g, &pool, o, &l, &none);
    assert_true(g.progress.length_known);
    assert_ok(fixture_send(&g), &g.e);
    assert_int_equal(g.progress.length, g.out_len);
    for (size_t i = 0; i < g.plan.count; i++)
        count += g.plan.members[i].deflated;
    assert_int_equal(count, deflated);
    if (deflated == 0)
        assert_memory_equal(g.out, f.out, f.out_len);
    check_ranges(&g);
    if (deflated)
        resume_earlier(&g, &f);
    assert_int_equal(none.count, 0);
    fixture_close(&f);
    fixture_close(&g);
}

/* 100 bytes are a tenth of up to 995: of numbers 1, 2, 4, 5, 7 and 8. With
 * compression=deflate all become smaller. */
static void a_tenth_is_what_pays(void **state)
{
    struct plan_options o = fixture_options();

    (void)state;
    first_and_second(&o, 100, 6);
    first_and_second(&o, 0, 0);
    o.compression = PLAN_COMPRESS_DEFLATE;
    first_and_second(&o, 100, 20);
    o.compression = PLAN_COMPRESS_NONE;
    first_and_second(&o, 100, 0);
    o = fixture_options();
    o.framing = PLAN_MULTIPART;
    first_and_second(&o, 100, 0);
}

/* What was learned when nothing was to be deflated is stored once more, and
 * measured then. */
static void a_form_without_its_deflated_size_is_stored(void **state)
{
    struct helper_pool pool = {.room = 64, .shrinks = 100};
    struct plan_options o = fixture_options();
    struct learned l = {.count = 0}, again = {.count = 0};
    struct fixture f, g;

    (void)state;
    o.compression = PLAN_COMPRESS_NONE;
    open_study(&f, &pool, &o, NULL, &l);
    assert_ok(fixture_send(&f), &f.e);
    assert_int_equal(l.conversions[1].deflated, 0);
    o.compression = PLAN_COMPRESS_AUTO;
    open_study(&g, &pool, &o, &l, &again);
    assert_true(g.progress.length_known);
    assert_ok(fixture_send(&g), &g.e);
    assert_int_equal(g.progress.length, f.out_len);
    assert_int_equal(again.count, MEMBERS * 2 / 3);
    assert_int_equal(again.conversions[1].deflated, again.conversions[1].size - 100);
    fixture_close(&f);
    fixture_close(&g);
}

/* Wrong records break the answer off, once: the truth is learned. */
static void a_wrong_record_breaks_the_answer_off_once(void **state)
{
    struct helper_pool pool = {.room = 64, .shrinks = 100};
    struct plan_options o = fixture_options();
    struct learned l = {.count = 0}, wrong, again = {.count = 0};
    struct fixture f;

    (void)state;
    open_study(&f, &pool, &o, NULL, &l);
    assert_ok(fixture_send(&f), &f.e);
    fixture_close(&f);
    for (int n = 0; n < 4; n++) {
        wrong = l;
        wrong.conversions[4].size += n == 0;
        wrong.conversions[4].crc += n == 1;
        wrong.conversions[4].deflated -= n == 2;
        wrong.conversions[4].deflated =
            n == 3 ? wrong.conversions[4].size : wrong.conversions[4].deflated;
        open_study(&f, &pool, &o, &wrong, &again);
        if (n < 3) {
            assert_err(fixture_send(&f), ERR_DATA, &f.e);
            assert_memory_equal(&again.conversions[4], &l.conversions[4], sizeof l.conversions[4]);
        } else {
            assert_ok(fixture_send(&f), &f.e); /* as large as it is: never deflated */
        }
        fixture_close(&f);
    }
}

/* A file of the recorded size and time with other content is not converted into
 * somebody's diagnosis. */
static void damaged_files_are_noticed(void **state)
{
    struct helper_pool pool = {.room = 64};
    struct plan_options o = fixture_options();
    struct learned l = {.count = 0};
    struct fixture f;
    struct stat st;
    int fd;

    (void)state;
    open_study(&f, &pool, &o, NULL, &l);
    assert_int_equal(stat(fixture_path(&f, "f4"), &st), 0);
    fd = open(fixture_path(&f, "f4"), O_WRONLY);
    assert_int_equal(pwrite(fd, "x", 1, 7), 1);
    assert_int_equal(futimens(fd, (struct timespec[2]){st.st_atim, st.st_mtim}), 0);
    close(fd);
    assert_err(fixture_send(&f), ERR_DATA, &f.e);
    assert_int_equal(l.conversions[4].size, 0);
    fixture_close(&f);
}

/* What failed in one answer is tried before the next one's status line: known
 * then, or not in the way any more. */
static void what_failed_is_tried_first(void **state)
{
    struct helper_pool pool = {.room = 64, .refuse = "it died", .only = 28}, well = {.room = 64};
    struct plan_options o = fixture_options();
    struct learned l = {.count = 0}, again = {.count = 0};
    struct fixture f;

    (void)state;
    open_study(&f, &pool, &o, NULL, &l);
    assert_ok(body_begin(&f.content, 0, UINT64_MAX, &f.e), &f.e);
    assert_err(fixture_send(&f), ERR_HELPER, &f.e);
    assert_true(l.failed[28]);
    fixture_close(&f);

    pool.submitted = 0;
    open_study(&f, &pool, &o, &l, &again);
    assert_err(body_begin(&f.content, 0, UINT64_MAX, &f.e), ERR_HELPER, &f.e);
    assert_int_equal(pool.submitted, 1);
    assert_true(again.failed[28]);
    fixture_close(&f);

    open_study(&f, &well, &o, &l, &again);
    assert_ok(body_begin(&f.content, 0, UINT64_MAX, &f.e), &f.e);
    assert_false(again.failed[28]);
    assert_ok(fixture_send(&f), &f.e);
    fixture_close(&f);
}

static long count_flushes(bool slow)
{
    struct helper_pool pool = {.room = 64, .in_order = true, .slow = slow};
    struct plan_options o = fixture_options();
    struct learned l = {.count = 0};
    struct fixture f;
    long left;

    open_study(&f, &pool, &o, NULL, &l);
    f.fail_flush = 1000; /* counted down */
    assert_ok(fixture_send(&f), &f.e);
    left = f.fail_flush;
    fixture_close(&f);
    return 1000 - left;
}

/* Each conversion is waited for, and what was made before it is sent first;
 * where none is, the buffer is filled. */
static void nothing_lies_in_the_buffer_while_one_waits(void **state)
{
    (void)state;
    assert_true(count_flushes(true) >= MEMBERS * 2 / 3);
    assert_true(count_flushes(false) < 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenth_is_what_pays),
        cmocka_unit_test(a_form_without_its_deflated_size_is_stored),
        cmocka_unit_test(a_wrong_record_breaks_the_answer_off_once),
        cmocka_unit_test(damaged_files_are_noticed),
        cmocka_unit_test(what_failed_is_tried_first),
        cmocka_unit_test(nothing_lies_in_the_buffer_while_one_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
