/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "index/counts.h"
#include "index/progress.h"

static void everything_is_counted_once(void **state)
{
    struct counts t = {.links = 1000, .specials = 2000};
    struct buf b;

    (void)state;
    for (int i = 0; i < WRITER_GONE; i++)
        t.files[i] = 1u << i;
    buf_init(&b, 1000);
    counts_write(&t, &b);
    assert_string_equal(
        b.data,
        "4023 files: 2 indexed, 4 changed, 8 touched, 16 unchanged, 32 copies, 64 conflicts, "
        "128 refused, 256 not DICOM, 512 DICOMDIR, 1 not dealt with, 1000 links, "
        "2000 special files");
    buf_release(&b);
}

static void nothing(void **state)
{
    const struct counts t = {0};
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    counts_write(&t, &b);
    assert_string_equal(
        b.data, "0 files: 0 indexed, 0 unchanged, 0 copies, 0 conflicts, 0 refused, 0 not DICOM, "
                "0 DICOMDIR, 0 links");
    buf_release(&b);
}

static void what_counts_as_failure(void **state)
{
    (void)state;
    for (int i = 0; i < WRITER_OUTCOMES; i++) {
        struct counts t = {.links = 1};

        t.files[i] = 1;
        assert_int_equal(counts_has_failures(&t),
                         i == WRITER_REFUSED || i == WRITER_CONFLICT || i == WRITER_NEW);
    }
}

static void the_time_left(void **state)
{
    static const struct {
        double done, seconds;
        const char *text;
    } cases[] = {{0.5, 10, "0:10"},   {0.25, 100, "5:00"}, {0.1, 1000, "2:30:00"}, {0, 10, ""},
                 {1, 10, ""},         {0.5, 0.5, ""},      {1e-9, 1000, ""},       {2, 5, ""}};
    char out[PROGRESS_TIME_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(progress_left(cases[i].done, cases[i].seconds, out), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_counted_once),
        cmocka_unit_test(nothing),
        cmocka_unit_test(what_counts_as_failure),
        cmocka_unit_test(the_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
