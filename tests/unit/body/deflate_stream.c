/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/study.h"

#include <sys/resource.h>
#include <zlib.h>

#include "base/deflate.h"

#define MEMBERS 12

static const size_t sizes[MEMBERS] = {100, 20000, 1, 3 * DEFLATE_BLOCK + 77, DEFLATE_BLOCK, 500000,
                                      DEFLATE_BLOCK + 1, 7, 65536, 30000, 2 * DEFLATE_BLOCK, 40000};

struct learned {
    uint64_t sizes[MEMBERS];
    size_t count, forgotten;
};

static void learn(void *ctx, const struct plan *p, const struct plan_member *m, uint64_t size)
{
    struct learned *l = ctx;

    l->sizes[m - p->members] = size;
    l->count += size > 0;
    l->forgotten += size == 0;
}

/* Member n: smooth values, so that they shrink; every fourth is noise. */
static struct instance make_file(struct fixture *f, int n, char *name)
{
    uint8_t *data = malloc(sizes[n]);

    fixture_fill(data, sizes[n], (uint32_t)n);
    for (size_t i = 0; i < sizes[n] && n % 4 != 2; i++)
        data[i] = i % 2 ? 0 : data[i] & 15;
    snprintf(name, 32, "f%d", n);
    fixture_write(f, name, data, sizes[n]);
    free(data);
    return fixture_row(f, name, n);
}

/* A study with sizes as the catalogue would know them after `known` was learned;
 * null: nothing known. */
static void open_study(struct fixture *f, enum plan_compression compression,
                       const struct learned *known, struct learned *l)
{
    struct plan_options o = fixture_options();
    char name[32];

    o.compression = compression;
    fixture_open(f, &o);
    f->learn = (struct content_learn){.deflated = learn, .ctx = l};
    for (int n = 0; n < MEMBERS; n++) {
        struct instance i = make_file(f, n, name);

        if (n == 9)
            i.transfer_syntax = "1.2.840.10008.1.2.4.50"; /* never deflated */
        i.deflated_size = known ? known->sizes[n] : 0;
        assert_ok(plan_add(&f->plan, f->store, &i, &f->e), &f->e);
    }
    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
    content_init(&f->content, &f->progress, f->store, NULL, &f->learn);
}

static int send(struct fixture *f, uint64_t first, uint64_t last)
{
    struct sink s;
    int result;

    f->out_len = 0;
    assert_ok(sink_open(&s, fixture_flush, f, &f->e), &f->e);
    result = f->progress.length_known ? body_send_range(&f->content, first, last + 1, &s, &f->e)
                                  : body_send(&f->content, &s, &f->e);
    if (result == 0)
        result = sink_flush(&s, &f->e);
    sink_close(&s);
    return result;
}

static int send_all(struct fixture *f)
{
    return send(f, 0, f->progress.length_known ? f->progress.length - 1 : 0);
}

/* Every member, found by its local header, inflates to its file. */
static void check_members(const struct fixture *f)
{
    const uint8_t *at = f->out;

    for (size_t i = 0; i < f->plan.count; i++) {
        const struct plan_member *m = &f->plan.members[i];
        const struct plan_fact fact = plan_progress_fact(&f->progress, m);
        uint8_t *file = malloc(m->file_size + 1), *back = malloc(m->file_size + 1);
        int fd = open(fixture_path(f, plan_text(&f->plan, m->file)), O_RDONLY);
        z_stream s = {.avail_out = (uInt)m->file_size + 1,
                      .next_out = back,
                      .avail_in = (uInt)fact.stored_size};

        assert_memory_equal(at, "PK\3\4", 4);
        assert_int_equal(at[8], fact.deflated ? 8 : 0);
        assert_int_equal(at[6] & 8, 0);
        at += 30 + at[26];
        assert_int_equal(io_pread(fd, file, m->file_size + 1, 0), m->file_size);
        close(fd);
        s.next_in = (Bytef *)(uintptr_t)at;
        if (fact.deflated) {
            assert_int_equal(inflateInit2(&s, -15), Z_OK);
            assert_int_equal(inflate(&s, Z_FINISH), Z_STREAM_END);
            assert_int_equal(s.total_out, m->file_size);
            assert_int_equal(s.avail_in, 0);
            inflateEnd(&s);
        }
        assert_memory_equal(fact.deflated ? back : at, file, m->file_size);
        at += fact.stored_size;
        free(file);
        free(back);
    }
    assert_memory_equal(at, "PK\1\2", 4);
}

