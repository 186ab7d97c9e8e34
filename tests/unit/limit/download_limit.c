/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit/download_limit.h"

/* Locks are processes': each download here is a child. */
struct child {
    pid_t pid;
    int say, hear; /* a byte in: go on; a byte out: the kind of error */
};

static char folder[] = "/tmp/wadozip-slots-XXXXXX";

/* How many files there were. */
static unsigned empty_folder(void)
{
    DIR *d = opendir(folder);
    struct dirent *f;
    unsigned files = 0;

    assert_non_null(d);
    while ((f = readdir(d)))
        if (f->d_name[0] != '.') {
            assert_int_equal(unlinkat(dirfd(d), f->d_name, 0), 0);
            files++;
        }
    closedir(d);
    return files;
}

static void path_of(const struct download_limit *s, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", folder, s->name);
}

static struct download_limit_setup setup_of(uint64_t all, uint64_t each, int shared)
{
    return (struct download_limit_setup){
        .all = all, .each = each, .shared = shared, .spool = folder, .service = "dbname=x"};
}

/* Takes a slot, tells how that went, and leaves it on request. */
_Noreturn static void download(const struct download_limit_setup *setup, uint64_t client, int hear,
                               int say)
{
    struct download_limit s;
    struct err e = ERR_INIT;
    char byte;

    if (download_limit_open(&s, setup, &e) == 0)
        (void)!download_limit_take(&s, client, &e);
    byte = (char)e.kind;
    if (write(say, &byte, 1) == 1 && read(hear, &byte, 1) == 1)
        download_limit_leave(&s);
    byte = 0;
    (void)!write(say, &byte, 1);
    (void)!read(hear, &byte, 1);
    _exit(0);
}

