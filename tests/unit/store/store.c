/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "store/store.h"

struct place {
    char root[64], other[64];
    struct conf conf;
    struct store *store;
    struct err e;
};

static const char *in(const struct place *p, const char *name)
{
    static char path[4400];

    snprintf(path, sizeof path, "%s/%s", p->root, name);
    return path;
}

static void put(const struct place *p, const char *name, const char *content)
{
    int fd = open(in(p, name), O_CREAT | O_TRUNC | O_WRONLY, 0644);

    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, content, strlen(content)), 0);
    close(fd);
}

static void setup(struct place *p)
{
    *p = (struct place){.root = "/tmp/wadozip-store-XXXXXX", .other = "/tmp/wadozip-store-XXXXXX"};
    assert_non_null(mkdtemp(p->root));
    assert_non_null(mkdtemp(p->other));
    p->conf.root_count = 2;
    memcpy(p->conf.roots[0].name, "main", 5);
    p->conf.roots[0].path = p->root;
    memcpy(p->conf.roots[1].name, "other", 6);
    p->conf.roots[1].path = p->other;
    assert_ok(store_open(&p->conf, &p->store, &p->e), &p->e);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
    (void)st;
    (void)type;
    (void)w;
    return remove(path);
}

static void teardown(struct place *p)
{
    store_close(p->store);
    nftw(p->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    nftw(p->other, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Looks at a file both ways, which agree; 0 and its size, or -1 with p->e. */
static int look(struct place *p, const char *root, const char *path, uint64_t *size)
{
    struct store_meta meta = {.size = 0}, opened = {.size = 0};
    struct err e = ERR_INIT;
    const char *file;
    uint32_t folder;
    int fd = -1, result;

    if (store_name(p->store, root, path, &folder, &file, &p->e))
        return -1;
    result = store_stat(p->store, folder, file, &meta, &p->e);
    assert_int_equal(store_file(p->store, folder, file, &fd, &opened, &e), result);
    if (result == 0) {
        assert_int_equal(opened.size, meta.size);
        assert_int_equal(opened.mtime_ns, meta.mtime_ns);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
        close(fd);
        *size = meta.size;
    } else {
        assert_int_equal(fd, -1);
        assert_string_equal(err_kind_name(e.kind), err_kind_name(p->e.kind));
    }
    return result;
}

static void files_are_found_at_any_depth(void **state)
{
    struct place p;
    uint64_t size;

    (void)state;
    setup(&p);
    put(&p, "top", "1");
    assert_int_equal(mkdir(in(&p, "a"), 0755), 0);
    assert_int_equal(mkdir(in(&p, "a/b c"), 0755), 0);
    put(&p, "a/b c/\xC3\xA4.dcm", "12345");
    put(&p, "a/...", "12");
    put(&p, "a/empty", "");
    assert_ok(look(&p, "main", "top", &size), &p.e);
    assert_int_equal(size, 1);
    assert_ok(look(&p, "main", "a/b c/\xC3\xA4.dcm", &size), &p.e);
    assert_int_equal(size, 5);
    assert_ok(look(&p, "main", "a/...", &size), &p.e);
    assert_ok(look(&p, "main", "a/empty", &size), &p.e);
    assert_int_equal(size, 0);
    assert_err(look(&p, "other", "top", &size), ERR_DATA, &p.e);
    teardown(&p);
}

static void paths_that_could_leave_the_root_are_not_even_tried(void **state)
{
    static const char *const bad[] = {"",    "/",     "/etc/passwd", "..", "../x", "a/../b", "a/..",
                                      "./a", "a/./b", "a//b",        "a/", ".",    "a/."};
    char longest[PATH_MAX + 2];
    struct place p;
    uint64_t size;

    (void)state;
    setup(&p);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(look(&p, "main", bad[i], &size), ERR_DATA, &p.e);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 100; i < sizeof longest - 1; i += 100)
        longest[i] = '/';
    assert_err(look(&p, "main", longest, &size), ERR_DATA, &p.e);
    longest[300] = 'x';
    longest[256] = longest[200] = 'x';
    longest[1000] = '\0';
    assert_err(look(&p, "main", longest, &size), ERR_DATA, &p.e);
    assert_err(look(&p, "nowhere", "a", &size), ERR_CONFIG, &p.e);
    teardown(&p);
}

static void links_are_never_followed(void **state)
{
    struct place p;
    uint64_t size;

    (void)state;
    setup(&p);
    assert_int_equal(mkdir(in(&p, "real"), 0755), 0);
    put(&p, "real/file", "x");
    assert_int_equal(symlink("file", in(&p, "real/link")), 0);
    assert_int_equal(symlink("/etc/passwd", in(&p, "real/absolute")), 0);
    assert_int_equal(symlink("real", in(&p, "folder")), 0);
    assert_int_equal(symlink("/etc", in(&p, "etc")), 0);
    assert_int_equal(symlink("nowhere", in(&p, "real/dangling")), 0);
    assert_ok(look(&p, "main", "real/file", &size), &p.e);
    assert_err(look(&p, "main", "real/link", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "real/absolute", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "real/dangling", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "folder/file", &size), ERR_DATA, &p.e);
    assert_int_equal(look(&p, "main", "etc/passwd", &size), -1);
    assert_int_equal(p.e.kind, ERR_DATA);
    assert_non_null(strstr(p.e.text, "main:etc"));
    assert_non_null(strstr(p.e.text, "symbolic link"));
    teardown(&p);
}

static void only_regular_files_are_taken(void **state)
{
    struct place p;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    uint64_t size;
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    setup(&p);
    assert_int_equal(mkdir(in(&p, "folder"), 0755), 0);
    assert_int_equal(mkfifo(in(&p, "fifo"), 0644), 0); /* must not hang */
    snprintf(a.sun_path, sizeof a.sun_path, "%.60s/socket", p.root);
    assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof a), 0);
    assert_err(look(&p, "main", "folder", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "fifo", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "socket", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "fifo/x", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "missing", &size), ERR_DATA, &p.e);
    assert_err(look(&p, "main", "missing/x", &size), ERR_DATA, &p.e);
    close(s);
    teardown(&p);
}

