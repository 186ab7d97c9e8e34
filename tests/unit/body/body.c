/* SPDX-License-Identifier: MIT */
#include "tests/unit/body/response.h"
#include "tests/unit/body/pool.h"

/* The slice of the whole body is what every range gives. */
static void check_range(struct fixture *f, const uint8_t *whole, uint64_t first, uint64_t last)
{
    assert_ok(fixture_send_range(f, first, last), &f->e);
    if (f->out_len != last - first + 1 || memcmp(f->out, whole + first, f->out_len) != 0)
        fail_msg("%llu to %llu is not the slice of the whole", (unsigned long long)first,
                 (unsigned long long)last);
}

static uint8_t *send_whole(struct fixture *f)
{
    uint8_t *whole;

    assert_ok(finish_plan(&f->plan, &f->progress, &f->e), &f->e);
    assert_true(f->progress.length_known);
    assert_ok(fixture_send(f), &f->e);
    assert_int_equal(f->out_len, f->progress.length);
    whole = malloc(f->out_len);
    memcpy(whole, f->out, f->out_len);
    return whole;
}

static void every_range_is_a_slice(enum plan_framing framing, int count)
{
    struct plan_options o = fixture_options();
    struct fixture f;
    uint8_t *whole;

    o.framing = framing;
    fixture_open(&f, &o);
    fixture_study(&f, count, 40);
    whole = send_whole(&f);
    for (uint64_t first = 0; first < f.progress.length; first++)
        for (uint64_t last = first; last < f.progress.length; last++)
            check_range(&f, whole, first, last);
    assert_err(fixture_send_range(&f, 0, f.progress.length), ERR_RANGE, &f.e);
    assert_err(fixture_send_range(&f, 2, 1), ERR_RANGE, &f.e);
    assert_err(fixture_send_range(&f, 0, UINT64_MAX), ERR_RANGE, &f.e);
    free(whole);
    fixture_close(&f);
}

static void every_range_of_a_small_archive_is_a_slice(void **state)
{
    (void)state;
    every_range_is_a_slice(PLAN_ZIP, 3);
}

static void every_range_of_a_small_multipart_is_a_slice(void **state)
{
    (void)state;
    every_range_is_a_slice(PLAN_MULTIPART, 2);
}

static void every_range_of_a_single_instance_is_a_slice(void **state)
{
    (void)state;
    every_range_is_a_slice(PLAN_SINGLE, 1);
}

static void random_ranges_of_a_larger_archive_are_slices(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;
    uint8_t *whole;
    uint32_t seed = 7;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 200, 100000);
    whole = send_whole(&f);
    for (int i = 0; i < 300; i++) {
        uint64_t first, len;

        seed = seed * 1664525 + 1013904223;
        first = seed % f.progress.length;
        seed = seed * 1664525 + 1013904223;
        len = (i % 3 ? seed % 3000 : seed) % (f.progress.length - first);
        check_range(&f, whole, first, first + len);
    }
    free(whole);
    fixture_close(&f);
}

/* Runs a shell command on a file of the body ($1), its boundary ($2) and the
 * root ($3): it must not complain. */
static void check_with(struct fixture *f, const char *reader, const char *command)
{
    char path[128];
    int code;

    fixture_write(f, "body", f->out, f->out_len);
    snprintf(path, sizeof path, "%s/body", f->root);
    code = fixture_run(command, path, f->progress.boundary, f->root);
    if (code == 127)
        print_message("[  SKIPPED ] %s is not installed\n", reader);
    else if (code != 0)
        fail_msg("%s ends with %d", reader, code);
}

static void readers_find_the_archive_good(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 40, 50000);
    free(send_whole(&f));
    check_with(&f, "python3", "python3 tests/unit/body/check_zip.py $1");
    check_with(&f, "unzip", "unzip -tqq $1");
    check_with(&f, "7-Zip", "$(command -v 7zz || echo 7z) t $1"); /* 7z since Debian 13 */
    check_with(&f, "bsdtar", "bsdtar -tvf $1");
    check_with(&f, "bsdtar from a pipe", "cat $1 | bsdtar -tvf -");
    fixture_close(&f);
}

static void multipart_parts_are_the_files(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;

    (void)state;
    o.framing = PLAN_MULTIPART;
    o.location = "/d/studies/1.2.3";
    fixture_open(&f, &o);
    fixture_study(&f, 6, 1000);
    free(send_whole(&f));
    check_with(&f, "python3", "python3 tests/unit/body/check_multipart.py $1 $2 $3");
    fixture_close(&f);
}

static void change_shorten(struct fixture *f)
{
    assert_int_equal(truncate(fixture_path(f, "f5"), 3), 0);
}

static void change_grow(struct fixture *f)
{
    int fd = open(fixture_path(f, "f5"), O_WRONLY | O_APPEND);

    assert_int_equal(io_write(fd, "x", 1), 0);
    close(fd);
}

static void change_remove(struct fixture *f)
{
    assert_int_equal(unlink(fixture_path(f, "f5")), 0);
}

static void change_to_link(struct fixture *f)
{
    change_remove(f);
    assert_int_equal(symlink("f6", fixture_path(f, "f5")), 0);
}

static void change_to_folder(struct fixture *f)
{
    change_remove(f);
    assert_int_equal(mkdir(fixture_path(f, "f5"), 0755), 0);
}

