/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fastcgi/peer_access.h"

static void the_first_class_that_fits_counts(void **state)
{
    static const struct {
        uid_t uid;
        gid_t gid;
        mode_t mode, wish;
        bool may;
    } rows[] = {
        {33, 0, 0400, 4, true}, {33, 0, 0277, 4, false}, {33, 5, 0044, 4, false},
        {0, 33, 0040, 4, true}, {0, 5, 0040, 4, true},   {0, 7, 0040, 4, true},
        {0, 5, 0604, 4, false}, {0, 6, 0640, 4, false},  {0, 6, 0004, 4, true},
        {0, 6, 0770, 4, false}, {33, 0, 0100, 1, true},  {33, 0, 0611, 1, false},
        {0, 5, 0710, 1, true},  {0, 5, 0701, 1, false},  {0, 6, 0711, 1, true},
        {0, 6, 0754, 1, false},
    };
    struct peer_access r = {.uid = 33, .groups = {33, 5, 7}, .group_count = 3};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (peer_access_may(&r, rows[i].uid, rows[i].gid, rows[i].mode, rows[i].wish) !=
            rows[i].may)
            fail_msg("row %zu", i);
    r.uid = 0;
    assert_true(peer_access_may(&r, 5, 5, 0, 4));
}

static void the_other_end_is_known(void **state)
{
    struct peer_access r;
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_true(peer_access_of(&r, fd[0]));
    assert_int_equal(r.uid, geteuid());
    assert_int_equal(r.groups[0], getegid());
    assert_in_range(r.group_count, 1, PEER_ACCESS_GROUPS_MAX + 1);
    close(fd[0]);
    close(fd[1]);
}

static void nothing_is_known_of_who_comes_by_tcp(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct peer_access r;
    int door = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(bind(door, (struct sockaddr *)&a, sizeof a) | listen(door, 1), 0);
    assert_int_equal(getsockname(door, (struct sockaddr *)&a, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_false(peer_access_of(&r, fd));
    close(fd);
    close(door);
}

static void every_folder_must_be_entered(void **state)
{
    const struct peer_access r = {.uid = 54321, .groups = {54321}, .group_count = 1};
    char folder[] = "/tmp/wadozip-reader-XXXXXX", inner[64], file[80], long_path[5000];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(inner, sizeof inner, "%s/inner", folder);
    snprintf(file, sizeof file, "%s/file", inner);
    assert_int_equal(mkdir(inner, 0711) | chmod(inner, 0711), 0);
    assert_false(peer_access_reaches(&r, file)); /* mkdtemp: 0700 */
    assert_int_equal(chmod(folder, 0711), 0);
    assert_true(peer_access_reaches(&r, file)); /* itself it need not be there */
    assert_int_equal(chmod(inner, 0700), 0);
    assert_false(peer_access_reaches(&r, file));
    assert_true(peer_access_reaches(&r, inner));
    assert_int_equal(rmdir(inner), 0);
    assert_false(peer_access_reaches(&r, file));
    assert_int_equal(rmdir(folder), 0);
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[0] = '/';
    memcpy(long_path + sizeof long_path - 3, "/a", 3);
    assert_false(peer_access_reaches(&r, long_path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_class_that_fits_counts),
        cmocka_unit_test(the_other_end_is_known),
        cmocka_unit_test(nothing_is_known_of_who_comes_by_tcp),
        cmocka_unit_test(every_folder_must_be_entered),
    };

    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
