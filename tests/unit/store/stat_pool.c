/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/stat_pool.h"

#define FILES 3000
#define FOLDERS 7
#define NAME 32

struct fixture {
    char root[64];
    struct conf conf;
    struct store *store;
    struct stat_pool *stat_pool;
    struct store_meta metas[FILES];
    struct err e;
};

/* Every third lies in the root itself. */
static void name_of(int n, char name[NAME])
{
    if (n % 3)
        snprintf(name, NAME, "d%d/f%d", n % FOLDERS, n);
    else
        snprintf(name, NAME, "f%d", n);
}

static const char *path_of(const struct fixture *f, int n)
{
    static char path[128];
    char name[NAME];

    name_of(n, name);
    snprintf(path, sizeof path, "%s/%s", f->root, name);
    return path;
}

static void make_file(struct fixture *f, int n)
{
    int fd = open(path_of(f, n), O_CREAT | O_WRONLY, 0644);
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, "abc", 1 + (size_t)n % 3), 0);
    assert_int_equal(fstat(fd, &st), 0);
    f->metas[n] =
        (struct store_meta){.size = (uint64_t)st.st_size, .mtime_ns = io_nanoseconds(&st.st_mtim)};
    close(fd);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    memcpy(f->root, "/tmp/wadozip-scout-XXXXXX", 26);
    assert_non_null(mkdtemp(f->root));
    for (int d = 0; d < FOLDERS; d++) {
        char path[128];

        snprintf(path, sizeof path, "%s/d%d", f->root, d);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    for (int n = 0; n < FILES; n++)
        make_file(f, n);
    f->conf.root_count = 1;
    memcpy(f->conf.roots[0].name, "main", 5);
    f->conf.roots[0].path = f->root;
    assert_ok(store_open(&f->conf, &f->store, &f->e), &f->e);
    assert_ok(stat_pool_open(&f->conf, &f->stat_pool, &f->e), &f->e);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
    (void)st;
    (void)type;
    (void)w;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    stat_pool_close(f->stat_pool);
    store_close(f->store);
    nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static void ask(struct fixture *f, int n, uint64_t number)
{
    char name[NAME];
    const char *file;
    uint32_t folder;

    name_of(n, name);
    assert_ok(store_name(f->store, "main", name, &folder, &file, &f->e), &f->e);
    stat_pool_ask(f->stat_pool, f->store, folder, file, number, &f->metas[n]);
}

static uint64_t ask_all(struct fixture *f)
{
    for (int n = 0; n < FILES; n++)
        ask(f, n, (uint64_t)n);
    return stat_pool_settle(f->stat_pool);
}

static void files_as_recorded_are_found_so(void **state)
{
    struct fixture *f = *state;

    assert_true(stat_pool_settle(f->stat_pool) == STAT_POOL_NONE);
    ask(f, 0, 0);
    assert_true(stat_pool_settle(f->stat_pool) == STAT_POOL_NONE);
    for (int i = 0; i < 20; i++)
        assert_true(ask_all(f) == STAT_POOL_NONE);
}

/* Whatever it is that is odd, and in whichever batch; and only for as long as
 * it is. */
static void the_lowest_odd_number_is_reported(void **state)
{
    static const int places[] = {0, 1, 31, 32, 33, 1000, FILES - 1};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int n = places[i];

        f->metas[n].size++;
        assert_true(ask_all(f) == (uint64_t)n);
        f->metas[n].size--;
        f->metas[n].mtime_ns--;
        assert_true(ask_all(f) == (uint64_t)n);
        f->metas[FILES - 1].size++;
        assert_true(ask_all(f) == (uint64_t)n);
        f->metas[FILES - 1].size--;
        f->metas[n].mtime_ns++;
        assert_int_equal(unlink(path_of(f, n)), 0);
        assert_true(ask_all(f) == (uint64_t)n);
        assert_int_equal(symlink("f3", path_of(f, n)), 0);
        assert_true(ask_all(f) == (uint64_t)n);
        assert_int_equal(unlink(path_of(f, n)), 0);
        make_file(f, n);
        assert_true(ask_all(f) == STAT_POOL_NONE);
    }
}

static void numbers_are_the_owners(void **state)
{
    struct fixture *f = *state;

    for (int n = 0; n < 100; n++) {
        f->metas[n].size += n >= 40;
        ask(f, n, (uint64_t)(200 - n));
    }
    assert_true(stat_pool_settle(f->stat_pool) == 101);
}

/* A root that is mounted again is found again: nothing of it stays open. */
static void folders_are_forgotten(void **state)
{
    struct fixture *f = *state;
    char aside[80];

    assert_true(ask_all(f) == STAT_POOL_NONE);
    snprintf(aside, sizeof aside, "%s.aside", f->root);
    assert_int_equal(rename(f->root, aside), 0);
    assert_true(ask_all(f) == 0);
    assert_int_equal(rename(aside, f->root), 0);
    assert_true(ask_all(f) == STAT_POOL_NONE);
}

/* The stack that they would have is larger than any address space. */
static void looks_are_taken_without_threads_too(void **state)
{
    struct fixture *f = *state;
    pthread_attr_t before, huge;

    assert_int_equal(pthread_getattr_default_np(&before), 0);
    assert_int_equal(pthread_attr_init(&huge), 0);
    assert_int_equal(pthread_attr_setstacksize(&huge, SIZE_MAX / 2), 0);
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    assert_true(ask_all(f) == STAT_POOL_NONE);
    f->metas[70].size++;
    assert_true(ask_all(f) == 70);
    assert_int_equal(pthread_setattr_default_np(&before), 0);
    f->metas[70].size--;
    assert_true(ask_all(f) == STAT_POOL_NONE);
    pthread_attr_destroy(&before);
    pthread_attr_destroy(&huge);
}

static void closing_waits_for_looks(void **state)
{
    struct fixture *f = *state;

    for (int n = 0; n < FILES; n++)
        ask(f, n, (uint64_t)n);
    stat_pool_close(f->stat_pool);
    f->stat_pool = NULL;
    stat_pool_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_as_recorded_are_found_so),
        TEST(the_lowest_odd_number_is_reported),
        TEST(numbers_are_the_owners),
        TEST(folders_are_forgotten),
        TEST(looks_are_taken_without_threads_too),
        TEST(closing_waits_for_looks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