static void unknown_sizes_are_learned_and_known_ones_give_the_same_bytes(void **state)
{
    struct learned l = {0}, none = {0};
    struct fixture f;
    uint8_t *first;
    size_t len;

    (void)state;
    open_study(&f, PLAN_COMPRESS_DEFLATE, NULL, &l);
    assert_false(f.progress.length_known);
    assert_true(f.progress.etag[0] == '"');
    assert_ok(send_all(&f), &f.e);
    check_members(&f);
    assert_int_equal(l.count, MEMBERS - 1);
    len = f.out_len;
    first = malloc(len);
    memcpy(first, f.out, len);
    fixture_close(&f);

    for (unsigned threads = 0; threads <= 5; threads++) {
        open_study(&f, PLAN_COMPRESS_AUTO, &l, &none);
        f.content.threads = threads;
        assert_true(f.progress.length_known);
        assert_ok(send_all(&f), &f.e);
        check_members(&f);
        assert_int_equal(none.count + none.forgotten, 0);
        assert_true(f.out_len < len); /* noise is stored now */
        fixture_close(&f);
    }
    free(first);
}

static void any_range_is_the_slice_of_the_whole(void **state)
{
    struct learned l = {0};
    struct fixture f;
    uint8_t *whole;
    uint64_t length, seed = 99;

    (void)state;
    open_study(&f, PLAN_COMPRESS_DEFLATE, NULL, &l);
    assert_ok(send_all(&f), &f.e);
    fixture_close(&f);
    open_study(&f, PLAN_COMPRESS_AUTO, &l, &l);
    length = f.progress.length;
    assert_ok(send_all(&f), &f.e);
    whole = malloc(length);
    memcpy(whole, f.out, length);
    for (int n = 0; n < 150; n++) {
        uint64_t a, b;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        a = (seed >> 20) % length;
        b = n % 3 ? a + (seed >> 40) % (length - a) : a;
        assert_ok(send(&f, a, b), &f.e);
        assert_int_equal(f.out_len, b - a + 1);
        assert_memory_equal(f.out, whole + a, b - a + 1);
    }
    free(whole);
    fixture_close(&f);
}

/* What lies in front of member i's data ends the first of two ranges of one
 * request; the second begins behind that member. */
static void a_member_of_which_only_the_head_is_asked_for_is_passed_over(void **state)
{
    struct learned l = {0}, none = {0};
    struct fixture f;
    uint8_t *whole;
    uint64_t at = 0, length;

    (void)state;
    open_study(&f, PLAN_COMPRESS_DEFLATE, NULL, &l);
    assert_ok(send_all(&f), &f.e);
    fixture_close(&f);
    open_study(&f, PLAN_COMPRESS_AUTO, &l, &none);
    length = f.progress.length;
    assert_ok(send_all(&f), &f.e);
    whole = malloc(length);
    memcpy(whole, f.out, length);
    for (size_t i = 0; i + 1 < MEMBERS; i++) {
        uint64_t head = at + 30 + whole[at + 26], next = head + f.plan.members[i].stored_size;

        assert_ok(send(&f, at > 5 ? at - 5 : 0, at + 3), &f.e);
        assert_memory_equal(f.out, whole + (at > 5 ? at - 5 : 0), f.out_len);
        assert_ok(send(&f, next, length - 1), &f.e);
        assert_memory_equal(f.out, whole + next, length - next);
        at = next;
    }
    assert_int_equal(none.count + none.forgotten, 0);
    free(whole);
    fixture_close(&f);
}

static void a_wrong_recorded_size_breaks_off_and_is_forgotten(void **state)
{
    struct learned l = {0}, wrong;
    struct fixture f;

    (void)state;
    open_study(&f, PLAN_COMPRESS_DEFLATE, NULL, &l);
    assert_ok(send_all(&f), &f.e);
    fixture_close(&f);
    for (int by = -1; by <= 1; by += 2) {
        struct learned again = {0};

        wrong = l;
        wrong.sizes[5] += (uint64_t)by;
        open_study(&f, PLAN_COMPRESS_AUTO, &wrong, &again);
        if (send_all(&f) == 0 || !strstr(f.e.text, by < 0 ? "to more than" : "to fewer than"))
            fail_msg("recorded %d bytes off: %s", by, f.e.text);
        assert_int_equal(f.e.kind, ERR_DATA);
        assert_int_equal(again.forgotten, 1);
        fixture_close(&f);
    }
}

