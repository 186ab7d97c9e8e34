/* SPDX-License-Identifier: MIT */
/* A range is found without a look at all that lies before it: many of them, in
 * any order, cost no more than the plan. */
#include "tests/unit/body/response.h"

#include "base/le.h"
#include "format/offsets.h"

enum { COUNT = 600, SPOILED = 500 };

struct whole {
    uint8_t *bytes;
    uint64_t length, behind; /* what lies behind the last member */
};

static struct whole open_study(struct fixture *f, enum plan_framing framing)
{
    struct plan_options o = fixture_options();
    struct whole w;

    o.framing = framing;
    fixture_open(f, &o);
    fixture_study(f, COUNT, 40);
    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
    assert_ok(fixture_send(f), &f->e);
    w = (struct whole){.bytes = malloc(f->out_len), .length = f->out_len};
    memcpy(w.bytes, f->out, f->out_len);
    assert_int_equal(offsets_find(&f->progress, w.length - 1, &w.behind), COUNT);
    return w;
}

static void check_range(struct fixture *f, const struct whole *w, uint64_t first, uint64_t last)
{
    assert_ok(fixture_send_range(f, first, last), &f->e);
    assert_int_equal(f->out_len, last - first + 1);
    assert_memory_equal(f->out, w->bytes + first, f->out_len);
}

/* A reader that looks at members far in front fails. */
static void check_far_ranges(enum plan_framing framing)
{
    struct fixture f;
    struct whole w = open_study(&f, framing);

    for (size_t i = 0; i < SPOILED; i++)
        f.plan.members[i].stored_size += 1000;
    for (uint64_t last = w.length - 1; last > w.length - 5000; last -= 97)
        check_range(&f, &w, last - 80, last);
    for (uint64_t last = w.behind - 1; last > w.behind - 4000; last -= 97)
        check_range(&f, &w, last - 80, last);
    check_range(&f, &w, w.behind - 4000, w.behind - 1);
    free(w.bytes);
    fixture_close(&f);
}

static void ranges_look_at_no_member_far_before_them(void **state)
{
    (void)state;
    check_far_ranges(PLAN_ZIP);
    check_far_ranges(PLAN_MULTIPART);
}

/* A byte belongs to the member in whose head or data it lies; the records of an
 * archive say where they begin. */
static void every_byte_is_found(void **state)
{
    struct fixture f;
    struct whole w = open_study(&f, PLAN_ZIP);
    const uint8_t *record = w.bytes + w.behind;
    uint64_t at = 0;

    (void)state;
    assert_int_equal(le32_get(w.bytes + w.length - 6), w.behind);
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t begin = le32_get(record + 42), end;

        record += 46 + le16_get(record + 28) + le16_get(record + 30) + le16_get(record + 32);
        end = i + 1 < COUNT ? le32_get(record + 42) : w.behind;
        for (uint64_t k = begin; k < end; k++) {
            assert_int_equal(offsets_find(&f.progress, k, &at), i);
            assert_int_equal(at, begin);
        }
    }
    assert_int_equal(offsets_find(&f.progress, w.behind, &at), COUNT);
    assert_int_equal(at, w.behind);
    free(w.bytes);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_look_at_no_member_far_before_them),
        cmocka_unit_test(every_byte_is_found),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
