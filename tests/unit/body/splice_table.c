/* SPDX-License-Identifier: MIT */
/* De-identified members whose headers were made by an earlier request: only
 * headers that are sent are made again. */
#include "tests/unit/body/kept_splices.h"

#define LAST (MEMBERS - 1)

/* The offset of the value of pixel data of a member in the archive that f->out
 * holds. */
static uint64_t pixels_of(const struct fixture *f, int n)
{
    uint8_t begins[8];

    fixture_fill(begins, sizeof begins, (uint32_t)n);
    return (uint64_t)((const uint8_t *)memmem(f->out, f->out_len, begins, sizeof begins) - f->out);
}

static void check_range(struct site *s, const struct fixture *whole, uint64_t first, uint64_t end,
                        unsigned jobs)
{
    const unsigned before = s->pool.submitted;

    assert_ok(body_begin(&s->f.content, first, end, &s->f.e), &s->f.e);
    assert_ok(fixture_send_range(&s->f, first, end - 1), &s->f.e);
    assert_int_equal(s->f.out_len, end - first);
    assert_memory_equal(s->f.out, whole->out + first, end - first);
    assert_int_equal(s->pool.submitted - before, jobs);
}

static void ranges_make_the_headers_that_they_send(void **state)
{
    struct site first, later;
    uint64_t at;

    (void)state;
    site_open(&first, NULL);
    site_first(&first);
    assert_int_equal(first.pool.submitted, MEMBERS);
    for (int n = 0; n < MEMBERS; n += 7) {
        site_open(&later, &first);
        assert_true(site_take(&later));
        assert_string_equal(later.f.progress.etag, first.f.progress.etag);
        assert_int_equal(later.f.progress.length, first.f.out_len);
        at = pixels_of(&first.f, n);
        check_range(&later, &first.f, at + 3, at + PIXELS, 0);
        check_range(&later, &first.f, at - 9, at + PIXELS, 1);
        check_range(&later, &first.f, at - 20, at + 1, 0);
        check_range(&later, &first.f, at + PIXELS, at + PIXELS + 2, 0);
        site_close(&later);
    }
    site_open(&later, &first);
    assert_true(site_take(&later));
    at = pixels_of(&first.f, LAST);
    check_range(&later, &first.f, at + PIXELS + 1, at + PIXELS + 2,
                1); /* the bytes after the pixels */
    check_range(&later, &first.f, first.f.out_len - 40, first.f.out_len,
                0); /* the archive's records */
    site_close(&later);
    site_close(&first);
}

/* Headers are made in any order; several ranges overlap. */
static void ranges_go_back(void **state)
{
    struct site first, later;

    (void)state;
    site_open(&first, NULL);
    site_first(&first);
    site_open(&later, &first);
    assert_true(site_take(&later));
    for (int n = LAST; n >= 0; n -= 4) {
        uint64_t from = pixels_of(&first.f, n) - 5, end = first.f.out_len;

        assert_ok(fixture_send_range(&later.f, from, end - 1), &later.f.e);
        assert_memory_equal(later.f.out, first.f.out + from, end - from);
    }
    assert_ok(fixture_send(&later.f), &later.f.e);
    assert_memory_equal(later.f.out, first.f.out, first.f.out_len);
    assert_int_equal(later.pool.submitted, MEMBERS);
    site_close(&later);
    site_close(&first);
}

static void another_header_is_an_error(void **state)
{
    struct site first, later;
    uint64_t at;

    (void)state;
    site_open(&first, NULL);
    site_first(&first);
    at = pixels_of(&first.f, 5);
    site_open(&later, &first);
    assert_true(site_take(&later));
    later.pool.salt = 1;
    assert_int_equal(body_begin(&later.f.content, at - 9, at, &later.f.e), -1);
    assert_int_equal(later.f.e.kind, ERR_DATA);
    assert_non_null(strstr(later.f.e.text, "f5 was made with other bytes than the first time"));
    splice_table_drop(&later.f.content, first.cache);
    site_close(&later);
    site_open(&later, &first);
    assert_false(site_take(&later));
    assert_true(splice_due(&later.f.content));
    site_close(&later);
    site_close(&first);
}

/* Other data, another profile, and another place of pixel data have other
 * entries, or none. */
static void entries_are_of_one_representation(void **state)
{
    struct site first, other;

    (void)state;
    site_open(&first, NULL);
    site_first(&first);
    site_open_as(&other, &first, &(struct site_change){.key = "9"});
    assert_false(site_take(&other));
    site_close(&other);
    site_open_as(&other, &first, &(struct site_change){.key = "0", .seed = 1000});
    assert_false(site_take(&other));
    site_close(&other);
    site_open_as(&other, &first, &(struct site_change){.key = "0", .no_pixels = true});
    assert_false(site_take(&other)); /* the entity tag is the same */
    site_close(&other);
    site_open(&other, &first);
    assert_false(site_take(&other)); /* the entry was removed */
    site_close(&other);
    site_close(&first);
}

static void no_cache(void **state)
{
    struct site first, later;

    (void)state;
    site_open(&first, NULL);
    site_first(&first);
    site_open(&later, &first);
    assert_false(splice_table_get(&later.f.content, NULL, later.f.root));
    splice_table_put(&first.f.content, NULL, first.f.root);
    splice_table_drop(&first.f.content, NULL);
    site_close(&later);
    site_close(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_make_the_headers_that_they_send),
        cmocka_unit_test(ranges_go_back),
        cmocka_unit_test(another_header_is_an_error),
        cmocka_unit_test(entries_are_of_one_representation),
        cmocka_unit_test(no_cache),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
