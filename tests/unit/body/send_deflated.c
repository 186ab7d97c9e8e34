/* SPDX-License-Identifier: MIT */
/* De-identified members that are deflated: two deflated sides around the
 * deflated pixel data, whose size is known before anything is sent. */
#include "tests/unit/body/kept_splices.h"

#include <zlib.h>

#include "base/deflate.h"
#include "body/ahead.h"

#define KEY "0"

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

/* Pixel data of a member as a part of a stream. Its bytes depend on n, its size
 * hardly. */
static uint64_t deflated_size(int n)
{
    static uint8_t in[PIXELS], out[DEFLATE_BOUND(PIXELS)];
    struct deflate *d = NULL;
    struct err e = ERR_INIT;
    uint64_t made;

    fixture_fill(in, PIXELS, (uint32_t)n);
    for (size_t k = 0; k < PIXELS; k++)
        in[k] &= 3;
    assert_ok(deflate_open(&d, &e), &e);
    made = deflate_block(d, in, PIXELS, false, out, &e);
    deflate_close(d);
    assert_true(made > 0 && made < PIXELS * 9 / 10);
    return made;
}

/* A request for which all sizes are measured first. */
static void open_measured(struct site *s, const struct site *first, struct learned *l)
{
    const struct content_learn learning = {.deflated = learn, .ctx = l};

    site_open_as(
        s, first,
        &(struct site_change){
            .key = KEY, .smooth = true, .compression = PLAN_COMPRESS_DEFLATE, .learn = &learning});
    assert_false(s->f.progress.length_known);
    assert_ok(ahead_deflate(&s->f.content, &s->f.e), &s->f.e);
}

/* Every member inflates to a header, its pixels, and two bytes. */
static void check_members(const struct fixture *f)
{
    const uint8_t *at = f->out;
    uint8_t want[PIXELS], got[PIXELS + 200];

    for (size_t i = 0; i < f->plan.count; i++) {
        const struct plan_fact fact = plan_progress_fact(&f->progress, &f->plan.members[i]);
        z_stream s = {.next_out = got, .avail_out = sizeof got, .avail_in = (uInt)fact.stored_size};
        size_t head = fact.size - PIXELS - 2;

        assert_memory_equal(at, "PK\3\4", 4);
        assert_int_equal(at[8], 8);
        at += 30 + at[26];
        s.next_in = (Bytef *)(uintptr_t)at;
        assert_int_equal(inflateInit2(&s, -15), Z_OK);
        assert_int_equal(inflate(&s, Z_FINISH), Z_STREAM_END);
        assert_true(s.total_out == fact.size && s.avail_in == 0);
        inflateEnd(&s);
        fixture_fill(want, PIXELS, (uint32_t)i);
        for (size_t k = 0; k < PIXELS; k++)
            want[k] &= 3;
        assert_memory_equal(got, "header ", 7);
        assert_memory_equal(got + head, want, PIXELS);
        assert_memory_equal(got + head + PIXELS, "ZZ", 2);
        assert_int_equal(crc_update(0, got, fact.size), fact.crc);
        at += fact.stored_size;
    }
    assert_memory_equal(at, "PK\1\2", 4);
}

static void sizes_are_measured_and_members_inflate(void **state)
{
    struct learned l = {.count = 0};
    struct site s;

    (void)state;
    open_measured(&s, NULL, &l);
    assert_int_equal(l.count, MEMBERS);
    for (int n = 0; n < MEMBERS; n++)
        assert_int_equal(l.sizes[n], deflated_size(n));
    site_first(&s);
    assert_int_equal(s.f.out_len, s.f.progress.length);
    check_members(&s.f);
    site_close(&s);
}

static void ranges_are_slices(void **state)
{
    struct learned l = {.count = 0};
    struct site first, later;
    uint64_t end;

    (void)state;
    open_measured(&first, NULL, &l);
    site_first(&first);
    open_measured(&later, &first, &l);
    assert_true(site_take(&later));
    assert_string_equal(later.f.progress.etag, first.f.progress.etag);
    for (uint64_t at = 0; at < first.f.out_len; at = end) {
        end = at + 97 < first.f.out_len ? at + 97 : first.f.out_len;
        assert_ok(fixture_send_range(&later.f, at, end - 1), &later.f.e);
        assert_memory_equal(later.f.out, first.f.out + at, end - at);
    }
    for (end = first.f.out_len; end > 0;
         end = end > 1234 ? end - 1234 : 0) { /* back, over several */
        uint64_t at = end > 2000 ? end - 2000 : 0;

        assert_ok(fixture_send_range(&later.f, at, end - 1), &later.f.e);
        assert_memory_equal(later.f.out, first.f.out + at, end - at);
    }
    assert_int_equal(later.pool.submitted, MEMBERS);
    site_close(&later);
    site_close(&first);
}

