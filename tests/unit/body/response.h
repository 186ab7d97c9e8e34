/* SPDX-License-Identifier: MIT */
/* An answer sent into memory, and programs run on it, for tests of the archive
 * room. */
#ifndef WADOZIP_TESTS_UNIT_BODY_RESPONSE_H
#define WADOZIP_TESTS_UNIT_BODY_RESPONSE_H

#include "tests/unit/body/study.h"

#include <sys/wait.h>

/* Sends all, or a range; the bytes are in f->out. */
static inline int fixture_send_range(struct fixture *f, uint64_t first, uint64_t last)
{
    struct sink s;
    int result;

    f->out_len = 0;
    assert_ok(sink_open(&s, fixture_flush, f, &f->e), &f->e);
    result = body_send_range(&f->content, first, last + 1, &s, &f->e);
    if (result == 0)
        result = sink_flush(&s, &f->e);
    sink_close(&s);
    return result;
}

static inline int fixture_send(struct fixture *f)
{
    struct sink s;
    int result;

    f->out_len = 0;
    assert_ok(sink_open(&s, fixture_flush, f, &f->e), &f->e);
    result = body_send(&f->content, &s, &f->e);
    if (result == 0)
        result = sink_flush(&s, &f->e);
    sink_close(&s);
    return result;
}

/* Runs a shell command with three arguments, its output thrown away; its exit
 * status, 127 when a program is missing. */
static inline int fixture_run(const char *command, const char *first, const char *second,
                              const char *third)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        execlp("bash", "bash", "-o", "pipefail", "-c", command, "bash", first, second, third,
               (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
