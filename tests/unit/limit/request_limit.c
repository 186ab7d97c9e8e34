/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit/request_limit.h"

#define NOW 1000.0

static bool first;
static char folder[] = "/tmp/wadozip-requests-XXXXXX";

/* Returns the seconds to wait. */
static int take(const struct request_limit *s, uint64_t number, uint64_t most, double now)
{
    struct err e = ERR_INIT;
    int seconds = request_limit_take(s, number, most, now, &first, &e);

    assert_string_equal(e.text, "");
    return seconds;
}

/* Opens a limit that processes share by the descriptor that is returned. */
static int open_shared(struct request_limit *s)
{
    struct err e = ERR_INIT;
    int fd = request_limit_share(&e);

    assert_true(fd >= 0);
    request_limit_open(s, fd, folder, "");
    return fd;
}

static void check_limit(int shared)
{
    struct request_limit s;

    request_limit_open(&s, shared, folder, "dbname=x");
    for (int i = 0; i < 3; i++)
        assert_int_equal(take(&s, 7, 3, NOW), 0);
    assert_false(first);
    assert_int_equal(take(&s, 7, 3, NOW), 20);
    assert_true(first);
    assert_int_equal(take(&s, 7, 3, NOW + 19.5), 1);
    assert_false(first);
    assert_int_equal(take(&s, 7, 0, NOW), 0); /* no limit */
    assert_int_equal(take(&s, 8, 3, NOW), 0); /* somebody else */
    assert_int_equal(take(&s, 7, 3, NOW + 20), 0);
    assert_false(first);
    assert_int_equal(take(&s, 7, 3, NOW + 20), 20);
    assert_true(first);
}

static void a_pool_and_processes_with_a_file(void **state)
{
    struct err e = ERR_INIT;
    int fd = request_limit_share(&e);

    (void)state;
    assert_true(fd >= 0);
    check_limit(fd);
    close(fd);
    check_limit(-1);
}

/* Returns how often it was let in; 255 after an error. */
static int take_often(const struct request_limit *s, int times, uint64_t most)
{
    struct err e = ERR_INIT;
    int in = 0;

    alarm(100);
    while (times--) {
        int seconds = request_limit_take(s, 9, most, NOW, &first, &e);

        if (seconds < 0)
            return 255;
        in += seconds == 0;
    }
    return in;
}

/* 20 processes ask 50 times each, after this one: exactly so many are let in.
 */
static void processes_at_once_count_exactly(void **state)
{
    enum { PROCESSES = 20, TIMES = 50, MOST = 400 };
    struct request_limit s;
    int fd = open_shared(&s), in = 0;

    (void)state;
    assert_int_equal(take(&s, 9, MOST + 1, NOW), 0);
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0)
            _exit(take_often(&s, TIMES, MOST + 1));
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_true(wait(&status) > 0 && WIFEXITED(status));
        in += WEXITSTATUS(status);
    }
    assert_int_equal(in, MOST);
    close(fd);
}

/* A clock that was started again finds old numbers, which take nobody's place.
 */
static void a_file_of_before_a_restart(void **state)
{
    struct request_limit s;
    int fd = open_shared(&s);

    (void)state;
    for (uint64_t n = 100000; n < 150000; n++)
        assert_int_equal(take(&s, n, 4, NOW + 1e6), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(&s, 1, 10, NOW), 0);
    for (uint64_t n = 2; n < 4000; n++)
        assert_int_equal(take(&s, n, 10, NOW), 0);
    assert_int_equal(take(&s, 1, 10, NOW), 6);
    close(fd);
}

/* A thousand clients are all known. */
static void many_clients_are_distinguished(void **state)
{
    struct request_limit s;
    int fd = open_shared(&s);

    (void)state;
    for (uint64_t n = 1; n <= 1000; n++)
        assert_int_equal(take(&s, n, 1, NOW), 0);
    for (uint64_t n = 1; n <= 1000; n++)
        assert_int_equal(take(&s, n, 1, NOW), 60);
    close(fd);
}

/* More at once than the file has room for: nobody new is refused, and who asks
 * most is still known. */
static void many_addresses_refuse_nobody(void **state)
{
    struct request_limit s;
    int fd = open_shared(&s);

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(&s, 1, 10, NOW), 0);
    for (uint64_t n = 2; n < 50000; n++)
        assert_int_equal(take(&s, n, 4, NOW), 0);
    assert_int_equal(take(&s, 1, 10, NOW), 6);
    close(fd);
}

static void a_folder_that_is_missing_is_named(void **state)
{
    struct err e = ERR_INIT;
    struct request_limit s;

    (void)state;
    request_limit_open(&s, -1, "/no/such/folder", "");
    assert_int_equal(request_limit_take(&s, 1, 0, NOW, &first, &e), 0);
    assert_err(request_limit_take(&s, 1, 5, NOW, &first, &e), ERR_SYSTEM, &e);
}

static void names_have_numbers(void **state)
{
    (void)state;
    assert_true(request_limit_number("ann") != request_limit_number("bob"));
    assert_true(request_limit_number("ann") == request_limit_number("ann"));
    assert_int_equal(request_limit_number("") >> 56, 0x10);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct request_limit s;
    char path[128];

    (void)state;
    request_limit_open(&s, -1, folder, "dbname=x");
    snprintf(path, sizeof path, "%s/%s", folder, s.name);
    return unlink(path) || rmdir(folder) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_and_processes_with_a_file),
        cmocka_unit_test(processes_at_once_count_exactly),
        cmocka_unit_test(a_file_of_before_a_restart),
        cmocka_unit_test(many_clients_are_distinguished),
        cmocka_unit_test(many_addresses_refuse_nobody),
        cmocka_unit_test(a_folder_that_is_missing_is_named),
        cmocka_unit_test(names_have_numbers),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
