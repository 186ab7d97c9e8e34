/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spool.h"

#define ACCOUNT 61234 /* has no other files */
#define OTHER 61235

static char folder[] = "/tmp/wadozip-spool-XXXXXX";

static const char *in(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int named(const char *name, struct err *e)
{
    int fd = spool_named_file(folder, name, e);

    if (fd >= 0)
        close(fd);
    return fd < 0 ? -1 : 0;
}

static void test_named_file(void **state)
{
    struct err e = ERR_INIT;
    struct stat st;

    (void)state;
    assert_ok(named("own", &e), &e);
    assert_ok(named("own", &e), &e);
    assert_int_equal(stat(in("own"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(unlink(in("own")), 0);
}

/* Names can be guessed: what somebody else put there is refused, and nothing
 * that a link names is touched. */
static void test_named_file_of_others(void **state)
{
    struct err e = ERR_INIT;
    char other[PATH_MAX];

    (void)state;
    snprintf(other, sizeof other, "%s", in("other"));
    assert_ok(named("own", &e), &e);
    assert_int_equal(chmod(in("own"), 0644), 0);
    assert_err(named("own", &e), ERR_CONFIG, &e);
    assert_int_equal(unlink(in("own")), 0);
    assert_int_equal(symlink(other, in("own")), 0);
    assert_err(named("own", &e), ERR_CONFIG, &e);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(unlink(in("own")), 0);
    assert_int_equal(mkfifo(in("own"), 0600), 0);
    assert_err(named("own", &e), ERR_CONFIG, &e);
    assert_int_equal(unlink(in("own")), 0);
    assert_int_equal(close(open(other, O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(link(other, in("own")), 0);
    assert_err(named("own", &e), ERR_CONFIG, &e);
    assert_int_equal(unlink(in("own")), 0);
    assert_int_equal(unlink(other), 0);
    if (geteuid() == 0) {
        assert_ok(named("own", &e), &e);
        assert_int_equal(chown(in("own"), OTHER, OTHER), 0);
        assert_err(named("own", &e), ERR_CONFIG, &e);
        assert_int_equal(unlink(in("own")), 0);
    }
}

static void test_unlinked_file(void **state)
{
    struct err e = ERR_INIT;
    struct stat st;
    int fd = spool_unlinked_file(folder, &e);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    close(fd);
}

static void test_folder_that_was_set(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    assert_err(spool_unlinked_file("/no/such/folder", &e), ERR_SYSTEM, &e);
    assert_err(spool_named_file("/no/such/folder", "own", &e), ERR_SYSTEM, &e);
    assert_err(spool_open("/etc/hostname", &e), ERR_SYSTEM, &e);
}

/* As ACCOUNT: the kind of error that opening the default folder ends with. */
static enum err_kind open_default(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct err e = ERR_INIT;

        if (setgid(ACCOUNT) || setuid(ACCOUNT))
            _exit(ERR_KINDS);
        (void)!spool_unlinked_file(SPOOL_AUTO, &e);
        (void)!spool_named_file(SPOOL_AUTO, "own", &e);
        _exit((int)e.kind);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return (enum err_kind)WEXITSTATUS(status);
}

static void place(char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "/var/tmp/wadozip-%d", ACCOUNT);
}

static void clear(void)
{
    char path[PATH_MAX], file[PATH_MAX + 8];

    place(path);
    snprintf(file, sizeof file, "%s/own", path);
    unlink(file);
    if (rmdir(path))
        unlink(path);
}

static void test_default_folder(void **state)
{
    char path[PATH_MAX];
    struct stat st;

    (void)state;
    if (geteuid() != 0)
        skip_because("only root may be another account");
    place(path);
    clear();
    for (int i = 0; i < 2; i++) { /* a cleaner of temporary files may remove it */
        assert_int_equal(open_default(), ERR_NONE);
        assert_int_equal(open_default(), ERR_NONE);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(st.st_mode, S_IFDIR | 0700);
        assert_int_equal(st.st_uid, ACCOUNT);
        clear();
    }
}

/* Everybody may make things in /var/tmp first. */
static void test_default_folder_of_others(void **state)
{
    char path[PATH_MAX];

    (void)state;
    if (geteuid() != 0)
        skip_because("only root may be another account");
    place(path);
    clear();
    for (mode_t mode = 0700; mode <= 01777; mode += 01077) {
        assert_int_equal(mkdir(path, 0700) | chown(path, OTHER, OTHER) | chmod(path, mode), 0);
        assert_int_equal(open_default(), ERR_CONFIG);
        clear();
    }
    assert_int_equal(mkdir(path, 0700) | chown(path, ACCOUNT, ACCOUNT) | chmod(path, 0770), 0);
    assert_int_equal(open_default(), ERR_CONFIG);
    clear();
    assert_int_equal(chown(folder, ACCOUNT, ACCOUNT) | symlink(folder, path) |
                         lchown(path, ACCOUNT, ACCOUNT),
                     0);
    assert_int_equal(open_default(), ERR_CONFIG);
    assert_int_equal(access(in("own"), F_OK), -1);
    clear();
    assert_int_equal(chown(folder, 0, 0), 0);
    assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)) | chown(path, ACCOUNT, ACCOUNT),
                     0);
    assert_int_equal(open_default(), ERR_CONFIG);
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_file),     cmocka_unit_test(test_named_file_of_others),
        cmocka_unit_test(test_unlinked_file),  cmocka_unit_test(test_folder_that_was_set),
        cmocka_unit_test(test_default_folder), cmocka_unit_test(test_default_folder_of_others),
    };
    int failed;

    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(folder) || failed;
}
