/* SPDX-License-Identifier: MIT */
/* Pieces laid end to end are the body, for whole answers and ranges, in every
 * framing. */
#include "tests/unit/body/response.h"

#include "body/file_ranges.h"
#include "format/dicomdir.h"
#include "format/manifest.h"

/* Lays the bytes of a file's range where the bytes before it have gone. */
static int lay_file(void *ctx, const struct plan_member *m, uint64_t from, uint64_t end,
                    struct err *e)
{
    struct sink *s = ctx;
    struct fixture *f = s->ctx;
    size_t len = (size_t)(end - from);
    uint8_t *data = malloc(len);
    struct store_meta meta;
    int fd, rc;

    assert_true(from < end && end <= m->file_size);
    assert_ok(sink_flush(s, e), e);
    assert_ok(store_file(f->store, m->folder, plan_text(&f->plan, m->file), &fd, &meta, e), e);
    assert_int_equal(io_pread(fd, data, len, from), len);
    rc = fixture_flush(f, data, len, e);
    free(data);
    close(fd);
    return rc;
}

static int lay(struct fixture *f, uint64_t first, uint64_t last)
{
    struct sink s;
    int rc;

    f->out_len = 0;
    assert_ok(sink_open(&s, fixture_flush, f, &f->e), &f->e);
    rc = file_ranges_of(&f->progress, first, last + 1, &(struct file_ranges_out){&s, lay_file, &s},
                        &f->e);
    if (rc == 0)
        rc = sink_flush(&s, &f->e);
    sink_close(&s);
    return rc;
}

static void check(enum plan_framing framing, int count)
{
    struct plan_options o = fixture_options();
    struct fixture f;
    uint8_t *whole;

    o.framing = framing;
    fixture_open(&f, &o);
    fixture_study(&f, count, 40);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_true(file_ranges_possible(&f.progress));
    assert_ok(fixture_send(&f), &f.e);
    whole = malloc(f.out_len);
    memcpy(whole, f.out, f.out_len);
    for (uint64_t first = 0; first < f.progress.length; first++)
        for (uint64_t last = first; last < f.progress.length; last++) {
            assert_ok(lay(&f, first, last), &f.e);
            if (f.out_len != last - first + 1 || memcmp(f.out, whole + first, f.out_len) != 0)
                fail_msg("%llu to %llu is not the slice of the whole", (unsigned long long)first,
                         (unsigned long long)last);
        }
    assert_err(lay(&f, 0, f.progress.length), ERR_RANGE, &f.e);
    assert_err(lay(&f, 2, 1), ERR_RANGE, &f.e);
    free(whole);
    fixture_close(&f);
}

static void every_range_of_an_archive(void **state)
{
    (void)state;
    check(PLAN_ZIP, 3);
}

static void every_range_of_multipart(void **state)
{
    (void)state;
    check(PLAN_MULTIPART, 2);
}

static void every_range_of_an_instance(void **state)
{
    (void)state;
    check(PLAN_SINGLE, 1);
}

/* Members far in front are spoiled, which every reader of them reports.
 */
static void a_range_looks_at_no_member_far_before_it(void **state)
{
    enum { COUNT = 600, SPOILED = 500 };
    struct plan_options o = fixture_options();
    struct fixture f;
    uint8_t *whole;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, COUNT, 40);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    assert_ok(fixture_send(&f), &f.e);
    whole = malloc(f.out_len);
    memcpy(whole, f.out, f.out_len);
    for (size_t i = 0; i < SPOILED; i++)
        f.plan.members[i].stored_size += 1000;
    for (uint64_t first = f.progress.length - 1; first > f.progress.length - 5000; first -= 97) {
        assert_ok(lay(&f, first, f.progress.length - 1), &f.e);
        assert_memory_equal(f.out, whole + first, f.progress.length - first);
    }
    free(whole);
    fixture_close(&f);
}

/* What must be made first is nobody's file. */
static void only_files_as_they_are(void **state)
{
    struct plan_options o = fixture_options();
    struct manifest l = {.missing = 0};
    struct dicomdir d;
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 3, 40);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    f.plan.members[2].source = PLAN_CONVERTED;
    assert_false(file_ranges_possible(&f.progress));
    assert_err(lay(&f, 0, 0), ERR_RANGE, &f.e);
    f.plan.members[2].source = PLAN_FILE;
    f.plan.members[1].deflated = true;
    assert_false(file_ranges_possible(&f.progress));
    f.plan.members[1].deflated = false;
    f.progress.length_known = false;
    assert_false(file_ranges_possible(&f.progress));
    f.progress.length_known = true;
    f.progress.manifest = &l;
    assert_true(file_ranges_possible(&f.progress));
    l.missing = 1;
    assert_false(file_ranges_possible(&f.progress));
    f.progress.manifest = NULL;
    f.plan.dicomdir = &d;
    assert_false(file_ranges_possible(&f.progress));
    f.plan.dicomdir = NULL;
    assert_true(file_ranges_possible(&f.progress));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_range_of_an_archive),
        cmocka_unit_test(every_range_of_multipart),
        cmocka_unit_test(every_range_of_an_instance),
        cmocka_unit_test(a_range_looks_at_no_member_far_before_it),
        cmocka_unit_test(only_files_as_they_are),
    };

    return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