/* The kind of error that the download began with. */
static enum err_kind begin(struct child *c, const struct download_limit_setup *setup,
                           uint64_t client)
{
    int in[2], out[2];
    char kind = -1;

    assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        close(in[1]);
        close(out[0]);
        download(setup, client, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    c->say = in[1];
    c->hear = out[0];
    assert_int_equal(read(c->hear, &kind, 1), 1);
    return (enum err_kind)kind;
}

/* The answer is over; the process is not. */
static void leave(struct child *c)
{
    char byte = 0;

    assert_int_equal(write(c->say, &byte, 1), 1);
    assert_int_equal(read(c->hear, &byte, 1), 1);
}

static void end(struct child *c)
{
    kill(c->pid, SIGKILL);
    assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
    close(c->say);
    close(c->hear);
}

static int shared_file(void)
{
    struct err e = ERR_INIT;
    int fd = download_limit_share(&e);

    assert_true(fd >= 0);
    return fd;
}

static void check_limits(int shared)
{
    const struct download_limit_setup setup = setup_of(3, 2, shared);
    struct child c[6];

    assert_int_equal(begin(&c[0], &setup, 7), ERR_NONE);
    assert_int_equal(begin(&c[1], &setup, 7), ERR_NONE);
    assert_int_equal(begin(&c[2], &setup, 7), ERR_TOO_MANY);
    assert_int_equal(begin(&c[3], &setup, 8), ERR_NONE);
    assert_int_equal(begin(&c[4], &setup, 9), ERR_BUSY);
    end(&c[2]);
    end(&c[4]);
    leave(&c[1]);
    assert_int_equal(begin(&c[2], &setup, 9), ERR_NONE);
    assert_int_equal(begin(&c[4], &setup, 7), ERR_BUSY);
    end(&c[4]);
    /* Killed in the middle of its answer. */
    end(&c[3]);
    assert_int_equal(begin(&c[4], &setup, 7), ERR_NONE);
    assert_int_equal(begin(&c[5], &setup, 7), ERR_TOO_MANY);
    end(&c[0]);
    assert_int_equal(begin(&c[0], &setup, 7), ERR_NONE);
    for (size_t i = 0; i < 6; i++)
        if (i != 3)
            end(&c[i]);
}

static void test_pool(void **state)
{
    int fd = shared_file();

    (void)state;
    check_limits(fd);
    close(fd);
    assert_int_equal(empty_folder(), 0);
}

static void test_processes_that_do_not_know_each_other(void **state)
{
    (void)state;
    check_limits(-1);
    check_limits(-1); /* with what the killed ones have left in the file */
    assert_int_equal(empty_folder(), 1);
}

static void test_no_limits_need_no_file(void **state)
{
    const struct download_limit_setup setup = {
        .shared = -1, .spool = "/no/such/folder", .service = ""};
    struct err e = ERR_INIT;
    struct download_limit s;

    (void)state;
    assert_ok(download_limit_open(&s, &setup, &e), &e);
    assert_ok(download_limit_take(&s, 1, &e), &e);
    download_limit_leave(&s);
    download_limit_close(&s);
}

static void test_only_one_limit(void **state)
{
    int fd = shared_file();
    struct download_limit_setup all = setup_of(1, 0, fd), each = setup_of(0, 1, fd);
    struct child c[3];

    (void)state;
    assert_int_equal(begin(&c[0], &all, 1), ERR_NONE);
    assert_int_equal(begin(&c[1], &all, 2), ERR_BUSY);
    end(&c[1]);
    assert_int_equal(begin(&c[1], &each, 2), ERR_NONE);
    assert_int_equal(begin(&c[2], &each, 2), ERR_TOO_MANY);
    for (size_t i = 0; i < 3; i++)
        end(&c[i]);
    close(fd);
}

struct race {
    atomic_int inside, most, refused, failed;
};

/* One of many at once, over and over. */
static void race_along(struct race *r, const struct download_limit_setup *setup, uint64_t client)
{
    enum { ROUNDS = 3000 };
    struct download_limit s;
    struct err e = ERR_INIT;

    if (download_limit_open(&s, setup, &e))
        r->failed++;
    for (int k = 0; k < ROUNDS && !r->failed; k++) {
        int inside, most = r->most;

        if (download_limit_take(&s, client, &e)) {
            r->failed += e.kind != ERR_BUSY;
            r->refused++;
            err_clear(&e);
            continue;
        }
        inside = ++r->inside;
        while (inside > most && !atomic_compare_exchange_weak(&r->most, &most, inside))
            ;
        sched_yield();
        r->inside--;
        download_limit_leave(&s);
    }
    download_limit_close(&s);
}

static void race(struct race *r, uint64_t limit)
{
    enum { AT_ONCE = 6 };
    int fd = shared_file(), status;
    const struct download_limit_setup setup = setup_of(limit, 0, fd);

    for (int i = 0; i < AT_ONCE; i++)
        if (fork() == 0) {
            race_along(r, &setup, 1 + (uint64_t)i);
            _exit(0);
        }
    while (wait(&status) > 0)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(fd);
}

/* Never one more than the limit, and nobody is refused while there is room. */
static void test_race(void **state)
{
    struct race *r =
        mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_ptr_not_equal(r, MAP_FAILED);
    race(r, 6);
    assert_int_equal(r->failed, 0);
    assert_int_equal(r->refused, 0);
    *r = (struct race){.most = 0};
    race(r, 2);
    assert_int_equal(r->failed, 0);
    assert_in_range(r->most, 1, 2);
    munmap(r, sizeof *r);
}

/* What a cleaner of temporary files takes away is made again. */
static void test_file_taken_away(void **state)
{
    const struct download_limit_setup setup = setup_of(1, 0, -1);
    struct child c[2];

    (void)state;
    assert_int_equal(begin(&c[0], &setup, 1), ERR_NONE);
    assert_int_equal(empty_folder(), 1);
    assert_int_equal(begin(&c[1], &setup, 1), ERR_NONE);
    end(&c[0]);
    assert_int_equal(begin(&c[0], &setup, 1), ERR_BUSY);
    end(&c[0]);
    end(&c[1]);
    assert_int_equal(empty_folder(), 1);
}

/* A link or another account's file is refused (tests/unit/base/spool.c), and so
 * is a folder that is missing. */
static void test_no_file_to_count_in(void **state)
{
    struct download_limit_setup setup = setup_of(1, 0, -1);
    struct err e = ERR_INIT;
    struct download_limit s;
    char path[PATH_MAX];

    (void)state;
    assert_ok(download_limit_open(&s, &setup, &e), &e);
    path_of(&s, path);
    assert_int_equal(chmod(path, 0644), 0);
    assert_err(download_limit_take(&s, 1, &e), ERR_CONFIG, &e);
    download_limit_close(&s);
    assert_err(download_limit_open(&s, &setup, &e), ERR_CONFIG, &e);
    download_limit_close(&s);
    assert_int_equal(empty_folder(), 1);
    setup.spool = "/no/such/folder";
    assert_err(download_limit_open(&s, &setup, &e), ERR_SYSTEM, &e);
    download_limit_close(&s);
}

/* Garbage in the file: records without a lock are nobody's. */
static void test_garbage(void **state)
{
    const struct download_limit_setup setup = setup_of(2, 1, -1);
    struct err e = ERR_INIT;
    struct download_limit s;
    char path[PATH_MAX];
    FILE *f;

    (void)state;
    assert_ok(download_limit_open(&s, &setup, &e), &e);
    path_of(&s, path);
    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 3 * DOWNLOAD_LIMIT_MAX + 5; i++)
        fputs("garbage", f);
    assert_int_equal(fclose(f), 0);
    assert_ok(download_limit_take(&s, 1, &e), &e);
    download_limit_leave(&s);
    download_limit_close(&s);
    assert_int_equal(empty_folder(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_processes_that_do_not_know_each_other),
        cmocka_unit_test(test_no_limits_need_no_file),
        cmocka_unit_test(test_only_one_limit),
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_file_taken_away),
        cmocka_unit_test(test_no_file_to_count_in),
        cmocka_unit_test(test_garbage),
    };

    int failed = !mkdtemp(folder) || cmocka_run_group_tests_name("slots", tests, NULL, NULL);

    empty_folder();
    return rmdir(folder) ? 1 : failed;
}
