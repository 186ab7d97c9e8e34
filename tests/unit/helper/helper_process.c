/* SPDX-License-Identifier: MIT */
/* Children that are not what they should be: this program itself, which acts as
 * the file `role` beside its name says. */
#include "helper/helper_process.h"

#include <errno.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/io.h"
#include "tests/unit/helper/results.h"

static char folder[] = "/tmp/wadozip-test-XXXXXX", program[64], role_file[64];

static void be(const char *role)
{
    int fd = open(role_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_int_equal(io_write(fd, role, strlen(role)), 0);
    close(fd);
}

static int set_up(void **state)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    (void)state;
    if (n < 0 || !mkdtemp(folder))
        return -1;
    self[n] = '\0';
    snprintf(program, sizeof program, "%s/child", folder);
    snprintf(role_file, sizeof role_file, "%s/role", folder);
    return symlink(self, program);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(program) || unlink(role_file) || rmdir(folder);
}

static struct helper_pool *open_pool(unsigned seconds)
{
    struct helper_setup s = {
        .program = program, .spool = "/var/tmp", .children = 1, .memory = 1, .seconds = seconds};
    struct helper_pool *p;
    struct err e = ERR_INIT;
    uint32_t codec_version;

    assert_ok(helper_pool_open(&s, &p, &e), &e);
    assert_ok(helper_pool_codec_version(p, &codec_version, &e), &e);
    assert_int_equal(codec_version, 5);
    return p;
}

/* Libraries are replaced while the service runs: a child that is started then
 * is not used beside what was made before. */
static void test_upgrade(void **state)
{
    struct helper_pool *p;
    struct err e = ERR_INIT;

    (void)state;
    be("5 ends");
    p = open_pool(POOL_SECONDS);
    be("6 ends");
    pool_describe(p, pool_small("2.25.1"), 0);
    /* the child of the former codec version */
    assert_int_equal(pool_result(p).class, HELPER_FAILED);
    assert_false(helper_pool_outdated(p));
    pool_describe(p, pool_small("2.25.1"), 0);
    for (int i = 0; i < 2; i++)
        assert_err(helper_pool_next(p, 300000, &(struct helper_result){0}, &e), ERR_BUSY, &e);
    assert_true(helper_pool_outdated(p));
    helper_pool_close(p);
}

