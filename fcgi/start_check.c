/* SPDX-License-Identifier: MIT */
#include "fcgi/start_check.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "body/self_check.h"
#include "catalog/catalog.h"

#define PROBLEMS_MAX 100 /* in an exit status */

static void log_problem(void *ctx, bool good, const char *text)
{
    unsigned *problems = ctx;

    if (good)
        return;
    log_error("check: %s", text);
    (*problems)++;
}

unsigned start_check(const struct conf *c)
{
    struct catalog *catalog = NULL;
    struct err e = ERR_INIT;
    unsigned problems = 0;
    char text[ERR_TEXT_MAX + 16];
    int rc;

    self_check(c, true, log_problem, &problems);
    rc = catalog_open(c->database, &catalog, &e);
    if (rc == 0)
        rc = catalog_check(catalog, &e);
    catalog_close(catalog);
    if (rc) {
        snprintf(text, sizeof text, "database: %s", e.text);
        log_problem(&problems, false, text);
    }
    return problems;
}

/* Return -1 if the child has not ended in time. */
static int wait_for(pid_t pid, double end)
{
    sigset_t set;
    int status;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        double left = end - io_now();
        struct timespec t = {.tv_sec = (time_t)left};

        if (left <= 0)
            return -1;
        t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
        sigtimedwait(&set, NULL, &t);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

unsigned start_check_aside(const struct conf *c)
{
    pid_t pid = fork();
    int problems;

    if (pid == 0) {
        unsigned found = prctl(PR_SET_PDEATHSIG, SIGKILL) ? 1 : start_check(c);

        _exit(found < PROBLEMS_MAX ? (int)found : PROBLEMS_MAX);
    }
    if (pid < 0) {
        log_warn("cannot start the check of what the service needs: %s", strerror(errno));
        return 0;
    }
    problems = wait_for(pid, io_now() + START_CHECK_SECONDS);
    if (problems < 0)
        log_warn(
            "check: not ended after %d s, the service starts without it: does a root or the database hang?",
            START_CHECK_SECONDS);
    return problems > 0 ? (unsigned)problems : 0;
}
