/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fastcgi/draining.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void connections_end_when_their_peer_closes(void **state)
{
    struct draining d = {.count = 0};
    int a[2], b[2];
    char byte;

    (void)state;
    assert_int_equal(draining_timeout(&d), -1);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
    draining_add(&d, a[0]);
    draining_add(&d, b[0]);
    assert_int_equal(read(a[1], &byte, 1), 0); /* nothing more is sent */
    assert_int_equal(write(a[1], "unread", 6), 6);
    draining_sweep(&d);
    assert_int_equal(d.count, 2);
    assert_true(draining_timeout(&d) > 0 && draining_timeout(&d) <= 1000 * DRAINING_SECONDS + 1);
    close(a[1]);
    draining_sweep(&d);
    assert_int_equal(d.count, 1);
    assert_true(!is_open(a[0]) && is_open(b[0]));
    d.list[0].until = 0;
    assert_int_equal(draining_timeout(&d), 0);
    draining_sweep(&d);
    assert_int_equal(d.count, 0);
    assert_false(is_open(b[0]));
    close(b[1]);
}

static void the_oldest_makes_room(void **state)
{
    struct draining d = {.count = 0};
    int first = -1, fd[DRAINING_MAX + 1][2];

    (void)state;
    for (int i = 0; i <= DRAINING_MAX; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd[i]), 0);
        draining_add(&d, fd[i][0]);
    }
    first = fd[0][0];
    assert_int_equal(d.count, DRAINING_MAX);
    assert_false(is_open(first));
    assert_true(is_open(fd[1][0]));
    draining_close(&d);
    assert_int_equal(d.count, 0);
    assert_false(is_open(fd[DRAINING_MAX][0]));
    for (int i = 0; i <= DRAINING_MAX; i++)
        close(fd[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_end_when_their_peer_closes),
        cmocka_unit_test(the_oldest_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
