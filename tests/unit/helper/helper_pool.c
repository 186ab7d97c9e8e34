/* SPDX-License-Identifier: MIT */
#include "helper/helper_pool.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/io.h"
#include "dicom/instance.h"
#include "dicom/transfer_syntax.h"
#include "tests/unit/helper/pool.h"

#define MEMORY ((uint64_t)512 << 20)

static void test_describe(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct helper_result r;

    (void)state;
    pool_describe(p, pool_small("2.25.12"), 42);
    r = pool_result(p);
    assert_int_equal(r.class, HELPER_INSTANCE);
    assert_int_equal(r.cookie, 42);
    assert_int_equal(r.fd, -1);
    assert_string_equal(r.reason, "");
    assert_string_equal(r.description.sop_uid, "2.25.12");
    assert_string_equal(r.description.study_uid, "2.25.10");
    assert_string_equal(r.description.series_uid, "2.25.11");
    assert_string_equal(r.description.transfer_syntax, "1.2.840.10008.1.2.1");
    assert_string_equal(r.description.modality, "OT");
    assert_string_equal(r.description.patient_name, "");
    assert_int_equal(r.description.number, 7);
    assert_int_equal(r.description.series_number, INSTANCE_NO_NUMBER);
    assert_true(r.description.part10);
    assert_true(r.size > 200 && r.crc != 0);
    helper_pool_close(p);
}

/* More jobs than the pool takes at once; every one is answered exactly once. */
static void test_many(void **state)
{
    struct helper_pool *p = pool_open(2, MEMORY, POOL_SECONDS);
    unsigned answered = 0, sent = 0, seen[500] = {0};
    struct err e = ERR_INIT;

    (void)state;
    assert_int_equal(helper_pool_next(p, 0, &(struct helper_result){0}, &e), 0);
    while (answered < 500) {
        char uid[32];
        struct helper_result r;

        for (; sent < 500 && helper_pool_room(p) > 0; sent++) {
            snprintf(uid, sizeof uid, "2.25.%u", sent + 1000);
            pool_describe(p, pool_small(uid), sent);
        }
        r = pool_result(p);
        snprintf(uid, sizeof uid, "2.25.%u", (unsigned)r.cookie + 1000);
        assert_string_equal(r.description.sop_uid, uid);
        assert_int_equal(seen[r.cookie]++, 0);
        answered++;
    }
    helper_pool_close(p);
}

static void test_room(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct err e = ERR_INIT;

    (void)state;
    while (helper_pool_room(p) > 0)
        pool_describe(p, pool_small("2.25.1"), 0);
    assert_err(helper_pool_submit(p, HELPER_DESCRIBE, pool_small("2.25.1"), NULL, 0, &e), ERR_BUSY,
               &e);
    pool_result(p);
    pool_describe(p, pool_small("2.25.1"), 0);
    assert_err(helper_pool_submit(p, HELPER_DESCRIBE, -1, NULL, 0, &e), ERR_SYSTEM, &e);
    helper_pool_close(p); /* with answers outstanding */
}

/* What cannot be read is reported as that, not as what was made of the nothing that
 * came. */
static void test_unreadable(void **state)
{
    static const enum helper_job_kind kinds[] = {HELPER_DESCRIBE, HELPER_METADATA_JSON,
                                                 HELPER_CONVERT};
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct err e = ERR_INIT;
        struct helper_result r;
        char path[64];
        int fd = pool_small("2.25.1");

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        assert_ok(helper_pool_submit(p, kinds[i], open(path, O_WRONLY | O_CLOEXEC),
                                     TRANSFER_SYNTAX_EXPLICIT_LE, 0, &e),
                  &e);
        r = pool_result(p);
        close(fd);
        assert_int_equal(r.class, HELPER_REFUSED);
        assert_string_equal(r.reason, "it cannot be read: Bad file descriptor");
        assert_int_equal(r.size, 0);
    }
    helper_pool_close(p);
}

/* A child that is at work on job 1 with 2 and 3 behind it; `stopped` so that it
 * does not answer. */
static struct helper_pool *stopped_pool(unsigned seconds, pid_t *pid)
{
    struct helper_pool *p = pool_open(1, MEMORY, seconds);

    pool_describe(p, pool_small("2.25.1"), 0);
    pool_result(p);
    *pid = pool_child();
    assert_int_equal(kill(*pid, SIGSTOP), 0);
    for (unsigned i = 1; i <= 3; i++)
        pool_describe(p, pool_small("2.25.1"), i);
    return p;
}

static void expect_others(struct helper_pool *p)
{
    for (unsigned i = 2; i <= 3; i++) {
        struct helper_result r = pool_result(p);

        assert_int_equal(r.cookie, i);
        assert_int_equal(r.class, HELPER_INSTANCE);
    }
    helper_pool_close(p);
}

/* A large file from a slow disk has more time. */
static void test_time_grows(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, 1);
    struct helper_result r;
    int fd = memfd_create("large", MFD_CLOEXEC);

    (void)state;
    pool_describe(p, pool_small("2.25.1"), 0);
    pool_result(p);
    assert_int_equal(ftruncate(fd, 2 * HELPER_BYTES_A_SECOND), 0);
    assert_int_equal(kill(pool_child(), SIGSTOP), 0);
    pool_describe(p, fd, 1);
    r = pool_result(p);
    assert_int_equal(r.class, HELPER_FAILED);
    assert_string_equal(r.reason, "took longer than 3 seconds");
    helper_pool_close(p);
}

