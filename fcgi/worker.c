#include "fcgi/worker.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "fcgi/param.h"
#include "fcgi/serve.h"
#include "fcgi/sink_fcgx.h"

enum event { EVENT_STOP = 1, EVENT_REQUEST = 2 };

struct door {
    int listen_fd, signals, epoll;
    FCGX_Request request;
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
    /* A client that leaves is an ordinary end: EPIPE from the write. */
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
    /* Exclusive: a new connection wakes one idle worker, not all. */
    if (d->signals < 0 || d->epoll < 0 || watch(d, d->signals, EPOLLIN, EVENT_STOP) ||
        watch(d, listen_fd, EPOLLIN | EPOLLEXCLUSIVE, EVENT_REQUEST))
        return err_sys(e, ERR_SYSTEM, "cannot wait for requests");
    if (FCGX_Init() || FCGX_InitRequest(&d->request, listen_fd, 0))
        return err_set(e, ERR_SYSTEM, "libfcgi cannot be initialised");
    return 0;
}

static void door_close(struct door *d)
{
    io_close(&d->epoll);
    io_close(&d->signals);
}

/* Which events are there: EVENT_ bits. */
static int door_wait(struct door *d, struct err *e)
{
    struct epoll_event v[2];
    int n, events = 0;

    do
        n = epoll_wait(d->epoll, v, 2, -1);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_sys(e, ERR_SYSTEM, "cannot wait for requests");
    for (int i = 0; i < n; i++)
        events |= (int)v[i].data.u32;
    return events;
}

/* 1: a request is there; 0: another worker was faster, or the caller gave up; -1 with ERR_PEER: nobody will come any more. */
static int door_accept(struct door *d, struct err *e)
{
    int rc = FCGX_Accept_r(&d->request);

    if (rc == 0) {
        /* Children that are started during the request must not hold its connection open. */
        if (fcntl(d->request.ipcFd, F_SETFD, FD_CLOEXEC))
            return err_sys(e, ERR_SYSTEM, "cannot prepare a connection");
        return 1;
    }
    if (rc == -EAGAIN)
        return 0;
    if (rc == -EINVAL)
        return err_set(e, ERR_PEER, "the socket is shut down");
    errno = -rc;
    return err_sys(e, ERR_SYSTEM, "cannot accept a request");
}

static bool has_body(char *const *envp)
{
    const char *length = param_find(envp, "CONTENT_LENGTH");

    return length && *length && strcmp(length, "0") != 0;
}

/* Reads the empty end of a bodiless request's input: what is unread at close would reset the connection. */
static void read_end_of_input(FCGX_Request *r)
{
    char trash[16];

    while (FCGX_GetStr(trash, sizeof trash, r->in) > 0)
        ;
}

/*
 * Connections are not kept, even where the web server wishes it: a kept one binds this worker to one of the server's
 * processes. libfcgi closes with a wait of up to 2 s for the peer, which only a request with an unread body needs.
 */
static void door_finish(struct door *d, const struct sink_fcgx *wire, bool unread)
{
    bool linger = wire->finished && unread;

    if (!linger)
        io_close(&d->request.ipcFd);
    FCGX_Free(&d->request, linger);
    d->request.ipcFd = -1;
}

static void serve_one(struct door *d, struct serve *s, const struct conf *c)
{
    struct sink_fcgx wire;
    bool body = has_body(d->request.envp);

    if (!body)
        read_end_of_input(&d->request);
    sink_fcgx_init(&wire, d->request.ipcFd, (unsigned)d->request.requestId, c->socket_buffer);
    serve_request(s, d->request.envp, &wire);
    door_finish(d, &wire, body);
}

/* After a stop signal one more connection is taken if it is there: its wake-up may have been this worker's alone. */
static int serve_all(struct door *d, struct serve *s, const struct conf *c, struct err *e)
{
    uint64_t served = 0;
    int events = 0;

    while (!(events & EVENT_STOP) && (!c->worker_requests || served < c->worker_requests)) {
        int rc;

        events = door_wait(d, e);
        rc = events < 0 ? -1 : door_accept(d, e);
        if (rc < 0)
            return -1;
        if (rc > 0)
            serve_one(d, s, c);
        served += (uint64_t)rc;
    }
    return 0;
}

int worker_run(const struct conf *c, int listen_fd, int slots, struct err *e)
{
    struct door d = {.signals = -1, .epoll = -1};
    struct serve s = {0};
    int rc = serve_open(&s, c, slots, e);

    if (rc == 0)
        rc = door_open(&d, listen_fd, slots < 0, e);
    if (rc == 0)
        rc = serve_all(&d, &s, c, e);
    door_close(&d);
    serve_close(&s);
    if (rc && e->kind == ERR_PEER) {
        err_clear(e);
        rc = 0;
    }
    return rc;
}