static void a_changed_file_breaks_off(void **state)
{
    struct learned l = {0};
    struct fixture f;
    int fd;

    (void)state;
    open_study(&f, PLAN_COMPRESS_DEFLATE, NULL, &l);
    fd = open(fixture_path(&f, "f6"), O_WRONLY);
    assert_int_equal(pwrite(fd, "XYZ", 3, 1000), 3);
    assert_int_equal(futimens(fd, (struct timespec[]){{0, UTIME_OMIT},
        {f.plan.members[6].mtime_ns / 1000000000, f.plan.members[6].mtime_ns % 1000000000}}), 0);
    close(fd);
    assert_err(send_all(&f), ERR_DATA, &f.e);
    fixture_close(&f);

    open_study(&f, PLAN_COMPRESS_DEFLATE, NULL, &l);
    assert_int_equal(unlink(fixture_path(&f, "f8")), 0);
    assert_err(send_all(&f), ERR_DATA, &f.e);
    fixture_close(&f);
}

/* What was recorded of the content before stays right: a file that is changed
 * back is deflated to it again. */
static void a_changed_file_does_not_void_its_deflated_size(void **state)
{
    struct learned l = {0}, again = {0};
    struct fixture f;
    int fd;

    (void)state;
    open_study(&f, PLAN_COMPRESS_DEFLATE, NULL, &l);
    assert_ok(send_all(&f), &f.e);
    fixture_close(&f);
    open_study(&f, PLAN_COMPRESS_AUTO, &l, &again);
    fd = open(fixture_path(&f, "f5"), O_WRONLY);
    for (off_t at = 0; at < (off_t)f.plan.members[5].file_size; at++)
        assert_int_equal(pwrite(fd, "x", 1, at), 1);
    assert_int_equal(futimens(fd, (struct timespec[]){{0, UTIME_OMIT},
        {f.plan.members[5].mtime_ns / 1000000000, f.plan.members[5].mtime_ns % 1000000000}}), 0);
    close(fd);
    assert_err(send_all(&f), ERR_DATA, &f.e);
    assert_int_equal(again.forgotten, 0);
    fixture_close(&f);
}

static void only_what_saves_a_tenth_is_deflated_by_itself(void **state)
{
    struct learned l = {0}, known = {0};
    struct fixture f;

    (void)state;
    known.sizes[1] = sizes[1] - sizes[1] / 10;
    known.sizes[5] = sizes[5] - sizes[5] / 10 + 1;
    open_study(&f, PLAN_COMPRESS_AUTO, &known, &l);
    for (size_t i = 0; i < MEMBERS; i++)
        assert_int_equal(f.plan.members[i].deflated, i == 1);
    assert_true(f.progress.length_known);
    fixture_close(&f);
    open_study(&f, PLAN_COMPRESS_NONE, &known, &l);
    for (size_t i = 0; i < MEMBERS; i++)
        assert_false(f.plan.members[i].deflated);
    fixture_close(&f);
}

/* Many threads compress many small members, where the process may have few
 * descriptors. */
static void small_members_do_not_use_all_descriptors_up(void **state)
{
    struct plan_options o = fixture_options();
    struct rlimit before, few;
    struct fixture f;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 400;
    o.compression = PLAN_COMPRESS_DEFLATE;
    fixture_open(&f, &o);
    fixture_study(&f, 1500, 3000);
    f.content.threads = 16;
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_ok(send_all(&f), &f.e);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    check_members(&f);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_sizes_are_learned_and_known_ones_give_the_same_bytes),
        cmocka_unit_test(any_range_is_the_slice_of_the_whole),
        cmocka_unit_test(a_member_of_which_only_the_head_is_asked_for_is_passed_over),
        cmocka_unit_test(a_wrong_recorded_size_breaks_off_and_is_forgotten),
        cmocka_unit_test(a_changed_file_breaks_off),
        cmocka_unit_test(a_changed_file_does_not_void_its_deflated_size),
        cmocka_unit_test(only_what_saves_a_tenth_is_deflated_by_itself),
        cmocka_unit_test(small_members_do_not_use_all_descriptors_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
