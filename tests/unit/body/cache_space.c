/* SPDX-License-Identifier: MIT */
/* What may go wrong with a cache's folder: damage, leftovers, full disks,
 * deaths, and several processes at once. */
#include "tests/unit/body/kept.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void flip_byte(const char *path)
{
    int fd = open(path, O_RDWR);
    uint8_t b;

    assert_int_equal(pread(fd, &b, 1, BYTES / 3), 1);
    b ^= 1;
    assert_int_equal(pwrite(fd, &b, 1, BYTES / 3), 1);
    close(fd);
}

static void flip_last(const char *path)
{
    int fd = open(path, O_RDWR);

    assert_int_equal(pwrite(fd, "xy", 2, ENTRY - 30), 2);
    close(fd);
}

static void shorten(const char *path)
{
    assert_int_equal(truncate(path, ENTRY - 1), 0);
}

static void empty(const char *path)
{
    assert_int_equal(truncate(path, 0), 0);
}

static void blank(const char *path) /* as a power failure may leave it */
{
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(truncate(path, ENTRY), 0);
}

static void wrong_content_is_removed_and_made_again(void **state)
{
    void (*const harm[])(const char *) = {flip_byte, flip_last, shorten, empty, blank};

    (void)state;
    for (size_t i = 0; i < sizeof harm / sizeof *harm; i++) {
        struct fixture f;

        open_fixture(&f);
        put(f.cache, 1, false);
        assert_int_equal(each_entry(&f, harm[i]), 1);
        assert_false(has(f.cache, 1, HELPER_PACK_NOTHING));
        assert_int_equal(each_entry(&f, NULL), 0);
        put(f.cache, 1, false);
        assert_true(has(f.cache, 1, HELPER_PACK_NOTHING));
        close_fixture(&f);
    }
}

static char elsewhere[64];

static void make_link(const char *path)
{
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, path), 0);
}

static void make_folder(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_pipe(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
}

/* Links are not followed, nothing hangs, and what is no entry stays. */
static void hostile_leftovers_do_no_harm(void **state)
{
    void (*const leave[])(const char *) = {make_link, make_folder, make_pipe};
    char readme[64], total[64];
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof leave / sizeof *leave; i++) {
        open_fixture(&f);
        snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f.base);
        snprintf(readme, sizeof readme, "%s/README", f.folder);
        snprintf(total, sizeof total, "%s/total", f.folder);
        put(f.cache, 1, false);
        each_entry(&f, leave[i]);
        close(open(readme, O_CREAT | O_WRONLY, 0600));
        assert_false(has(f.cache, 1, HELPER_PACK_NOTHING));
        put(f.cache, 1, false);
        assert_int_equal(has(f.cache, 1, HELPER_PACK_NOTHING), leave[i] != make_folder);
        assert_int_equal(truncate(total, 3), 0);
        for (uint32_t n = 2; n < 30; n++)
            put(f.cache, n, false);
        assert_true(recorded_total(&f) <= LIMIT);
        assert_int_equal(access(readme, F_OK), 0);
        assert_int_equal(access(elsewhere, F_OK), leave[i] == make_link ? 0 : -1);
        close_fixture(&f);
    }
}

/* A child that a signal ends in the middle of writing leaves nothing; one that
 * finds the disk full goes on without. */
static void half_written_is_never_seen(void **state)
{
    struct fixture f;
    int status;

    (void)state;
    open_fixture(&f);
    for (int ignored = 0; ignored < 2; ignored++) {
        pid_t pid = fork();

        if (pid == 0) {
            const struct rlimit full = {BYTES / 2, BYTES / 2}, none = {0, 0};
            struct helper_result r = result(1, false);
            const struct cache_key key = key_of(1);

            signal(SIGXFSZ, ignored ? SIG_IGN : SIG_DFL);
            setrlimit(RLIMIT_CORE, &none);
            setrlimit(RLIMIT_FSIZE, &full);
            cache_put(f.cache, &key, &r);
            _exit(has(f.cache, 1, HELPER_PACK_NOTHING));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WIFSIGNALED(status), !ignored);
        assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGXFSZ : WEXITSTATUS(status) == 0);
        assert_int_equal(each_entry(&f, NULL), 0);
    }
    put(f.cache, 1, false);
    assert_true(has(f.cache, 1, HELPER_PACK_NOTHING));
    close_fixture(&f);
}

/* Several processes that write the same and others, and read them: all is
 * sound, and not more than the limit. */
static void many_at_once(void **state)
{
    struct fixture f;
    int status;

    (void)state;
    open_fixture(&f);
    for (uint32_t p = 0; p < 6; p++)
        if (fork() == 0) {
            struct cache *k;

            if (cache_open(&f.conf, true, &k, &f.e))
                _exit(1);
            for (uint32_t n = 0; n < 60; n++) {
                put(k, (n * 7 + p) % 25, n % 2);
                (void)has(k, (n * 5 + p) % 25, HELPER_PACK_NOTHING);
            }
            _exit(0);
        }
    while (wait(&status) > 0)
        assert_int_equal(status, 0);
    assert_true(each_entry(&f, NULL) * (uint64_t)ENTRY <= recorded_total(&f));
    assert_true(recorded_total(&f) <= LIMIT);
    put(f.cache, 99, false);
    assert_true(has(f.cache, 99, HELPER_PACK_NOTHING));
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_content_is_removed_and_made_again),
        cmocka_unit_test(hostile_leftovers_do_no_harm),
        cmocka_unit_test(half_written_is_never_seen),
        cmocka_unit_test(many_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