static void change_to_pipe(struct fixture *f)
{
    change_remove(f);
    assert_int_equal(mkfifo(fixture_path(f, "f5"), 0644), 0);
}

/* One byte differs and the time was set back: only the CRC can tell. */
static void change_byte_silently(struct fixture *f)
{
    struct stat st;
    int fd = open(fixture_path(f, "f5"), O_RDWR);
    struct timespec times[2];
    uint8_t c;

    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pread(fd, &c, 1, 9), 1);
    c ^= 1;
    assert_int_equal(pwrite(fd, &c, 1, 9), 1);
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void change_time(struct fixture *f)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};

    assert_int_equal(utimensat(AT_FDCWD, fixture_path(f, "f5"), times, 0), 0);
}

static bool has_end_record(const struct fixture *f)
{
    return f->out_len >= 22 && memcmp(f->out + f->out_len - 22, "PK\5\6", 4) == 0;
}

/* Files that change after they were looked at: the answer breaks off, without
 * an end record, naming the file. */
static void a_changed_file_ends_the_answer_openly(void **state)
{
    static void (*const changes[])(struct fixture *) = {
        change_shorten,   change_grow,    change_remove,        change_to_link,
        change_to_folder, change_to_pipe, change_byte_silently, change_time,
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct plan_options o = fixture_options();
        struct fixture f;

        fixture_open(&f, &o);
        fixture_study(&f, 10, 70000);
        free(send_whole(&f));
        assert_true(has_end_record(&f));
        changes[i](&f);
        assert_int_equal(fixture_send(&f), -1);
        assert_int_equal(f.e.kind, ERR_DATA);
        assert_non_null(strstr(f.e.text, "main:f5"));
        assert_false(has_end_record(&f));
        err_clear(&f.e);
        fixture_close(&f);
    }
}

/* The file shrinks while it is being sent. */
static int flush_and_shorten(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct fixture *f = ctx;

    (void)data;
    (void)len;
    (void)e;
    assert_int_equal(truncate(fixture_path(f, "big"), 300000), 0);
    return 0;
}

static void a_file_cut_short_while_it_is_sent_is_noticed(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;
    struct sink s;
    struct instance i;
    static uint8_t data[1000000];

    (void)state;
    fixture_open(&f, &o);
    fixture_write(&f, "big", data, sizeof data);
    i = fixture_row(&f, "big", 1);
    assert_ok(plan_add(&f.plan, f.store, &i, &f.e), &f.e);
    assert_ok(finish_plan(&f.plan, &f.progress, &f.e), &f.e);
    content_init(&f.content, &f.progress, f.store, NULL, NULL);
    assert_ok(sink_open(&s, flush_and_shorten, &f, &f.e), &f.e);
    assert_err(body_send(&f.content, &s, &f.e), ERR_DATA, &f.e);
    sink_close(&s);
    fixture_close(&f);
}

/* Whichever hand-over fails, the error is the peer's and nothing more is sent.
 */
static void a_failing_sink_ends_the_answer(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;
    int failures = 0;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 60, 100000);
    free(send_whole(&f));
    for (long n = 1;; n++) {
        f.fail_flush = n;
        if (fixture_send(&f) == 0)
            break;
        assert_int_equal(f.e.kind, ERR_PEER);
        assert_int_equal(f.out_len, (size_t)(n - 1) * SINK_BUFFER);
        err_clear(&f.e);
        failures++;
    }
    assert_true(failures > 5);
    fixture_close(&f);
}

/* A range opens the files that it touches and no other: the rest may even be
 * gone. */
static void a_range_touches_only_its_members(void **state)
{
    struct plan_options o = fixture_options();
    struct fixture f;
    uint8_t *whole;
    uint64_t directory;

    (void)state;
    fixture_open(&f, &o);
    fixture_study(&f, 6, 1000);
    whole = send_whole(&f);
    for (int i = 1; i < 6; i++) {
        char name[8];

        snprintf(name, sizeof name, "f%d", i);
        assert_int_equal(unlink(fixture_path(&f, name)), 0);
    }
    check_range(&f, whole, 0, 30);
    directory =
        f.progress.length - 22 - 6 * (46 + strlen("0001-CT-Head/000000.dcm")) - strlen("-2");
    assert_memory_equal(whole + directory, "PK\1\2", 4);
    check_range(&f, whole, directory, f.progress.length - 1);
    assert_err(fixture_send_range(&f, 0, directory - 1), ERR_DATA, &f.e);
    free(whole);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_range_of_a_small_archive_is_a_slice),
        cmocka_unit_test(every_range_of_a_small_multipart_is_a_slice),
        cmocka_unit_test(every_range_of_a_single_instance_is_a_slice),
        cmocka_unit_test(random_ranges_of_a_larger_archive_are_slices),
        cmocka_unit_test(readers_find_the_archive_good),
        cmocka_unit_test(multipart_parts_are_the_files),
        cmocka_unit_test(a_changed_file_ends_the_answer_openly),
        cmocka_unit_test(a_file_cut_short_while_it_is_sent_is_noticed),
        cmocka_unit_test(a_failing_sink_ends_the_answer),
        cmocka_unit_test(a_range_touches_only_its_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
