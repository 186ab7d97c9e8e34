/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/study.h"
#include "tests/unit/body/pool.h"

#include <dirent.h>

static int open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* Opens member i and compares its size. */
static void take(struct fixture *f, struct file_source *s, size_t i, size_t last)
{
    struct stat st;
    int fd;

    assert_ok(file_source_open(s, i, last, &fd, &f->e), &f->e);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, f->plan.members[i].stored_size);
    close(fd);
}

static void begin(struct fixture *f, struct file_source *s)
{
    struct plan_options o = fixture_options();

    fixture_open(f, &o);
    fixture_study(f, 30, 1000);
    file_source_init(s, &f->progress, f->store);
}

static void files_come_in_any_order_and_few_lie_open(void **state)
{
    static const size_t order[] = {0, 1, 2, 5, 6, 20, 3, 4, 29, 0, 28, 29, 29};
    struct file_source s;
    struct fixture f;
    int before;

    (void)state;
    begin(&f, &s);
    take(&f, &s, 0, 0);
    before = open_descriptors();
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        take(&f, &s, order[i], 29);
        assert_true(open_descriptors() <= before + FILE_SOURCE_AHEAD);
    }
    file_source_release(&s);
    assert_int_equal(open_descriptors(), before);
    fixture_close(&f);
}

static void nothing_behind_the_last_is_opened(void **state)
{
    struct file_source s;
    struct fixture f;
    int before;

    (void)state;
    begin(&f, &s);
    take(&f, &s, 10, 10);
    before = open_descriptors();
    take(&f, &s, 10, 12);
    assert_int_equal(open_descriptors(), before + 2);
    take(&f, &s, 11, 12);
    take(&f, &s, 12, 12);
    assert_int_equal(open_descriptors(), before);
    fixture_close(&f);
}

static void few_members_are_looked_at(void **state)
{
    const size_t last = FILE_SOURCE_LOOK + 50;
    struct plan_options o = fixture_options();
    struct file_source s;
    struct fixture f;
    int before;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, (int)last + 1, 100);
    file_source_init(&s, &f.progress, f.store);
    for (size_t i = 1; i < last; i++)
        f.plan.members[i].source = PLAN_SPLICED; /* not opened ahead */
    s.last = last;
    take(&f, &s, 0, 0);
    before = open_descriptors();
    take(&f, &s, 0, last);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(s.asked, FILE_SOURCE_LOOK);
    take(&f, &s, last - FILE_SOURCE_LOOK, last);
    assert_int_equal(open_descriptors(), before);
    take(&f, &s, last - FILE_SOURCE_LOOK + 1, last);
    assert_int_equal(open_descriptors(), before + 1);
    assert_int_equal(s.asked, last + 1);
    file_source_release(&s);
    fixture_close(&f);
}

/* Appends a byte and sets the time back. */
static void grow_silently(const struct fixture *f, const char *name)
{
    int fd = open(fixture_path(f, name), O_WRONLY | O_APPEND);
    struct timespec times[2];
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(io_write(fd, "x", 1), 0);
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

/* A file that changes while it lies open is noticed when its turn comes; one
 * that is removed is still whole. */
static void a_change_is_noticed_in_its_turn(void **state)
{
    struct file_source s;
    struct fixture f;
    int fd;

    (void)state;
    begin(&f, &s);
    take(&f, &s, 0, 29);
    fixture_write(&f, "f3", "other", 5);
    grow_silently(&f, "f6");
    assert_int_equal(unlink(fixture_path(&f, "f2")), 0);
    assert_int_equal(unlink(fixture_path(&f, "f20")), 0);
    take(&f, &s, 1, 29);
    take(&f, &s, 2, 29); /* gone by name, but held */
    assert_int_equal(file_source_open(&s, 3, 29, &fd, &f.e), -1);
    assert_int_equal(f.e.kind, ERR_DATA);
    assert_non_null(strstr(f.e.text, "main:f3"));
    err_clear(&f.e);
    take(&f, &s, 4, 29);
    take(&f, &s, 5, 29);
    assert_err(file_source_open(&s, 6, 29, &fd, &f.e), ERR_DATA, &f.e);
    for (size_t i = 7; i < 20; i++)
        take(&f, &s, i, 29);
    assert_err(file_source_open(&s, 20, 29, &fd, &f.e), ERR_DATA, &f.e);
    assert_int_equal(fd, -1);
    file_source_release(&s);
    fixture_close(&f);
}

/* A read that does not give all at once, as at the end of a file, makes files
 * cold, which changes nothing else. */
static void cold_files_are_asked_for_ahead(void **state)
{
    char text[8] = "";
    struct file_source s;
    struct fixture f;
    int fd;

    (void)state;
    begin(&f, &s);
    take(&f, &s, 0, 29);
    assert_int_equal(s.count, FILE_SOURCE_AHEAD);
    fixture_write(&f, "g", "0123456789", 10);
    fd = open(fixture_path(&f, "g"), O_RDONLY);
    assert_int_equal(file_source_read(&s, fd, text, 4, 2), 4);
    assert_memory_equal(text, "2345", 4);
    assert_int_equal(file_source_read(&s, fd, text, sizeof text, 7), 3);
    assert_memory_equal(text, "7895", 4);
    assert_true(s.cold);
    assert_int_equal(file_source_read(&s, fd, text, 4, 1), 4);
    assert_memory_equal(text, "1234", 4);
    close(fd);
    for (size_t i = 1; i < 30; i++)
        take(&f, &s, i, 29);
    file_source_release(&s);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_in_any_order_and_few_lie_open),
        cmocka_unit_test(nothing_behind_the_last_is_opened),
        cmocka_unit_test(few_members_are_looked_at),
        cmocka_unit_test(a_change_is_noticed_in_its_turn),
        cmocka_unit_test(cold_files_are_asked_for_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