/* A job that was answered before its process died did not end it. */
static void test_answered(void **state)
{
    static const enum helper_class want[] = {HELPER_REFUSED, HELPER_FAILED, HELPER_REFUSED};
    struct helper_pool *p;

    (void)state;
    be("5 answers one");
    p = open_pool(POOL_SECONDS);
    for (unsigned i = 0; i < 3; i++)
        pool_describe(p, pool_small("2.25.1"), i);
    /* answer and death are there together */
    assert_int_equal(waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    for (unsigned i = 0; i < 3; i++) {
        struct helper_result r = pool_result(p);

        assert_int_equal(r.cookie, i);
        assert_int_equal(r.class, want[i]);
    }
    helper_pool_close(p);
}

/* Only a sealed file in memory may be a result: the child could still change
 * any other. */
static void test_unsealed(void **state)
{
    struct helper_pool *p;
    struct helper_result r;
    struct err e = ERR_INIT;

    (void)state;
    be("5 hands back the spool file");
    p = open_pool(POOL_SECONDS);
    assert_ok(
        helper_pool_submit(p, HELPER_CONVERT, pool_small("2.25.1"), "1.2.840.10008.1.2.1", 0, &e),
        &e);
    r = pool_result(p);
    assert_int_equal(r.class, HELPER_FAILED);
    assert_int_equal(r.fd, -1);
    assert_non_null(strstr(r.reason, "broke its protocol"));
    helper_pool_close(p);
}

/* Settings may hold a password: they are none of a child's business. */
static void test_environment(void **state)
{
    struct helper_pool *p;

    (void)state;
    be("5 tells WADOZIP_DATABASE");
    setenv("WADOZIP_DATABASE", "password=secret", 1);
    setenv("PGPASSWORD", "secret", 1);
    p = open_pool(POOL_SECONDS);
    pool_describe(p, pool_small("2.25.1"), 0);
    assert_string_equal(pool_result(p).reason, "");
    be("5 tells PGPASSWORD");
    helper_pool_close(p);
    p = open_pool(POOL_SECONDS);
    pool_describe(p, pool_small("2.25.1"), 0);
    assert_string_equal(pool_result(p).reason, "");
    helper_pool_close(p);
    unsetenv("WADOZIP_DATABASE");
    unsetenv("PGPASSWORD");
}

/* A child may say once that what it decodes takes longer, and not how much it
 * likes. */
static void test_more_time(void **state)
{
    static const struct { const char *role, *reason; } cases[] = {
        {"5 takes 2", "took longer than 3 seconds"},
        {"5 takes 2 twice", "wadozip-dicom broke its protocol while reading it"},
        {"5 takes 99999", "wadozip-dicom broke its protocol while reading it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct helper_pool *p;

        be(cases[i].role);
        p = open_pool(1);
        pool_describe(p, pool_small("2.25.1"), 0);
        assert_string_equal(pool_result(p).reason, cases[i].reason);
        helper_pool_close(p);
    }
}

static int descriptors_open(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* Descriptors that nothing asked for do not stay open, whatever message they
 * come with. */
static void test_descriptors(void **state)
{
    static const char *const roles[] = {"5 gives many", "5 gives nothing"};

    (void)state;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        int before = descriptors_open();
        struct helper_pool *p;

        be(roles[i]);
        p = open_pool(POOL_SECONDS);
        pool_describe(p, pool_small("2.25.1"), 0);
        assert_int_equal(pool_result(p).class, HELPER_FAILED);
        helper_pool_close(p);
        assert_int_equal(descriptors_open(), before);
    }
}

/* What a child writes to its standard error is marked and bounded, and cannot
 * imitate or colour the log. */
static void test_log(void **state)
{
    int log = memfd_create("log", MFD_CLOEXEC), before = dup(STDERR_FILENO);
    struct helper_pool *p;
    struct bytes b;

    (void)state;
    be("5 writes");
    assert_int_equal(dup2(log, STDERR_FILENO), STDERR_FILENO);
    p = open_pool(POOL_SECONDS);
    pool_describe(p, pool_small("2.25.1"), 0);
    assert_int_equal(pool_result(p).class, HELPER_REFUSED);
    helper_pool_close(p);
    dup2(before, STDERR_FILENO);
    close(before);
    b = slurp(log);
    assert_in_range(b.len, 64 << 10, 100 << 10);
    assert_null(memchr(b.data, '\x1b', b.len));
    assert_non_null(memmem(b.data, b.len, "] wrote: ", 9));
    assert_non_null(memmem(b.data, b.len, "nothing else of it is logged", 28));
    free(b.data);
    close(log);
}

/* Memory files count for nobody's limit: the child can neither make nor extend
 * one. */
static void test_memory_file(void **state)
{
    struct helper_pool *p;
    struct err e = ERR_INIT;

    (void)state;
    be("5 extends the memory file");
    p = open_pool(POOL_SECONDS);
    assert_ok(
        helper_pool_submit(p, HELPER_CONVERT, pool_small("2.25.1"), "1.2.840.10008.1.2.1", 0, &e),
        &e);
    assert_string_equal(pool_result(p).reason, "Operation not permitted");
    helper_pool_close(p);
}

/* The next job, with the descriptor of its spool file or -1. */
static uint64_t next_job(int *spool, int *memory)
{
    union {
        char bytes[CMSG_SPACE(PROTOCOL_FILES_MAX * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct protocol_job job;
    struct iovec part = {&job, sizeof job};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control};

    *spool = *memory = -1;
    if (recvmsg(PROTOCOL_FD, &m, 0) != (ssize_t)sizeof job)
        exit(0);
    if (CMSG_FIRSTHDR(&m)->cmsg_len >= CMSG_LEN(3 * sizeof(int))) {
        memcpy(memory, CMSG_DATA(CMSG_FIRSTHDR(&m)) + PROTOCOL_MEMORY * sizeof(int), sizeof(int));
        memcpy(spool, CMSG_DATA(CMSG_FIRSTHDR(&m)) + PROTOCOL_SPOOL * sizeof(int), sizeof(int));
    }
    return job.serial;
}

/* A message of `size` bytes with several descriptors. */
static int say_with_many(const void *data, size_t size, int fd)
{
    union {
        char bytes[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr align;
    } control = {.align = {.cmsg_len = CMSG_LEN(3 * sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {(void *)data, size};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control};

    memcpy(CMSG_DATA(&control.align), (int[]){fd, fd, fd}, 3 * sizeof(int));
    return sendmsg(PROTOCOL_FD, &m, 0) == (ssize_t)size ? 0 : 1;
}

static int say(struct protocol_reply *r, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {.align = {.cmsg_len = CMSG_LEN(sizeof fd),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {r, sizeof *r};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
        m.msg_control = control.bytes;
        m.msg_controllen = sizeof control;
    }
    r->magic = PROTOCOL_MAGIC;
    return sendmsg(PROTOCOL_FD, &m, 0) == (ssize_t)sizeof *r ? 0 : 1;
}

static int act(const char *role)
{
    static const char noise[1024] =
        "\x1b[31mwadozip[1] error: not from the parent\n\x1b]0;title\x07" /* and zeros */;
    struct protocol_reply r = {.serial = PROTOCOL_HELLO, .crc = (uint32_t)strtoul(role, NULL, 10)};
    const char *value;
    char byte;
    int spool, memory;

    if (say(&r, -1))
        return 1;
    r.serial = next_job(&spool, &memory);
    r.file_class = HELPER_REFUSED;
    if (strstr(role, "takes")) {
        struct protocol_reply more = {.serial = r.serial, .flags = PROTOCOL_MORE,
                                      .size = strtoul(strstr(role, "takes ") + 6, NULL, 10)};

        return say(&more, -1) || (strstr(role, "twice") && say(&more, -1)) ||
               recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    }
    if (strstr(role, "answers one"))
        return say(&r, -1) || recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    if (strstr(role, "spool")) {
        r.file_class = HELPER_INSTANCE;
        return say(&r, spool) || recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    }
    r.magic = PROTOCOL_MAGIC;
    if (strstr(role, "gives many"))
        return say_with_many(&r, sizeof r, PROTOCOL_FD) ||
               recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    if (strstr(role, "gives nothing"))
        return say_with_many(&r, 0, PROTOCOL_FD) || recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    if (strstr(role, "extends")) {
        snprintf(r.reason, sizeof r.reason, "%s",
                 ftruncate(memory, PROTOCOL_MEMORY_FILE + 1) == 0 ? "it grew" : strerror(errno));
        return say(&r, -1) || recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    }
    if (strstr(role, "writes")) {
        signal(SIGPIPE, SIG_IGN);
        for (int i = 0; i < 200; i++)
            (void)!write(STDERR_FILENO, noise, sizeof noise - 1);
        return say(&r, -1) || recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    }
    if (strstr(role, "tells")) {
        value = getenv(strrchr(role, ' ') + 1);
        snprintf(r.reason, sizeof r.reason, "%s", value ? value : "");
        return say(&r, -1) || recv(PROTOCOL_FD, &byte, 1, MSG_PEEK) != 1;
    }
    return 0;
}

static int act_as_child(void)
{
    char path[4096], role[64] = "";
    int fd;

    snprintf(path, sizeof path, "%s", (const char *)getauxval(AT_EXECFN));
    snprintf(path + strlen(dirname(path)), sizeof path - strlen(path), "/role");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 || read(fd, role, sizeof role - 1) <= 0 ? 1 : act(role);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upgrade),     cmocka_unit_test(test_answered),
        cmocka_unit_test(test_unsealed),    cmocka_unit_test(test_environment),
        cmocka_unit_test(test_descriptors), cmocka_unit_test(test_more_time),
        cmocka_unit_test(test_log),         cmocka_unit_test(test_memory_file)};

    (void)argv;
    if (argc > 1)
        return act_as_child();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
