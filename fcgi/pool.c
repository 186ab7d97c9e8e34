/* SPDX-License-Identifier: MIT */
#include "fcgi/pool.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/settings.h"
#include "fcgi/start_check.h"
#include "fcgi/worker.h"
#include "limit/download_limit.h"
#include "limit/request_limit.h"
#include "respond/metrics.h"
#include "store/write_guard.h"

#define BACKOFF_FIRST 0.25
#define STEADY_SECONDS 10.0 /* a worker that lived this long did not fail at its start */
#define CHILDREN_MAX 8192   /* live workers, including those that finish their last response after
                             * HUP */

struct child {
    pid_t pid;
    double started;
    bool retiring; /* was asked to stop; already replaced */
};

struct pool {
    const struct pool_setup *setup;
    struct serve_shared shared; /* survives HUP, so that running responses still count */
    struct child *children;
    size_t count, room;
    unsigned failures;
    double not_before;
    double beat; /* seconds between two watchdog messages to systemd (WatchdogSec=); 0: none */
};

double pool_backoff(unsigned failures)
{
    double seconds = BACKOFF_FIRST;

    if (failures == 0)
        return 0;
    while (--failures && seconds < POOL_BACKOFF_MAX)
        seconds *= 2;
    return seconds < POOL_BACKOFF_MAX ? seconds : POOL_BACKOFF_MAX;
}

double pool_pause(bool missing, double not_before, double now)
{
    return !missing ? -1 : not_before > now ? not_before - now : 0;
}

static unsigned wanted(const struct pool *p)
{
    return p->setup->workers ? p->setup->workers : (unsigned)p->setup->conf->workers;
}

static unsigned active(const struct pool *p)
{
    unsigned n = 0;

    for (size_t i = 0; i < p->count; i++)
        n += !p->children[i].retiring;
    return n;
}

_Noreturn static void become_worker(struct pool *p, pid_t master)
{
    struct err e = ERR_INIT;
    int rc;

    /* If the master is killed, its workers end after their current response. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != master)
        exit(EXIT_FAILURE);
    free(p->children);
    rc = worker_run(p->setup->conf, p->setup->socket->fd, &p->shared, &e);
    if (rc)
        log_error("%s", e.text);
    settings_release(p->setup->conf);
    exit(rc ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int pool_start(struct pool *p, struct err *e)
{
    pid_t master = getpid(), pid;

    if (mem_grow(&p->children, &p->room, p->count + 1,
                 MEM_ELEMENTS(*p->children, CHILDREN_MAX, "workers"), e))
        return -1;
    pid = fork();
    if (pid == 0)
        become_worker(p, master);
    if (pid < 0)
        return err_sys(e, ERR_SYSTEM, "cannot start a worker");
    p->children[p->count++] = (struct child){.pid = pid, .started = io_now()};
    return 0;
}

static void back_off(struct pool *p)
{
    double wait = pool_backoff(++p->failures);

    p->not_before = io_now() + wait;
    log_warn("the next worker is started in %.2f s", wait);
}

static void pool_fill(struct pool *p)
{
    struct err e = ERR_INIT;

    while (active(p) < wanted(p) && io_now() >= p->not_before) {
        if (pool_start(p, &e)) {
            log_error("%s", e.text);
            back_off(p);
            return;
        }
    }
}

static void log_exit(struct pool *p, const struct child *c, int status)
{
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

    if (WIFSIGNALED(status))
        log_error("worker %d was killed by signal %d (%s)", (int)c->pid, WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else if (!well)
        log_error("worker %d ended with %d", (int)c->pid, WEXITSTATUS(status));
    else
        log_debug("worker %d has ended", (int)c->pid);
    if (well || c->retiring)
        return;
    if (io_now() - c->started >= STEADY_SECONDS)
        p->failures = 0;
    else
        back_off(p);
}

static void reap(struct pool *p)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < p->count; i++) {
            if (p->children[i].pid == pid) {
                log_exit(p, &p->children[i], status);
                p->children[i] = p->children[--p->count];
                break;
            }
        }
    }
}

static void signal_all(struct pool *p, int sig)
{
    for (size_t i = 0; i < p->count; i++) {
        kill(p->children[i].pid, sig);
        p->children[i].retiring = true;
    }
}

/* Wait for a signal for at most `seconds` (negative: no limit). Returns 0 when
 * time is over. */
static int next_signal(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};
    sigset_t set;
    int sig;

    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    do
        sig = seconds < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &t);
    while (sig < 0 && errno == EINTR);
    return sig < 0 ? 0 : sig;
}