static void messages_say_which_file(void **state)
{
    struct place p;
    const char *file;
    uint32_t folder;
    uint64_t size;

    (void)state;
    setup(&p);
    assert_ok(store_name(p.store, "other", "a/b/c.dcm", &folder, &file, &p.e), &p.e);
    assert_string_equal(store_label(p.store, folder, file), "other:a/b/c.dcm");
    assert_ok(store_name(p.store, "main", "c.dcm", &folder, &file, &p.e), &p.e);
    assert_string_equal(store_label(p.store, folder, file), "main:c.dcm");
    assert_int_equal(look(&p, "main", "a/b/c.dcm", &size), -1);
    assert_string_equal(p.e.text, "cannot open main:a/b: No such file or directory");
    err_clear(&p.e);
    assert_int_equal(look(&p, "main", "c.dcm", &size), -1);
    assert_string_equal(p.e.text, "cannot open main:c.dcm: No such file or directory");
    teardown(&p);
}

static void a_root_may_go_and_come_back(void **state)
{
    char away[80];
    struct place p;
    uint64_t size;

    (void)state;
    setup(&p);
    put(&p, "file", "old");
    assert_ok(look(&p, "main", "file", &size), &p.e);
    snprintf(away, sizeof away, "%s-away", p.root);
    assert_int_equal(rename(p.root, away), 0);
    store_forget(p.store);
    assert_int_equal(look(&p, "main", "file", &size), -1);
    assert_int_equal(p.e.kind, ERR_AWAY);
    assert_non_null(strstr(p.e.text, p.root));
    err_clear(&p.e);
    assert_int_equal(mkdir(p.root, 0755), 0);
    put(&p, "file", "another");
    store_forget(p.store);
    assert_ok(look(&p, "main", "file", &size), &p.e);
    assert_int_equal(size, 7);
    nftw(away, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    teardown(&p);
}

static void a_folder_replaced_under_way_is_found_again(void **state)
{
    struct place p;
    uint64_t size;

    (void)state;
    setup(&p);
    assert_int_equal(mkdir(in(&p, "d"), 0755), 0);
    put(&p, "d/file", "old");
    assert_ok(look(&p, "main", "d/file", &size), &p.e);
    assert_int_equal(unlink(in(&p, "d/file")), 0);
    assert_int_equal(rmdir(in(&p, "d")), 0);
    assert_int_equal(mkdir(in(&p, "d"), 0755), 0);
    put(&p, "d/file", "newer");
    assert_ok(look(&p, "main", "d/file", &size), &p.e);
    assert_int_equal(size, 5);
    teardown(&p);
}

static int open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void descriptors_of_folders_stay_few(void **state)
{
    int before = open_descriptors();
    struct place p;
    char name[32];
    uint64_t size;

    (void)state;
    setup(&p);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "d%d", i);
        assert_int_equal(mkdir(in(&p, name), 0755), 0);
        snprintf(name, sizeof name, "d%d/file", i);
        put(&p, name, "x");
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "d%d/file", i * 37 % 200);
        assert_ok(look(&p, "main", name, &size), &p.e);
    }
    assert_true(open_descriptors() <= before + 70);
    store_forget(p.store);
    assert_int_equal(open_descriptors(), before);
    teardown(&p);
}

static void folders_have_one_number_each(void **state)
{
    static uint32_t numbers[2][3000];
    const char *file;
    struct place p;
    char path[64];

    (void)state;
    setup(&p);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3000; i++) {
            snprintf(path, sizeof path, "d%d/%d/file", i / 3, i % 3);
            assert_ok(store_name(p.store, "main", path, &numbers[round][i], &file, &p.e), &p.e);
            assert_string_equal(file, "file");
        }
    assert_memory_equal(numbers[0], numbers[1], sizeof numbers[0]);
    for (int i = 1; i < 3000; i++)
        assert_int_equal(numbers[0][i], numbers[0][i - 1] + 1);
    assert_ok(store_name(p.store, "other", "d0/0/file", &numbers[0][0], &file, &p.e), &p.e);
    assert_int_equal(numbers[0][0], 3000);
    teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_found_at_any_depth),
        cmocka_unit_test(paths_that_could_leave_the_root_are_not_even_tried),
        cmocka_unit_test(links_are_never_followed),
        cmocka_unit_test(only_regular_files_are_taken),
        cmocka_unit_test(messages_say_which_file),
        cmocka_unit_test(a_root_may_go_and_come_back),
        cmocka_unit_test(a_folder_replaced_under_way_is_found_again),
        cmocka_unit_test(descriptors_of_folders_stay_few),
        cmocka_unit_test(folders_have_one_number_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