static void test_killed(void **state)
{
    pid_t pid;
    struct helper_pool *p = stopped_pool(POOL_SECONDS, &pid);
    struct helper_result r;

    (void)state;
    kill(pid, SIGKILL);
    r = pool_result(p);
    assert_int_equal(r.cookie, 1);
    assert_int_equal(r.class, HELPER_FAILED);
    assert_string_equal(r.reason, "wadozip-dicom was killed by signal 9 while reading it");
    expect_others(p);
}

static void test_hanging(void **state)
{
    pid_t pid;
    struct helper_pool *p = stopped_pool(3, &pid);
    struct helper_result r;
    double begun = io_now();

    (void)state;
    r = pool_result(p);
    assert_int_equal(r.cookie, 1);
    assert_int_equal(r.class, HELPER_FAILED);
    assert_string_equal(r.reason, "took longer than 3 seconds");
    assert_true(io_now() - begun < POOL_SECONDS);
    assert_int_equal(kill(pid, 0), -1);
    expect_others(p);
}

/* An idle child may die without harm to anything. */
static void test_idle_death(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    siginfo_t gone;
    pid_t pid;

    (void)state;
    pool_describe(p, pool_small("2.25.1"), 0);
    pool_result(p);
    pid = pool_child();
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &gone, WEXITED | WNOWAIT), 0);
    pool_describe(p, pool_small("2.25.1"), 1);
    assert_int_equal(pool_result(p).class, HELPER_INSTANCE);
    helper_pool_close(p);
}

static void expect_status(pid_t pid, const char *line)
{
    char path[64], text[8192];
    size_t n;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "r");
    assert_non_null(f);
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    if (!strstr(text, line))
        fail_msg("%s has no line \"%s\"", path, line);
}

/* Descriptors 0 to 3 and no more; an empty list means that this process may not
 * look. */
static void expect_descriptors(pid_t pid)
{
    char path[64];
    DIR *d;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    d = opendir(path);
    if (!d)
        return;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        if (entry->d_name[0] != '.' && (strlen(entry->d_name) > 1 || entry->d_name[0] > '3'))
            fail_msg("the child holds descriptor %s", entry->d_name);
    closedir(d);
}

static void test_locked_in(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    int leak = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
    pid_t pid;

    (void)state;
    pool_describe(p, pool_small("2.25.1"), 0);
    pool_result(p);
    pid = pool_child();
    expect_status(pid, "NoNewPrivs:\t1");
    expect_descriptors(pid);
#ifndef __SANITIZE_ADDRESS__
    expect_status(pid, "Seccomp:\t2");
#endif
    kill(pid, SIGTERM); /* only its parent decides */
    kill(pid, SIGINT);
    pool_describe(p, pool_small("2.25.1"), 0);
    assert_int_equal(pool_result(p).class, HELPER_INSTANCE);
    assert_int_equal(pool_child(), pid);
    close(leak);
    helper_pool_close(p);
    assert_int_equal(kill(pid, 0), -1);
}

static void test_no_program(void **state)
{
    struct helper_setup s = {.program = "/nonexistent/wadozip-dicom",
                             .spool = "/var/tmp",
                             .children = 1,
                             .memory = MEMORY,
                             .seconds = 10};
    struct helper_pool *p;
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(helper_pool_open(&s, &p, &e), &e);
    assert_err(helper_pool_submit(p, HELPER_DESCRIBE, pool_small("2.25.1"), NULL, 0, &e),
               ERR_HELPER, &e);
    assert_int_equal(helper_pool_next(p, 0, &(struct helper_result){0}, &e), 0);
    helper_pool_close(p);
}

/* A program that ends at once, and one that does not speak the protocol. */
static void test_wrong_program(void **state)
{
    char script[] = "/tmp/wadozip-test-XXXXXX";
    const char *text = "#!/bin/sh\necho nonsense >&3\nexec sleep 60\n";
    int fd = mkstemp(script);
    struct helper_setup setups[] = {
        {.program = "/bin/false",
         .spool = "/var/tmp",
         .children = 1,
         .memory = MEMORY,
         .seconds = 10},
        {.program = script, .spool = "/var/tmp", .children = 1, .memory = MEMORY, .seconds = 10}};

    (void)state;
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    for (size_t i = 0; i < 2; i++) {
        struct helper_pool *p;
        struct err e = ERR_INIT;

        assert_ok(helper_pool_open(&setups[i], &p, &e), &e);
        pool_describe(p, pool_small("2.25.1"), 0);
        assert_err(helper_pool_next(p, 300000, &(struct helper_result){0}, &e), ERR_HELPER, &e);
        helper_pool_close(p);
    }
    unlink(script);
}

/* The number is that of the programs and libraries, not of a process. */
static void test_codec_version(void **state)
{
    uint32_t versions[2] = {0, 0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
        struct err e = ERR_INIT;

        assert_ok(helper_pool_codec_version(p, &versions[i], &e), &e);
        assert_in_range(versions[i], 1, INT32_MAX);
        pool_describe(p, pool_small("2.25.1"), 0);
        assert_int_equal(pool_result(p).class, HELPER_INSTANCE);
        assert_false(helper_pool_outdated(p));
        helper_pool_close(p);
    }
    assert_int_equal(versions[0], versions[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),      cmocka_unit_test(test_many),
        cmocka_unit_test(test_room),          cmocka_unit_test(test_killed),
        cmocka_unit_test(test_hanging),       cmocka_unit_test(test_time_grows),
        cmocka_unit_test(test_idle_death),    cmocka_unit_test(test_locked_in),
        cmocka_unit_test(test_no_program),    cmocka_unit_test(test_wrong_program),
        cmocka_unit_test(test_codec_version), cmocka_unit_test(test_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
