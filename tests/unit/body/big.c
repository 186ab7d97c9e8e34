/* SPDX-License-Identifier: MIT */
/* The limits of 65,535 members and of 4 GiB, without gigabytes on disk: sparse
 * archives, and sinks that only count. */
#include "tests/unit/body/response.h"
#include "tests/unit/body/pool.h"
#include "tests/unit/body/rows.h"

#include <inttypes.h>

#define GIB ((uint64_t)1 << 30)
#define MARK ((uint64_t)0xFFFFFFFF)

/* A member named 0001-MR/NUMBER.dcm. */
static struct instance sized(uint64_t size, int32_t number)
{
    struct instance i = made_up(number);

    i.series_number = 1;
    i.series_description = "";
    i.size = size;
    return i;
}

/* Sends part of the body to its place in a sparse file. */
static void send_to_place(struct fixture *f, int fd, uint64_t first, uint64_t last)
{
    struct sink s;

    assert_true(lseek(fd, (off_t)first, SEEK_SET) == (off_t)first);
    assert_ok(sink_open(&s, sink_to_fd, &fd, &f->e), &f->e);
    assert_ok(body_send_range(&f->content, first, last + 1, &s, &f->e), &f->e);
    assert_ok(sink_flush(&s, &f->e), &f->e);
    assert_int_equal(s.total, last - first + 1);
    sink_close(&s);
}

static void check(struct fixture *f, const char *path, const char *arguments)
{
    static const char command[] =
        "python3 tests/unit/body/check_big.py $1 $2 && "
        "if z=$(command -v 7zz || command -v 7z); then ! $z l $1 | grep Warning; fi";

    if (fixture_run(command, path, arguments, "") != 0)
        fail_msg("%s: %s: not as it should be", path, arguments);
    assert_int_equal(unlink(path), 0);
    fixture_close(f);
}

/* Everything but the data of members of these sizes, read back. */
static void heads_and_directory(const uint64_t *sizes, size_t count)
{
    struct plan_options o = fixture_options();
    char path[128], arguments[256];
    uint64_t at = 0;
    size_t len = 0;
    struct fixture f;
    int fd;

    fixture_open(&f, &o);
    len = (size_t)snprintf(arguments, sizeof arguments, "%zu", count);
    for (size_t n = 0; n < count; n++) {
        struct instance i = sized(sizes[n], (int32_t)n);

        assert_ok(plan_add(&f.plan, f.store, &i, &f.e), &f.e);
        len += (size_t)snprintf(arguments + len, sizeof arguments - len, " %" PRIu64, sizes[n]);
    }
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    content_init(&f.content, &f.progress, f.store, NULL, NULL);
    snprintf(path, sizeof path, "%s.zip", f.root);
    fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
    assert_true(fd >= 0);
    for (size_t n = 0; n < count; n++) {
        uint64_t head = 30 + strlen("0001-MR/000000.dcm") + (sizes[n] >= MARK ? 20 : 0);

        send_to_place(&f, fd, at, at + head - 1);
        at += head + sizes[n];
    }
    send_to_place(&f, fd, at, f.progress.length - 1);
    close(fd);
    check(&f, path, arguments);
}

static void sizes_and_offsets_around_4_gib(void **state)
{
    const uint64_t head = 30 + strlen("0001-MR/000000.dcm");
    const uint64_t cases[][4] = {
        {MARK - 1, 7, 7, 7},
        {MARK, 7, 7, 7},
        {MARK + 1, 7, 7, 7},
        {5 * GIB, 5 * GIB, 1, 2},
        {2 * GIB, 2 * GIB, 2 * GIB, 2 * GIB},
        {MARK - 1 - head, 1, 1, 1}, /* the second begins at 0xFFFFFFFE, the third beyond */
        {MARK - head, 1, 1, 1},     /* ... at the marker value */
        {MARK - 4 * head - 4, 1, 1, 2}, /* the directory begins at 0xFFFFFFFF */
        {MARK - 4 * head - 5, 1, 1, 2}, /* ... one before */
        {1024 * GIB, 1, 2, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        heads_and_directory(cases[i], 4);
}

/* The same small file over and over. */
static void plan_many(struct fixture *f, int count, uint64_t size)
{
    struct plan_options o = fixture_options();
    struct instance i;
    int fd;

    fixture_open(f, &o);
    fixture_write(f, "x", "DICM", 4);
    fd = open(fixture_path(f, "x"), O_WRONLY);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
    i = fixture_row(f, "x", 0);
    for (; i.number < count; i.number++)
        assert_ok(plan_add(&f->plan, f->store, &i, &f->e), &f->e);
    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
    content_init(&f->content, &f->progress, f->store, NULL, NULL);
}

static void members_around_65535(void **state)
{
    static const int counts[] = {65534, 65535, 70000};

    (void)state;
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        char path[128], arguments[16];
        struct fixture f;
        struct sink s;
        int fd;

        plan_many(&f, counts[n], 60);
        snprintf(path, sizeof path, "%s.zip", f.root);
        snprintf(arguments, sizeof arguments, "%d", counts[n]);
        fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
        assert_ok(sink_open(&s, sink_to_fd, &fd, &f.e), &f.e);
        assert_ok(body_send(&f.content, &s, &f.e), &f.e);
        assert_ok(sink_flush(&s, &f.e), &f.e);
        sink_close(&s);
        close(fd);
        check(&f, path, arguments);
    }
}

/* Every byte of more than 4 GiB is read, compared and counted. */
static void more_than_4_gib_is_counted(void **state)
{
    struct fixture f;
    struct sink s;

    (void)state;
    plan_many(&f, 70, 64 << 20);
    assert_true(f.progress.length > 4 * GIB);
    assert_ok(sink_open(&s, sink_to_nowhere, NULL, &f.e), &f.e);
    assert_ok(body_send(&f.content, &s, &f.e), &f.e);
    assert_true(s.total == f.progress.length);
    sink_close(&s);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_offsets_around_4_gib),
        cmocka_unit_test(members_around_65535),
        cmocka_unit_test(more_than_4_gib_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