/* Return the next signal, or 0. Sends watchdog messages to systemd before and
 * while waiting. */
static int await_signal(const struct pool *p, double seconds)
{
    if (p->beat <= 0)
        return next_signal(seconds);
    sd_notify(0, "WATCHDOG=1");
    return next_signal(seconds < 0 || seconds > p->beat ? p->beat : seconds);
}

/*
 * Use new settings for new workers; running ones finish their response. Invalid
 * settings change nothing.
 */
static void reload(struct pool *p)
{
    struct conf fresh;
    struct err e = ERR_INIT;

    sd_notify(0, "RELOADING=1");
    if (settings_load(p->setup->config, &fresh, &e) || write_guard_check_all(&fresh, &e)) {
        log_error("the settings stay as they were: %s", e.text);
        settings_release(&fresh);
    } else {
        if (p->setup->workers)
            fresh.workers = p->setup->workers;
        settings_release(p->setup->conf);
        *p->setup->conf = fresh;
        log_open("wadozip-fcgi", p->setup->conf->log_level);
        log_set_format(p->setup->conf->log_format);
        p->failures = 0;
        p->not_before = 0;
        signal_all(p, SIGTERM);
        log_info("settings re-read; %u workers restart", wanted(p));
    }
    sd_notify(0, "READY=1");
}

static void pool_drain(struct pool *p)
{
    double end = io_now() + p->setup->drain;

    sd_notify(0, "STOPPING=1");
    log_info("stopping: %zu workers finish what they are at", p->count);
    listen_refuse(p->setup->socket);
    signal_all(p, SIGTERM);
    while (p->count) {
        double left = end - io_now();
        int sig = left > 0 ? await_signal(p, left) : SIGINT;

        if (sig == SIGTERM || sig == SIGINT) {
            log_warn("%zu answers are broken off", p->count);
            signal_all(p, SIGKILL);
            end = io_now() + 1;
        }
        reap(p);
    }
}

static void supervise(struct pool *p)
{
    for (;;) {
        int sig;

        pool_fill(p);
        sig = await_signal(p, pool_pause(active(p) < wanted(p), p->not_before, io_now()));
        if (sig == SIGTERM || sig == SIGINT)
            break;
        if (sig == SIGHUP)
            reload(p);
        reap(p);
    }
}

/* Report problems in `systemctl status`. They do not stop the service from
 * doing what it can. */
static void announce(const struct pool *p, unsigned problems)
{
    char problem[64] = "";

    if (problems)
        snprintf(problem, sizeof problem, "; %u of its checks failed: see the log", problems);
    sd_notifyf(0, "READY=1\nSTATUS=%u workers%s", wanted(p), problem);
}

static double watchdog_beat(void)
{
    uint64_t microseconds;

    return sd_watchdog_enabled(0, &microseconds) > 0 ? (double)microseconds / 2e6 : 0;
}

int pool_run(const struct pool_setup *setup, struct err *e)
{
    unsigned problems = start_check_aside(setup->conf);
    struct pool p = {.setup = setup, .shared = {download_limit_share(e), request_limit_share(e)},
                     .beat = watchdog_beat()};

    if (p.shared.downloads >= 0 && p.shared.requests >= 0 && metrics_share(e) == 0 &&
        pool_start(&p, e) == 0) {
        pool_fill(&p);
        log_info("%u workers are ready", wanted(&p));
        announce(&p, problems);
        supervise(&p);
        pool_drain(&p);
    }
    io_close(&p.shared.requests);
    io_close(&p.shared.downloads);
    free(p.children);
    return e->kind ? -1 : 0;
}
