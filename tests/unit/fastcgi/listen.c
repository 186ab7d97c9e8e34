/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fastcgi/listen.h"

static char folder[] = "/tmp/wzlisten-XXXXXX";
static char where[128], *path = where + 5;

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(where, sizeof where, "unix:%s/s", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* 0, or the errno of a connection to the unix socket. */
static int try_connect(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

    memcpy(a.sun_path, path, strlen(path) + 1);
    rc = connect(fd, (struct sockaddr *)&a, sizeof a) ? errno : 0;
    close(fd);
    return rc;
}

static void bad_addresses_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "unix:",
        "unix:relative",
        "/tmp/x",
        "tcp:",
        "tcp:9000",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:",
        "tcp::1",
        "tcp:localhost:9000",
        "tcp:127.0.0.1:http",
        "tcp:1.2.3.4.5:1",
        "unix:/tmp/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012",
    };
    struct listen_socket l;
    struct err e = ERR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_err(listen_open(rows[i], &l, &e), ERR_CONFIG, &e);
}

static void a_unix_socket_is_for_owner_and_group(void **state)
{
    struct listen_socket l;
    struct stat st;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(listen_open(where, &l, &e), &e);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    assert_int_equal(fcntl(l.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(l.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(try_connect(), 0);
    listen_refuse(&l);
    assert_int_equal(try_connect(), ENOENT);
    listen_close(&l);
    assert_int_equal(l.fd, -1);
}

static void a_refused_socket_is_refused_for_all_who_hold_it(void **state)
{
    struct listen_socket l;
    struct err e = ERR_INIT;
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    int held, fd;

    (void)state;
    assert_ok(listen_open("tcp:127.0.0.1:0", &l, &e), &e);
    held = dup(l.fd);
    assert_int_equal(getsockname(l.fd, (struct sockaddr *)&a, &len), 0);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
    listen_close(&l);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(fd);
    close(held);
}

static void only_a_dead_socket_is_replaced(void **state)
{
    struct listen_socket first, second;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(listen_open(where, &first, &e), &e);
    assert_err(listen_open(where, &second, &e), ERR_CONFIG, &e);
    close(first.fd);
    assert_int_equal(try_connect(), ECONNREFUSED);
    assert_ok(listen_open(where, &second, &e), &e);
    assert_int_equal(try_connect(), 0);
    /* The first one's clean-up must not take the second one's file. */
    first.fd = dup(second.fd);
    first.ino = second.ino + 1;
    listen_close(&first);
    assert_int_equal(access(path, F_OK), 0);
    listen_close(&second);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_file_in_the_way_stays(void **state)
{
    struct listen_socket l;
    struct err e = ERR_INIT;
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_err(listen_open(where, &l, &e), ERR_CONFIG, &e);
    assert_int_equal(unlink(path), 0);
}

static void without_a_socket_nothing_is_inherited(void **state)
{
    struct listen_socket l;
    struct err e = ERR_INIT;
    int null = open("/dev/null", O_RDONLY);

    (void)state;
    assert_int_equal(dup2(null, STDIN_FILENO), STDIN_FILENO);
    assert_err(listen_inherit(&l, &e), ERR_CONFIG, &e);
    close(null);
}

static void descriptor_0_is_taken_when_it_listens(void **state)
{
    struct listen_socket given, l;
    struct err e = ERR_INIT;
    struct stat st;

    (void)state;
    assert_ok(listen_open(where, &given, &e), &e);
    assert_int_equal(dup2(given.fd, STDIN_FILENO), STDIN_FILENO);
    assert_ok(listen_inherit(&l, &e), &e);
    assert_int_equal(l.kind, LISTEN_WEB_SERVER);
    assert_true(l.fd > 2);
    assert_int_equal(fstat(STDIN_FILENO, &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    listen_close(&l);
    assert_int_equal(try_connect(), 0);
    listen_close(&given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(a_unix_socket_is_for_owner_and_group),
        cmocka_unit_test(a_refused_socket_is_refused_for_all_who_hold_it),
        cmocka_unit_test(only_a_dead_socket_is_replaced),
        cmocka_unit_test(a_file_in_the_way_stays),
        cmocka_unit_test(without_a_socket_nothing_is_inherited),
        cmocka_unit_test(descriptor_0_is_taken_when_it_listens),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
