/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/resume_file.h"

#define SCOPE "wadozip verify 1\nbeneath r:a\n"
#define HEAD SCOPE "done 3 1 1 2 3 4 5 6 7 8\nbehind "

static char folder[] = "/tmp/wadozip-bookmark-XXXXXX", path[64];
static const struct conf conf; /* without roots: any place may be written to */

static int open_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/mark", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void put(const char *text, size_t len)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, text, len), 0);
    close(fd);
}

static void nothing_is_there_at_first(void **state)
{
    struct resume_file b;
    struct err e = ERR_INIT;
    bool there = true;

    (void)state;
    assert_ok(resume_file_load(path, SCOPE, &b, &there, &e), &e);
    assert_false(there);
}

static void what_was_saved_comes_back(void **state)
{
    struct resume_file b = {.item = 3, .at = {.root = "r", .path = "a/\n: \xff.dcm", .read = true}},
                       got;
    struct err e = ERR_INIT;
    bool there = false;

    (void)state;
    for (int i = 0; i < FINDINGS; i++)
        b.counts.files[i] = (uint64_t)i + 1;
    b.counts.bytes = INT64_MAX;
    assert_ok(resume_file_save(&conf, path, SCOPE, &b, &e), &e);
    b.counts.bytes = 8;
    assert_ok(resume_file_save(&conf, path, SCOPE, &b, &e), &e);
    assert_ok(resume_file_load(path, SCOPE, &got, &there, &e), &e);
    assert_true(there);
    assert_int_equal(got.item, 3);
    assert_string_equal(got.at.root, b.at.root);
    assert_string_equal(got.at.path, b.at.path);
    assert_true(got.at.read);
    assert_memory_equal(&got.counts, &b.counts, sizeof got.counts);
    assert_err(resume_file_load(path, "wadozip verify 1\nbeneath r:ab\n", &got, &there, &e),
               ERR_REQUEST, &e);
}

static void what_is_no_bookmark_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "x",
        SCOPE,
        SCOPE "done",
        SCOPE "done 3 1 1 2 3 4 5 6 7\nbehind r:x\n",
        HEAD,
        HEAD "r:x",
        HEAD "r",
        HEAD "rx\n",
        SCOPE "done 3 2 1 2 3 4 5 6 7 8\nbehind r:x\n",
        SCOPE "done 3 1 1 2 3 4 5 6 7 -8\nbehind r:x\n",
        SCOPE "done 3 1 1 2 3 4 5 6 7 99999999999999999999\nbehind r:x\n",
        SCOPE "done 3 1 1 2 3  4 5 6 7 8\nbehind r:x\n",
        HEAD "a-root-whose-name-is-longer-than-any:x\n",
    };
    struct resume_file b;
    struct err e = ERR_INIT;
    char text[8192];
    bool there;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(cases[i], strlen(cases[i]));
        assert_err(resume_file_load(path, SCOPE, &b, &there, &e), ERR_REQUEST, &e);
    }
    put(HEAD "r:x\0y\n", sizeof HEAD + 5);
    assert_err(resume_file_load(path, SCOPE, &b, &there, &e), ERR_REQUEST, &e);
    memset(text, 'x', sizeof text);
    memcpy(text, HEAD "r:", sizeof HEAD + 1);
    text[sizeof text - 1] = '\n';
    put(text, sizeof text);
    assert_err(resume_file_load(path, SCOPE, &b, &there, &e), ERR_REQUEST, &e);
}

/* Another file that was named by mistake, however long. */
static void what_has_no_end_is_refused(void **state)
{
    struct resume_file b;
    struct err e = ERR_INIT;
    bool there;

    (void)state;
    assert_err(resume_file_load("/dev/zero", SCOPE, &b, &there, &e), ERR_REQUEST, &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_there_at_first),
        cmocka_unit_test(what_was_saved_comes_back),
        cmocka_unit_test(what_is_no_bookmark_is_refused),
        cmocka_unit_test(what_has_no_end_is_refused),
    };

    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
