/* SPDX-License-Identifier: MIT */
#include "fcgi/worker.h"

#include <errno.h>
#include <fcgios.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "dicom/uid.h"
#include "fastcgi/draining.h"
#include "fastcgi/fcgi_sink.h"
#include "fastcgi/records.h"
#include "fcgi/serve.h"
#include "respond/serve_open.h"

enum event { EVENT_STOP = 1, EVENT_REQUEST = 2, EVENT_DRAINING = 4 };

struct door {
    int listen_fd, signals, epoll;
    struct draining draining;
};

static void stop_signals(sigset_t *set, bool alone)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    if (alone)
        sigaddset(set, SIGHUP);
}

int worker_block_signals(struct err *e)
{
    sigset_t set;

    stop_signals(&set, true);
    sigaddset(&set, SIGCHLD);
    /* Ignore SIGPIPE: a client that leaves is a normal end, and write(2)
     * returns EPIPE. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL))
        return err_sys(e, ERR_SYSTEM, "cannot set up signals");
    return 0;
}

static int watch(struct door *d, int fd, uint32_t events, enum event what)
{
    struct epoll_event v = {.events = events, .data.u32 = what};

    return epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &v);
}

static int door_open(struct door *d, int listen_fd, bool alone, struct err *e)
{
    sigset_t set;

    stop_signals(&set, alone);
    d->listen_fd = listen_fd;
    d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    /* EPOLLEXCLUSIVE: a new connection wakes one idle worker, not all. */
    if (d->signals < 0 || d->epoll < 0 || watch(d, d->signals, EPOLLIN, EVENT_STOP) ||
        watch(d, listen_fd, EPOLLIN | EPOLLEXCLUSIVE, EVENT_REQUEST))
        return err_sys(e, ERR_SYSTEM, "cannot wait for requests");
    return OS_LibInit(NULL) ? err_set(e, ERR_SYSTEM, "libfcgi cannot be initialised") : 0;
}

static void door_close(struct door *d)
{
    draining_close(&d->draining);
    io_close(&d->epoll);
    io_close(&d->signals);
}

/* Wait for a request or a signal. Returns EVENT_ bits, or -1. */
static int door_wait(struct door *d, struct err *e)
{
    struct epoll_event v[2 + DRAINING_MAX];
    int n, events = 0;

    while (!(events & (EVENT_STOP | EVENT_REQUEST))) {
        n = epoll_wait(d->epoll, v, 2 + DRAINING_MAX, draining_timeout(&d->draining));
        if (n < 0 && errno != EINTR)
            return err_sys(e, ERR_SYSTEM, "cannot wait for requests");
        for (int i = 0; i < n; i++)
            events |= (int)v[i].data.u32;
        draining_sweep(&d->draining);
    }
    return events;
}

/*
 * Accept a connection with libfcgi, which applies FCGI_WEB_SERVER_ADDRS.
 * Returns 1 with *fd; 0 if another worker was faster or the peer gave up; -1
 * with ERR_PEER if the socket was closed.
 */
static int door_accept(struct door *d, int *fd, struct err *e)
{
    errno = 0;
    *fd = OS_Accept(d->listen_fd, 0, getenv("FCGI_WEB_SERVER_ADDRS"));
    if (*fd >= 0) {
        /* Child processes started during the request must not keep its
         * connection open. */
        if (fcntl(*fd, F_SETFD, FD_CLOEXEC))
            return err_sys(e, ERR_SYSTEM, "cannot prepare a connection");
        return 1;
    }
    if (errno == 0 || errno == EAGAIN || errno == ECONNABORTED)
        return 0;
    if (errno == EINVAL)
        return err_set(e, ERR_PEER, "the socket is shut down");
    return err_sys(e, ERR_SYSTEM, "cannot accept a request");
}

/*
 * Connections are not kept, even if the web server asks for it: a kept one
 * binds this worker to one of the server's processes. After a complete response
 * with unread input a connection is drained for a moment; any other one is
 * closed at once.
 */
static void worker_finish(struct door *d, int fd, struct records *r, bool answered)
{
    if (!answered || records_drain(r, fd)) {
        io_close(&fd);
        return;
    }
    draining_add(&d->draining, fd);
    /* If this fails the connection stays open until it times out. */
    (void)!watch(d, fd, EPOLLIN, EVENT_DRAINING);
}

/* Read and serve a request. Returns false for a connection without one. */
static bool serve_one(struct door *d, int fd, struct serve *s)
{
    const struct conf *c = s->conf;
    struct fcgi_sink wire = {.finished = false};
    struct records r;
    struct err e = ERR_INIT;
    bool asked;

    records_init(&r);
    asked = records_read(&r, fd, RECORDS_SECONDS, &e) == 0;
    if (asked) {
        fcgi_sink_init(&wire, fd, r.id, c->socket_buffer);
        wire.idle_timeout = (unsigned)c->idle_timeout;
        wire.least_rate = c->least_rate;
        wire.records = &r;
        serve_request(s, r.envp, &wire);
    } else if (e.kind != ERR_PEER) {
        log_warn("%s", e.text);
    }
    worker_finish(d, fd, &r, wire.finished);
    records_release(&r);
    return asked;
}

/*
 * After a stop signal accept one more connection if there is one: its wake-up
 * may have gone only to this worker.
 */
static int serve_all(struct door *d, struct serve *s, struct err *e)
{
    const struct conf *c = s->conf;
    uint64_t served = 0;
    int events = 0;

    while (!(events & EVENT_STOP) && (!c->worker_requests || served < c->worker_requests)) {
        int fd = -1, rc;

        events = door_wait(d, e);
        rc = events < 0 ? -1 : door_accept(d, &fd, e);
        if (rc < 0)
            return -1;
        if (rc > 0 && serve_one(d, fd, s))
            served++;
    }
    return 0;
}

int worker_run(const struct conf *c, int listen_fd, const struct serve_shared *shared,
               struct err *e)
{
    struct door d = {.signals = -1, .epoll = -1};
    struct serve s = {0};
    int rc;

    uid_allow_lenient(c->lenient_uids != 0);
    rc = serve_open(&s, c, shared, e);
    if (rc == 0)
        rc = door_open(&d, listen_fd, shared->downloads < 0, e);
    if (rc == 0)
        rc = serve_all(&d, &s, e);
    door_close(&d);
    serve_close(&s);
    if (rc && e->kind == ERR_PEER) {
        err_clear(e);
        rc = 0;
    }
    return rc;
}