/* Offset of a member's data in the archive that f->out holds, and its size. */
static uint64_t data_of(const struct fixture *f, size_t n, uint64_t *size)
{
    uint64_t at = 0;

    for (size_t i = 0;; i++) {
        at += 30 + f->out[at + 26];
        *size = plan_progress_fact(&f->progress, &f->plan.members[i]).stored_size;
        if (i == n)
            return at;
        at += *size;
    }
}

/* A range of pixel data makes no header, one of the last byte does. */
static void headers_are_made_if_they_are_sent(void **state)
{
    struct learned l = {.count = 0};
    struct site first, later;
    uint64_t size, at;

    (void)state;
    open_measured(&first, NULL, &l);
    site_first(&first);
    open_measured(&later, &first, &l);
    assert_true(site_take(&later));
    at = data_of(&first.f, 9, &size);
    for (unsigned jobs = 0; jobs < 2; jobs++) {
        uint64_t from = at + size / 2, end = jobs ? at + size : from + 20;

        assert_ok(body_begin(&later.f.content, from, end, &later.f.e), &later.f.e);
        assert_ok(fixture_send_range(&later.f, from, end - 1), &later.f.e);
        assert_memory_equal(later.f.out, first.f.out + from, end - from);
        assert_int_equal(later.pool.submitted, jobs);
    }
    site_close(&later);
    site_close(&first);
}

/* The catalogue has one size for all; that of most differs. */
static void a_wrong_size_is_an_error(void **state)
{
    struct learned l = {.count = 0};
    const struct content_learn learning = {.deflated = learn, .ctx = &l};
    const struct site_change change = {.key = KEY,
                                       .smooth = true,
                                       .compression = PLAN_COMPRESS_AUTO,
                                       .deflated = deflated_size(0) + 1,
                                       .learn = &learning};
    struct site s;

    (void)state;
    site_open_as(&s, NULL, &change);
    assert_ok(splice_make(&s.f.content, s.f.root, &s.f.e), &s.f.e);
    assert_ok(finish_measure(&s.f.progress, &s.f.e), &s.f.e);
    assert_int_equal(fixture_send(&s.f), -1);
    assert_int_equal(s.f.e.kind, ERR_DATA);
    assert_non_null(strstr(s.f.e.text, "f0 was deflated to fewer than the "));
    assert_true(l.forgotten == 1 && l.count == 0 && l.sizes[0] == 0);
    site_close(&s);
}

/* After the deadline members are stored, with another entity tag. */
static void time_is_short(void **state)
{
    const struct site_change change = {
        .key = KEY, .smooth = true, .compression = PLAN_COMPRESS_DEFLATE};
    struct site s;
    char etag[PLAN_ETAG_MAX];

    (void)state;
    site_open_as(&s, NULL, &change);
    memcpy(etag, s.f.progress.etag, sizeof etag);
    s.f.content.deadline = 1;
    assert_ok(ahead_deflate(&s.f.content, &s.f.e), &s.f.e);
    s.f.content.deadline = 0;
    assert_string_not_equal(s.f.progress.etag, etag);
    assert_false(s.f.progress.length_known);
    site_first(&s);
    for (size_t i = 0; i < s.f.plan.count; i++) {
        const struct plan_fact fact = plan_progress_fact(&s.f.progress, &s.f.plan.members[i]);

        assert_true(!fact.deflated && fact.known && fact.stored_size == fact.size);
    }
    site_close(&s);
}

static void nothing_is_sent_without_headers(void **state)
{
    struct learned l = {.count = 0};
    struct site s;

    (void)state;
    open_measured(&s, NULL, &l);
    s.f.progress.length = 100;
    s.f.progress.length_known = true;
    assert_err(fixture_send(&s.f), ERR_SYSTEM, &s.f.e);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_measured_and_members_inflate),
        cmocka_unit_test(ranges_are_slices),
        cmocka_unit_test(headers_are_made_if_they_are_sent),
        cmocka_unit_test(a_wrong_size_is_an_error),
        cmocka_unit_test(time_is_short),
        cmocka_unit_test(nothing_is_sent_without_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
